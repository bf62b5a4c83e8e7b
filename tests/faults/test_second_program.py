"""Two programs on the same stores: one acts, and the other takes over when it is silent for too long."""

from tests.faults.oracle import call_of_a_token
from tests.faults.scene import IN_FLIGHT

OTHER = "the-other"


async def test_a_second_program_takes_over_from_one_that_stands_still_which_then_sends_nothing_twice(scene):
    await scene.seed(dict.fromkeys(scene.telegram.people[:40], "mcap >= 1"))
    first = await scene.started()
    await scene.push(call_of_a_token(), call_of_a_token(), call_of_a_token())
    await scene.until_told(20)
    first.pause()
    told = scene.told().total()
    second = await scene.started(instance=OTHER)
    await scene.push(call_of_a_token(), to=second)
    assert scene.told().total() <= told + IN_FLIGHT
    await scene.until_all_told()
    first.resume()
    await scene.push(call_of_a_token(), to=second)
    await scene.push(call_of_a_token(), to=first)
    await scene.until_all_told()
    assert await first.stopped() == 0, scene.complaints()
    await scene.ends_well(doubled=IN_FLIGHT)
