"""A preview says what the filter would have told, judged as it is judged live."""

import asyncio
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.app.backtest_filter import LOOK_BACK, BacktestFilter
from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import EventSettled, price_seen
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.examples import NOON

HOUR = timedelta(hours=1)


def judged(number, *, before=HOUR, mcap=5):
    """An event about a token of its own, some time before noon."""
    said = examples.heard(f"e{number}", about=examples.token(number), at=NOON - before, mcap=mcap)
    return EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=())


@settings(max_examples=15, deadline=None)
@given(history=strategies.histories(), wanted=strategies.filters(), last=st.integers(0, 4))
def test_a_preview_equals_the_backtest_over_the_last_day(history, wanted, last):
    seen = history.evidence()
    now = max(e.at for e in seen) + timedelta(microseconds=1)

    async def preview():
        store = MemoryHistory()
        unique = {e.event.id: e for e in reversed(seen)}  # history keeps one row an event, the first
        await store.record([EventSettled(evidence=e, told=()) for e in seen if unique[e.event.id] is e])
        return await BacktestFilter(history=store, clock=HandClock(now)).preview(wanted, last=last), unique

    found, unique = asyncio.run(preview())
    test = Backtest(wanted)
    for evidence in seen:
        if now - LOOK_BACK <= evidence.at and unique[evidence.event.id] is evidence:
            test.see(evidence)
    assert (found.events, found.alerts) == (test.events, len(test.told))
    assert found.alerts_per_day == test.alerts_per_day()
    assert found.since == (test.first_at or now)
    newest = [t.evidence for t in reversed(test.told)][:last]
    assert [p.evidence for p in found.last] == newest


async def test_without_history_a_preview_says_that_there_is_none(process):
    found = await process.backtest.preview(parse_filter("mcap >= 1"))
    assert (found.events, found.alerts, found.alerts_per_day, found.last) == (0, 0, None, ())


async def test_only_the_last_day_counts(process):
    day = timedelta(days=1)
    await process.history.record([judged(1, before=day + timedelta(microseconds=1)), judged(2, before=day)])
    await process.history.record([judged(3, before=timedelta(0))])
    found = await process.backtest.preview(parse_filter("mcap >= 1"))
    assert [p.evidence.event.id for p in found.last] == ["e2"]


async def test_the_newest_alerts_come_first_with_what_became_of_their_tokens(process):
    await process.history.record([judged(n, before=n * HOUR) for n in range(9, 0, -1)])
    await process.history.record(
        [
            price_seen(examples.tick(NOON - HOUR / 2 + n * timedelta(seconds=9), about=examples.token(1), mcap=20))
            for n in range(2)
        ]
    )
    found = await process.backtest.preview(parse_filter("mcap >= 1"), last=2)
    assert found.alerts == 9
    assert [p.evidence.event.id for p in found.last] == ["e1", "e2"]
    assert [p.outcome and p.outcome.multiple for p in found.last] == [4, None]


async def test_a_long_preview_lets_others_have_their_turn(process):
    await process.history.record([judged(n) for n in range(1, 500)])
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with process.running(others()):
        await process.backtest.preview(parse_filter("mcap >= 1"))
        assert turns >= 2
