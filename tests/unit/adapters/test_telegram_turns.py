"""Many conversations at once, each in order; additions that come later; polling."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.telegram.later import Later
from tokenfilter.adapters.telegram.turns import Turns


@given(st.lists(st.tuples(st.integers(0, 3), st.integers()), max_size=40), st.integers(1, 4))
def test_each_conversation_keeps_its_order_and_never_too_many_run_at_once(items, at_once):
    async def run() -> tuple[list[tuple[int, int]], int]:
        done, under_way, most = [], 0, 0

        async def act(item: tuple[int, int]) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            done.append(item)
            under_way -= 1

        turns = Turns(act, at_once=at_once, most=100)
        for item in items:
            assert turns.put(item[0], item)
        await turns.idle()
        return done, most

    done, most = asyncio.run(run())
    for key in range(4):
        assert [i for i in done if i[0] == key] == [i for i in items if i[0] == key]
    assert most <= at_once


async def test_what_waits_for_one_conversation_is_bounded():
    held = asyncio.Event()

    async def act(_: int) -> None:
        await held.wait()

    turns = Turns(act, most=2)
    taken = [turns.put(1, n) for n in range(4)]
    await asyncio.sleep(0)
    assert (taken, turns.put(2, 9)) == ([True, True, False, False], True)
    held.set()
    await turns.idle()


async def test_stopping_breaks_off_what_does_not_end():
    ended = []

    async def act(_: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    turns = Turns(act)
    turns.put(1, 1)
    await asyncio.sleep(0)
    await turns.stop(within=0)
    assert ended == [True]


async def test_an_addition_is_shown_once_it_is_known():
    later, shown = Later(), asyncio.Event()

    async def show() -> None:
        shown.set()

    async def work():
        return show

    later.follow((1, 1), work)
    await asyncio.wait_for(shown.wait(), 1)


async def test_an_addition_is_dropped_once_the_screen_has_moved_on():
    later, shown, held = Later(), [], asyncio.Event()

    async def show() -> None:
        shown.append(True)

    async def work():
        await held.wait()
        return show

    later.follow((1, 1), work)
    await asyncio.sleep(0)
    await later.settle((1, 1))
    held.set()
    await later.stop()
    assert shown == []


async def test_a_screen_waits_for_an_addition_that_is_being_shown():
    later, order = Later(), []
    showing, held = asyncio.Event(), asyncio.Event()

    async def show() -> None:
        showing.set()
        await held.wait()
        order.append("addition")

    async def work():
        return show

    later.follow((1, 1), work)
    await showing.wait()
    next_screen = asyncio.create_task(later.settle((1, 1)))
    next_screen.add_done_callback(lambda _: order.append("next screen"))
    await asyncio.sleep(0)
    held.set()
    await next_screen
    await asyncio.sleep(0)
    assert order == ["addition", "next screen"]


async def test_an_addition_that_fails_stops_nothing():
    later, shown = Later(), asyncio.Event()

    async def broken():
        raise RuntimeError("broken on purpose")

    async def show() -> None:
        shown.set()

    async def work():
        return show

    later.follow((1, 1), broken)
    later.follow((1, 2), work)
    await asyncio.wait_for(shown.wait(), 1)
    await later.stop()
