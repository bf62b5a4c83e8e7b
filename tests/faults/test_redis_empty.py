"""A program that finds an empty Redis gives it back what PostgreSQL knows before it judges anything."""

from tests.faults.oracle import call_of_a_token


async def test_an_empty_redis_at_the_start_is_rebuilt_nobody_is_told_again_and_new_tokens_are_told(scene):
    await scene.seed(dict.fromkeys(scene.telegram.people[:20], "mcap >= 1"))
    before = await scene.started()
    await scene.push(call_of_a_token(), call_of_a_token())
    await scene.until_all_told()
    await scene.until_history_knows()
    assert await before.stopped() == 0, scene.complaints()
    await scene.valkey.restart(wipe=True)
    await scene.started()
    await scene.push_again(*scene.heard)
    await scene.push(call_of_a_token())
    await scene.until_all_told()
    async with scene.stores() as container:
        for chat in scene.wanted:
            assert [f.name for f in (await container.subscribers().get(chat)).filters] == ["One"]
        for heard in scene.heard:
            records = await container.processed_tokens().records(heard.token)
            assert {destination.chat for destination in records.accepted} == set(scene.wanted)
    await scene.ends_well()


async def test_what_was_owed_when_redis_was_emptied_and_the_program_killed_is_told_from_postgres(scene):
    await scene.seed(dict.fromkeys(scene.telegram.people[:40], "mcap >= 1"))
    before = await scene.started()
    await scene.push(call_of_a_token(), call_of_a_token())
    await scene.until_history_has_whom_to_tell()
    await before.killed()
    await scene.valkey.restart(wipe=True)
    await scene.started()
    await scene.until_all_told()
