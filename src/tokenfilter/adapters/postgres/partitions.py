"""Days of judged events and of prices as partitions of their own: made ahead, dropped when older than the retention.

What belongs to none of these days (an old replay, a clock far ahead) lies in `<table>_other` until its day is made or
is over.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Table, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from tokenfilter.adapters.postgres.maintenance import connected, exclusively
from tokenfilter.adapters.postgres.tables import (
    activity_log,
    notifications,
    token_events,
    token_prices,
    token_symbols,
    tokens,
)

DAYS_AHEAD = 3
"""For so many days nobody need call before rows come to lie in `_other`."""

DAYS_BACK = 15
"""A new installation may be told of the last fortnight at once."""

DATED = {token_events: token_events.c.judged_at.name, token_prices: token_prices.c.observed_at.name}
"""The tables with a partition a day, and the column that says which."""

_LOCK_WAIT = "2s"  # whoever reads is waited for, and everybody else waits meanwhile
_DATE = "%Y%m%d"
_DATED_NAME = re.compile(r"_(\d{8})$")


async def keep_partitions(url: str, *, now: datetime, retention_days: int) -> list[str]:
    """Make the days from 15 ago (if kept that long) to 3 ahead, drop those over; returns the names that came or went.

    What people did and were told is deleted after as long (but not alerts of the last 15 days, which are not told
    again), and tokens not judged since, with their symbols. Repeating is safe; once an hour is enough.

    Raises:
        UnavailableError: not everything was done, for want of the database or because of long readers; repeat.
    """
    today = now.astimezone(UTC).date()
    oldest = today - timedelta(days=retention_days)
    around = {today + timedelta(days=n) for n in range(-DAYS_BACK, DAYS_AHEAD + 1)}
    changed: list[str] = []
    async with connected(url) as connection:
        for table in DATED:
            async with exclusively(connection):
                there, strays = await days(connection, table), await _strays(connection, table)
            for day in sorted((around | strays) - there):
                if oldest <= day <= max(around):
                    async with exclusively(connection):
                        changed += await make(connection, table, day)
            for day in sorted(day for day in there if day < oldest):
                async with exclusively(connection):
                    changed.append(await _drop(connection, table, day))
        async with exclusively(connection):
            await _forget(connection, _midnight(oldest), _midnight(min(oldest, today - timedelta(days=DAYS_BACK))))
    return changed


async def days(connection: AsyncConnection, table: Table) -> set[date]:
    """The days that have a partition."""
    names = await connection.scalars(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:parent)"),
        {"parent": table.name},
    )
    found = filter(None, map(_DATED_NAME.search, names))
    return {datetime.strptime(day[1], _DATE).replace(tzinfo=UTC).date() for day in found}


async def make(connection: AsyncConnection, table: Table, day: date) -> list[str]:
    """Give a day a partition, and it the rows of `_other` that belong there; returns its name, nothing if it was there.

    Rows of other days can be read and written meanwhile, unless some are moved.
    """
    name = _name(table, day)
    if await connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}):
        return []
    begin, end = (f"'{_midnight(d).isoformat()}'" for d in (day, day + timedelta(days=1)))
    column, other = DATED[table], f"{table.name}_other"
    await _wait_shortly(connection)
    moves = await connection.scalar(
        text(f"SELECT EXISTS (SELECT FROM {other} WHERE {column} >= {begin} AND {column} < {end})")  # noqa: S608
    )
    for statement in (
        # A reader that has planned without the new partition must not find its rows gone from the old place.
        f"LOCK TABLE {table.name if moves else other} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)",
        f"WITH moved AS (DELETE FROM {other} WHERE {column} >= {begin} AND {column} < {end} RETURNING *)"  # noqa: S608
        f" INSERT INTO {name} SELECT * FROM moved",
        f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({end})",
    ):
        await connection.execute(text(statement))
    return [name]


async def _strays(connection: AsyncConnection, table: Table) -> set[date]:
    column = DATED[table]
    found = text(f"SELECT DISTINCT ({column} AT TIME ZONE 'UTC')::date FROM {table.name}_other")  # noqa: S608
    return set(await connection.scalars(found))


async def _drop(connection: AsyncConnection, table: Table, day: date) -> str:
    await _wait_shortly(connection)
    await connection.execute(text(f"DROP TABLE IF EXISTS {_name(table, day)}"))
    return _name(table, day)


async def _forget(connection: AsyncConnection, oldest: datetime, oldest_told: datetime) -> None:
    """Delete what has no partitions, and what lies in `_other`."""
    rows = [(activity_log, activity_log.c.at, oldest), (notifications, notifications.c.told_at, oldest_told)]
    for table, column, begin in rows:
        await connection.execute(delete(table).where(column < begin))
    for table, name in DATED.items():
        other = text(f"DELETE FROM {table.name}_other WHERE {name} < :oldest")  # noqa: S608
        await connection.execute(other, {"oldest": oldest})
    gone = delete(tokens).where(tokens.c.newest_at < oldest).returning(tokens.c.token).cte()
    await connection.execute(delete(token_symbols).where(token_symbols.c.token.in_(select(gone.c.token))))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def _wait_shortly(connection: AsyncConnection) -> None:
    await connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'"))


def _name(table: Table, day: date) -> str:
    return f"{table.name}_{day.strftime(_DATE)}"
