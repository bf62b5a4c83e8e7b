"""From the journal to PostgreSQL: entries and rows a second in batches, beside a transaction an entry in the same run.

The entries are those of a simulated market: events that told up to four subscribers, how each alert ended, prices,
channels' statistics. Every way must end with the same rows. The PostgreSQL is a private one; each commit is on disk.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import random
from time import perf_counter

from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from tokenfilter.adapters.embedded import PostgresServer
from tokenfilter.adapters.memory.dead_letters import MemoryDeadLetters
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.adapters.postgres.engine import PostgresEngine
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.adapters.postgres.migrate import migrate
from tokenfilter.adapters.postgres.partitions import keep_partitions
from tokenfilter.adapters.postgres.tables_money import metadata
from tokenfilter.adapters.simulator.market import Market
from tokenfilter.adapters.system.clock import SystemClock
from tokenfilter.app.relay_journal import RelayJournal
from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, Tick
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.history import (
    DeliveryOutcome,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    StatsHeard,
    price_seen,
)
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.notification import alert_id
from tokenfilter.ports.history import History

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
RELAY = 500
AIM = 5_000
"""Rows a second of the relay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one way took, and all rows it left, table by table."""

    way: str
    seconds: float
    tables: dict[str, list[str]]

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(map(len, self.tables.values()))


def journal_of_a_market() -> Iterator[JournalEntry]:
    """What a relay is given while a market is followed."""
    stats: dict[ChannelId, ChannelStats] = {}
    market = Market(seed=3, start=START - timedelta(hours=6), dense_from=START, rate=1.0)
    for number, due in enumerate(market.lines()):
        match due.line:
            case ChannelStats() as line:
                stats[line.channel] = line
                yield StatsHeard(stats=line)
            case Tick() as tick:
                yield price_seen(tick)
            case Heard() as heard:
                yield from of_event(heard, stats, number)


def of_event(heard: Heard, stats: dict[ChannelId, ChannelStats], number: int) -> Iterator[JournalEntry]:
    """An event, whom it told, and how that ended."""
    at = heard.observed_at
    event = Event(heard=heard, at=at, settings_seq=1, received_at=at)
    known = {c.channel: stats[c.channel] for c in heard.calls if c.channel in stats}
    told = tuple(Destination(ChatId(1 + (number + n) % 1_000)) for n in range(number % 5))
    yield EventSettled(evidence=gather(event, merge_calls((), heard.calls, at=at), known), told=told)
    for to in told:
        yield DeliverySettled(
            notification=alert_id(heard.token, to),
            token=heard.token,
            event=heard.id,
            destination=to,
            outcome=DeliveryOutcome.SENT,
            at=at + timedelta(seconds=1),
            message_id=number,
            call_to_sent=0.4,
        )


@asynccontextmanager
async def new_database(server: PostgresServer, name: str) -> AsyncIterator[PostgresEngine]:
    """Our tables, empty, with a partition for the day."""
    admin = create_async_engine(server.url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await admin.dispose()
    url = make_url(server.url).set(database=name).render_as_string(hide_password=False)
    await migrate(url)
    await keep_partitions(url, now=START, retention_days=90)
    engine = PostgresEngine(url)
    yield engine
    await engine.close()


async def in_batches(history: History, entries: Sequence[JournalEntry], size: int) -> None:
    """Record so many at a time, each time in a transaction."""
    for first in range(0, len(entries), size):
        await history.record(entries[first : first + size])


async def relayed(history: History, entries: Sequence[JournalEntry]) -> None:
    """Let the relay of the program drain a journal."""
    journal = MemoryJournal()
    for entry in entries:
        await journal.note(entry)
    relay = RelayJournal(
        journal=journal,
        history=history,
        dead=MemoryDeadLetters(),
        clock=SystemClock(),
        telemetry=MemoryTelemetry(),
        random=random,
    )
    while await journal.length():
        await relay.relay()


async def run(server: PostgresServer, way: str, size: int, entries: Sequence[JournalEntry]) -> Run:
    """One way, in a database of its own."""
    async with new_database(server, f"batches_of_{size}") as engine:
        history = PostgresHistory(engine)
        begun = perf_counter()
        await (relayed(history, entries) if size == RELAY else in_batches(history, entries, size))
        seconds = perf_counter() - begun
        tables = {}
        for table in metadata.sorted_tables:
            kept = [column for column in table.columns if not column.name.endswith("seq")]
            tables[table.name] = sorted(str(tuple(row)) for row in await engine.fetch(select(*kept)))
        return Run(way=way, seconds=seconds, tables=tables)


async def measure(most: int) -> int:
    """Print the table; 0 if all ways left the same rows and the relay reached its aim."""
    entries = list(islice(journal_of_a_market(), most))
    ways = {"a transaction an entry": 1, "batches of 50": 50, f"the relay, batches of {RELAY}": RELAY}
    with tempfile.TemporaryDirectory(prefix="tf-") as directory:
        server = PostgresServer(Path(directory))
        await server.start()
        try:
            runs = [await run(server, way, size, entries) for way, size in ways.items()]
        finally:
            await server.stop()
    print(f"{len(entries):,} journal entries, {runs[0].rows:,} rows\n")
    print("| way | entries/s | rows/s | times the first |\n|---|---:|---:|---:|")
    for one in runs:
        rates = f"{len(entries) / one.seconds:,.0f} | {one.rows / one.seconds:,.0f}"
        print(f"| {one.way} | {rates} | {runs[0].seconds / one.seconds:.1f} |")
    same = all(one.tables == runs[0].tables for one in runs)
    reached = runs[-1].rows / runs[-1].seconds >= AIM
    print(f"\nsame rows: {'yes' if same else 'NO'}; at least {AIM:,} rows/s: {'yes' if reached else 'NO'}")
    return 0 if same and reached else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=5_000)
    sys.exit(asyncio.run(measure(options.parse_args().entries)))
