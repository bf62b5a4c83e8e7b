"""Judging what PostgreSQL gives for one filter leads to what judging all of history leads to."""

from datetime import UTC, datetime

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tokenfilter.adapters.postgres import history as module
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import EventSettled
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.examples import NOON
from tokenfilter.testing.strategies.filters import filters_near

pytest_plugins = ("tests.postgres",)

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


def drawn(strategy, number):
    """So many examples."""
    found = []

    @settings(max_examples=number, phases=[Phase.generate])
    @given(strategy)
    def draw(example):
        found.append(example)

    draw()
    return found


async def told(wanted, history):
    test = Backtest(wanted)
    return [e.event.id async for e in history if test.see(e)]


@pytest.fixture
async def recorded(engine, monkeypatch):
    """A history of many pages, and its evidence."""
    monkeypatch.setattr(module, "_PAGE", 7)
    seen = [e for one in drawn(strategies.histories(), 12) for e in one.evidence()]
    history = PostgresHistory(engine)
    await history.record([EventSettled(evidence=e, told=()) for e in seen])
    return history, [e async for e in history.judged(FIRST, LAST)]


async def test_a_filter_tells_the_same_over_what_is_given_for_it_as_over_everything(recorded):
    history, seen = recorded
    near = st.sampled_from(seen).flatmap(filters_near)
    for wanted in drawn(st.one_of(strategies.filters(), near), 60):
        assert await told(wanted, history.judged_by(wanted, FIRST, LAST)) == await told(
            wanted, history.judged(FIRST, LAST)
        )


async def test_a_period_is_counted_and_cut_as_all_of_it_is_read(recorded):
    history, seen = recorded
    instants = sorted(e.at for e in seen)
    for since, until in ((FIRST, LAST), (instants[5], instants[-5]), (instants[3], instants[3])):
        within = [e async for e in history.judged(since, until)]
        assert within == [e for e in seen if since <= e.at < until]
        span = await history.span(since, until)
        ends = [e.at for e in within] or [None]
        assert (span.events, span.first_at, span.last_at) == (len(within), min(ends), max(ends))


async def test_of_a_token_that_was_told_nothing_more_is_given(engine):
    history = PostgresHistory(engine)
    events = [examples.heard(f"e{n}", about=examples.token(1 + n % 2), mcap=5) for n in range(6)]
    await history.record([EventSettled(evidence=examples.evidence_of(examples.stamped(e)), told=()) for e in events])
    already = set()
    given = []
    async for evidence in history.judged_by(parse_filter("mcap >= 5"), NOON, LAST, told=already):
        given.append(evidence.event.id)
        already.add(evidence.event.token)
    assert given == ["e0", "e1"]


async def test_of_a_token_of_which_a_filter_wants_nothing_nothing_is_given(engine):
    history = PostgresHistory(engine)
    caps = [(1, 4), (2, 5), (1, 3), (2, 1)]
    events = [examples.heard(f"e{n}", about=examples.token(token), mcap=cap) for n, (token, cap) in enumerate(caps)]
    await history.record([EventSettled(evidence=examples.evidence_of(examples.stamped(e)), told=()) for e in events])
    wanted = parse_filter("mcap >= 5")
    assert [e.event.id async for e in history.judged_by(wanted, NOON, LAST)] == ["e1", "e3"]
