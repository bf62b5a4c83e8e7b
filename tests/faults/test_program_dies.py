"""The program ends in the middle of its work, in good order or not, and is started again."""

from tests.faults.oracle import call_of_a_token
from tests.faults.scene import IN_FLIGHT

WANTS, WANTS_NOT = "mcap >= 1", "mcap >= 1b"


async def burst(scene, *, tokens):
    people = scene.telegram.people
    await scene.seed({chat: WANTS if n % 10 else WANTS_NOT for n, chat in enumerate(people)})
    program = await scene.started()
    await scene.push(*(call_of_a_token() for _ in range(tokens)))
    await scene.until_told(100)
    return program


async def test_a_kill_in_the_middle_of_a_burst_loses_nothing_and_repeats_at_most_what_was_in_flight(scene):
    program = await burst(scene, tokens=11)
    await program.killed()
    await scene.started()
    await scene.until_all_told()
    await scene.push_again(*scene.heard)
    await scene.push(call_of_a_token())
    await scene.ends_well(doubled=IN_FLIGHT)
    async with scene.stores() as container:
        for chat, text in scene.wanted.items():
            found = await container.subscribers().get(chat)
            assert [f.name for f in found.filters] == ["One"], text


async def test_a_stop_in_the_middle_of_a_burst_loses_and_doubles_nothing(scene):
    program = await burst(scene, tokens=5)
    assert await program.stopped() == 0, scene.complaints()
    await scene.started()
    await scene.ends_well()
