"""Days come ahead and go when they are over; no row is lost to a day that came late."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from tokenfilter.adapters.postgres.engine import PostgresEngine
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.adapters.postgres.partitions import DAYS_AHEAD, DAYS_BACK, keep_partitions
from tokenfilter.adapters.postgres.tables import activity_log, notifications, token_events, token_symbols, tokens
from tokenfilter.domain.history import ActivitySeen, EventSettled, price_seen
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

pytest_plugins = ("tests.postgres",)

DAY = timedelta(days=1)
ANNE = Destination(ChatId(1))


@pytest.fixture
async def own_engine(own_database):
    engine = PostgresEngine(own_database)
    yield engine
    await engine.close()


def of_day(number, *, symbol=None):
    """An event and a price so many days after noon, each told of and asked for by somebody."""
    at = NOON + number * DAY
    about = examples.token(number + 1_000)
    said = examples.heard(f"e{number}", about=about, at=at, symbol=symbol, mcap=1)
    told = EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=(ANNE,))
    return [told, price_seen(examples.tick(at, about=about, mcap=1)), ActivitySeen(chat=ANNE.chat, what="/why", at=at)]


async def places(engine, table):
    """In which partition each row lies, by its instant."""
    column = "judged_at" if table == "token_events" else "observed_at"
    rows = await engine.fetch(text(f"SELECT tableoid::regclass::text, {column} FROM {table} ORDER BY 2"))
    return {round((at - NOON) / DAY): name for name, at in rows}


async def test_every_day_around_today_has_its_place_and_what_is_beyond_waits(own_database, own_engine):
    history = PostgresHistory(own_engine)
    made = await keep_partitions(own_database, now=NOON, retention_days=90)
    assert len(made) == 2 * (DAYS_BACK + 1 + DAYS_AHEAD)
    numbers = (-60, -DAYS_BACK, 0, DAYS_AHEAD, 300)
    await history.record([entry for n in numbers for entry in of_day(n)])
    for table in ("token_events", "token_prices"):
        names = {n: f"{table}_{NOON + n * DAY:%Y%m%d}" for n in numbers}
        assert await places(own_engine, table) == names | dict.fromkeys((-60, 300), f"{table}_other")


async def test_rows_that_waited_move_to_their_day_when_it_is_made(own_database, own_engine):
    history = PostgresHistory(own_engine)
    entries = [entry for n in (-40, 0, 2, 30) for entry in of_day(n)]
    await history.record(entries)
    before = [e async for e in history.judged(NOON - 50 * DAY, NOON + 50 * DAY)]
    await keep_partitions(own_database, now=NOON, retention_days=90)
    await history.record(entries)
    assert [e async for e in history.judged(NOON - 50 * DAY, NOON + 50 * DAY)] == before
    assert await places(own_engine, "token_prices") == {
        n: "token_prices_other" if n == 30 else f"token_prices_{NOON + n * DAY:%Y%m%d}" for n in (-40, 0, 2, 30)
    }


async def test_repeating_changes_nothing(own_database):
    assert await keep_partitions(own_database, now=NOON, retention_days=90)
    assert await keep_partitions(own_database, now=NOON + timedelta(hours=1), retention_days=90) == []


async def test_what_is_older_than_the_retention_goes_and_nothing_else(own_database, own_engine):
    history = PostgresHistory(own_engine)
    numbers = (-100, -31, -30, -29, 0)
    await history.record([entry for n in numbers for entry in of_day(n, symbol=f"S{-n}")])
    await keep_partitions(own_database, now=NOON, retention_days=90)
    assert [e.event.id async for e in history.judged(NOON - 200 * DAY, NOON + DAY)] == ["e-31", "e-30", "e-29", "e0"]
    gone = await keep_partitions(own_database, now=NOON, retention_days=30)
    assert sorted(gone) == [f"{t}_{NOON - 31 * DAY:%Y%m%d}" for t in ("token_events", "token_prices")]
    kept = [-30, -29, 0]
    assert [e.event.id async for e in history.judged(NOON - 200 * DAY, NOON + DAY)] == [f"e{n}" for n in kept]
    for table, column in ((activity_log, "at"), (notifications, "told_at"), (tokens, "newest_at")):
        rows = await own_engine.fetch(table.select().order_by(column))
        assert [round((row._mapping[column] - NOON) / DAY) for row in rows] == kept
    assert await own_engine.fetch(token_symbols.select().where(token_symbols.c.symbol == "s31")) == []
    assert [t for n in numbers for t in await history.find_tokens(f"S{-n}", 9)] == [
        examples.token(n + 1_000) for n in kept
    ]


async def test_whoever_was_told_of_late_is_remembered_however_short_the_retention(own_database, own_engine):
    await PostgresHistory(own_engine).record(of_day(-DAYS_BACK) + of_day(-DAYS_BACK - 1))
    await keep_partitions(own_database, now=NOON, retention_days=2)
    assert [row.event for row in await own_engine.fetch(notifications.select())] == [f"e{-DAYS_BACK}"]
    assert await own_engine.fetch(token_events.select()) == []


async def test_a_reader_that_is_in_the_way_for_long_is_not_waited_for(own_database, own_engine, monkeypatch):
    monkeypatch.setattr("tokenfilter.adapters.postgres.partitions._LOCK_WAIT", "50ms")
    await keep_partitions(own_database, now=NOON, retention_days=90)
    async with own_engine.transaction() as connection:
        await connection.execute(token_events.select())
        with pytest.raises(UnavailableError, match="LockNotAvailable"):
            await keep_partitions(own_database, now=NOON, retention_days=3)
    assert await keep_partitions(own_database, now=NOON, retention_days=3)


async def test_recording_goes_on_while_a_day_is_being_made(own_database, own_engine):
    async with own_engine.transaction() as connection:
        row = {"event": "e1", "judged_at": NOON, "token": "solana:1", "evidence": {}}
        await keep_partitions(own_database, now=NOON, retention_days=90)
        await connection.execute(insert(token_events).values(row))
        await keep_partitions(own_database, now=NOON + 2 * DAY, retention_days=90)
    assert await places(own_engine, "token_events") == {0: f"token_events_{NOON:%Y%m%d}"}
