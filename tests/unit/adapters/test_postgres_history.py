"""What history keeps in PostgreSQL: everything exactly, once, in order, page after page."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from tokenfilter.adapters.postgres.archive import PostgresArchive
from tokenfilter.adapters.postgres.engine import PostgresEngine
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.adapters.postgres.tables import (
    calls,
    channel_stats,
    notifications,
    token_events,
    token_prices,
)
from tokenfilter.adapters.postgres.tables_money import metadata
from tokenfilter.domain.history import (
    EventSettled,
    PriceSeen,
    StatsHeard,
    SubscriberSaved,
    peak_since,
    price_seen,
)
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.examples import NOON
from tokenfilter.testing.strategies import stored

pytest_plugins = ("tests.postgres",)

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
PERSON = 7_654_321_012_345
MINUTE = timedelta(minutes=1)
AGAIN_AND_AGAIN = settings(
    max_examples=settings.default.max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def history(engine):
    return PostgresHistory(engine)


def judged(name, *, about=1, at=NOON, told=(), channels=()):
    """An event, called by some."""
    said = examples.heard(
        name,
        about=examples.token(about),
        at=at,
        symbol="LAMB",
        calls=[examples.call(channel, called_at) for channel, called_at in channels],
        mcap=1_000,
    )
    return EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=told)


def saved(subscriber, version, *, seq=0, at=NOON):
    return SubscriberSaved(subscriber=replace(subscriber, version=version), seq=seq, renewed=frozenset(), at=at)


async def emptied(engine):
    """Nothing is in any table."""
    async with engine.transaction() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(table.delete())


async def everything(engine):
    """All rows of all tables, without what tells in which order they came."""
    found = {}
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if "seq" not in column.name or table.name == "subscribers"]
        found[table.name] = sorted(str(tuple(row)) for row in await engine.fetch(select(*columns)))
    return found


@AGAIN_AND_AGAIN
@given(entries=st.lists(stored.journal_entries(), max_size=6))
async def test_a_batch_is_kept_whole_or_refused_and_leaves_nothing(engine, history, entries):
    await emptied(engine)
    empty = await everything(engine)
    try:
        await history.record(entries)
    except RefusedError:
        assert await everything(engine) == empty
    else:
        before = await everything(engine)
        await history.record(entries)
        assert await everything(engine) == before


@AGAIN_AND_AGAIN
@given(evidence=st.lists(strategies.evidence(), max_size=4, unique_by=lambda e: (e.event.id, e.at)))
async def test_evidence_comes_back_as_it_was_in_the_order_of_judgement(engine, history, evidence):
    await emptied(engine)
    await history.record([EventSettled(evidence=e, told=()) for e in evidence])
    assert [e async for e in history.judged(FIRST, LAST)] == evidence
    for token in {e.event.token for e in evidence}:
        theirs = [e for e in evidence if e.event.token == token]
        assert list(await history.judged_of(token, 9)) == theirs[::-1]


@AGAIN_AND_AGAIN
@given(evidence=strategies.evidence(), prices=st.lists(strategies.ticks(examples.token()), max_size=12))
async def test_what_became_of_a_token_is_what_the_domain_says_of_its_prices(engine, history, evidence, prices):
    await emptied(engine)
    heard = replace(evidence.event.heard, token=examples.token())
    about = examples.evidence_of(replace(evidence.event, heard=heard))
    seen = [price_seen(tick) for tick in prices]
    await history.record(seen)
    assert await history.outcome(about) == peak_since(about, seen)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_long_reads_go_page_by_page_and_miss_nothing(engine, history, monkeypatch, size):
    for bound in ("history._PAGE", "history._PRICES", "archive._PAGE", "archive._EVENTS_PAGE"):
        monkeypatch.setattr(f"tokenfilter.adapters.postgres.{bound}", size)
    archive = PostgresArchive(engine)
    told = tuple(Destination(ChatId(n)) for n in range(1, 4))
    entries = [judged(f"e{n}", about=n % 4 + 1, at=NOON + n % 3 * MINUTE, told=told[: n % 3 + 1]) for n in range(7)]
    prices = [price_seen(examples.tick(NOON + n // 2 * MINUTE, price=n + 1, mcap=1_000 * (n + 1))) for n in range(7)]
    stats = [StatsHeard(stats=examples.stats(f"@c{n % 2}", NOON + n * MINUTE, win=n)) for n in range(7)]
    people = [saved(Subscriber(chat=ChatId(n)), 1, seq=n) for n in range(1, 8)]
    await history.record([*entries, *prices, *stats, *people])
    assert [e.event.id async for e in history.judged(FIRST, LAST)] == [f"e{n}" for n in range(7)]
    within = [e.event.id async for e in history.judged(NOON + MINUTE, NOON + 2 * MINUTE)]
    assert within == ["e1", "e4"]
    about = judged("e", at=NOON - MINUTE).evidence
    assert await history.outcome(about) == peak_since(about, prices)
    assert [s async for s in archive.subscribers()] == people
    assert len([s async for s in archive.statistics(FIRST)]) == 7
    assert len([e async for e in archive.newest_of_all(FIRST)]) == 4
    assert {token: len(who) async for token, who in archive.told_of_all(FIRST)} == {
        token: len(await archive.told(token, FIRST)) for token in map(examples.token, range(1, 5))
    }
    unfinished = {u.evidence.event.id: set(u.destinations) async for u in archive.unfinished(FIRST)}
    assert unfinished == {e.evidence.event.id: set(e.told) for e in entries}


async def test_an_event_that_history_cannot_keep_spoils_its_batch_alone(engine, history):
    bad = judged("e\0")
    with pytest.raises(RefusedError):
        await history.record([judged("e1"), bad, judged("e2")])
    assert await engine.fetch(token_events.select()) == []
    await history.record([judged("e1"), judged("e2")])
    assert [e.event.id async for e in history.judged(FIRST, LAST)] == ["e1", "e2"]


async def test_a_delay_that_is_no_number_is_kept_as_it_is_and_a_symbol_of_any_text_is_no_obstacle(engine, history):
    end = replace(examples.ended(examples.alert()), call_to_sent=float("inf"))
    said = replace(examples.heard("e1"), facts=replace(examples.heard().facts, symbol="$\0\ud800La\u2028MB"))
    await history.record([end, EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=())])
    assert (await history.delivery(examples.token(), end.destination)).call_to_sent == float("inf")
    assert list(await history.find_tokens("la\u2028mb", 5)) == [examples.token()]
    found = await history.judged_of(examples.token(), 1)
    assert found[0].event.heard.facts.symbol == said.facts.symbol


async def test_the_first_call_of_a_channel_is_kept_whenever_it_is_heard(engine, history):
    late, early = NOON + MINUTE, NOON - MINUTE
    for number, at in enumerate((NOON, early, late)):
        await history.record([judged(f"e{number}", at=late, channels=[("@alpha", at)])])
    await history.record([judged("e4", at=late, channels=[("@alpha", late), ("@beta", late)])])
    rows = await engine.fetch(calls.select().order_by("channel"))
    assert [(row.channel, row.called_at) for row in rows] == [("@alpha", early), ("@beta", late)]


async def test_prices_that_say_the_same_are_one_and_those_of_one_instant_that_differ_are_kept(engine, history):
    seen = price_seen(examples.tick(mcap=5))
    other = PriceSeen(token=seen.token, observed_at=seen.observed_at, values=seen.values, liquidity=seen.values["mcap"])
    await history.record([seen, seen, other])
    await history.record([other, seen])
    assert len(await engine.fetch(token_prices.select())) == 2


async def test_writers_of_the_same_rows_in_any_order_wait_for_one_another_and_lose_nothing(history, engine):
    entries = [judged(f"e{n}", about=n, told=(Destination(ChatId(n)),)) for n in range(1, 30)]
    entries += [StatsHeard(stats=examples.stats(f"@c{n}", win=n)) for n in range(30)]
    ends = [examples.ended(examples.alert(n, about=entries[n - 1].evidence.event)) for n in range(1, 30)]
    await asyncio.gather(*(history.record(batch) for batch in ([*entries, *ends], ends[::-1], entries[29:][::-1])))
    assert len(await engine.fetch(channel_stats.select())) == 30
    rows = await engine.fetch(notifications.select())
    assert len(rows) == 29
    assert all(row.ended_at and row.told_at == NOON for row in rows)


async def test_a_row_of_a_later_version_is_unavailable_and_not_skipped(history, engine):
    async with engine.transaction() as connection:
        row = {"event": "e1", "judged_at": NOON, "token": "solana:1", "evidence": {"event": "of another form"}}
        await connection.execute(insert(token_events).values(row))
    with pytest.raises(UnavailableError, match="cannot read"):
        [e async for e in history.judged(FIRST, LAST)]


async def test_everything_is_unavailable_while_the_database_is(history):
    away = PostgresHistory(PostgresEngine("postgresql://nobody@127.0.0.1:9/nowhere", command_timeout=1))
    for ask in (away.record([judged("e1")]), away.judged_of(examples.token(), 1), away.find_tokens("LAMB", 1)):
        with pytest.raises(UnavailableError):
            await ask
