"""The whole program under load for minutes: 1,000 events a minute, 10,000 subscribers, filters changed meanwhile.

`calm` has matches tuned to what Telegram allows: every alert is told, and the alerts are those that follow from what
was heard and changed, in the order in which it was. `flood` has 1,300 alerts a second: what is too late folds into
digests, nothing waits without end, and every alert that was claimed ends told or is owed still. Real Valkey and
PostgreSQL, private ones; only Telegram is a stub that answers at once. Memory is shown as it goes.
"""

import argparse
import asyncio
import contextlib
import gc
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from random import Random
from typing import TypeVar

from matching_parts.events import statistics
from matching_parts.filters import filters
from redis_parts.crew import saved
from soak_parts.accounts import Ends, Log, Pair, Telegram, lines
from through_redis import SEED, edit, moved
from tokenfilter.adapters.system import logs
from tokenfilter.adapters.system.footprint import footprint
from tokenfilter.container import Container
from tokenfilter.domain.event import Event
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.notification import Lane
from tokenfilter.opening import keep_days, open_private_servers, open_stores
from tokenfilter.settings import load
from workers import narrow

_T = TypeVar("_T")

REPEATS = 0.9
BAND = Decimal("1.5")
"""Some 15 alerts a second of 10,000 subscribers."""


@asynccontextmanager
async def program(telegram: Telegram, useful_minutes: int) -> AsyncIterator[Container]:
    """The program with every role, on private servers of its own."""
    with tempfile.TemporaryDirectory() as directory:
        told = {"embedded__directory": directory, "delivery__useful_minutes": useful_minutes, "use__feeds": []}
        container = Container(settings=load(None, told, environ={}))
        container.messenger.override(telegram)
        async with AsyncExitStack() as stack:
            await open_private_servers(container, stack)
            await open_stores(container, stack)
            yield container


@asynccontextmanager
async def at_work(container: Container) -> AsyncIterator[None]:
    """Everything runs within the block."""
    await container.match_events().warm()
    await container.hold_partitions().begin()
    running = (container.hold_partitions(), container.survival(), container.match_events(), container.relay_journal())
    loops = [asyncio.create_task(one.run()) for one in (*running, container.deliver_notifications())]
    loops += [asyncio.create_task(container.watch_health().run()), asyncio.create_task(keep_days(container))]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await container.hold_partitions().end()


async def note(container: Container, log: Log) -> None:
    """Follow every change of settings, until cancelled."""
    seen = max((c.seq for c in log.changes), default=0)
    while True:
        for change in await container.subscribers().changes(seen):
            log.changes.append(change)
            seen = change.seq
        await asyncio.sleep(0.05)


async def watch(container: Container, telegram: Telegram, ends: Ends) -> None:
    """Say every half a minute how it goes, until cancelled."""
    loop = asyncio.get_running_loop()
    begun, before, sent_before = loop.time(), loop.time(), 0
    while True:
        await asyncio.sleep(30)
        used, now, sent = footprint(None), loop.time(), telegram.told.total() + telegram.digests
        stored = (await container.redis().reads.info("memory"))["used_memory"]
        figures = {
            "MiB": used.used // 2**20 if used else 0,
            "Valkey MiB": stored // 2**20,
            "of it outbox": await outbox_bytes(container) // 2**20,
            "to judge": await container.event_stream().length(),
            "owed": await container.outbox().length(),
            "digests owed": ends.digests,
            "journal": await container.journal().length(),
            "folded": ends.alerts[DeliveryOutcome.IN_DIGEST],
            "cards": telegram.told.total(),
            "digests": telegram.digests,
        }
        told = "   ".join(f"{name} {value:,}" for name, value in figures.items())
        print(f"  {now - begun:4.0f} s   {(sent - sent_before) / (now - before):4.1f} sends/s   {told}", flush=True)
        before, sent_before = now, sent


async def outbox_bytes(container: Container) -> int:
    """What the outbox takes in Valkey, by its own estimate."""
    reads, keys = container.redis().reads, container.keys()
    pipe = reads.pipeline(transaction=False)
    for partition in range(keys.partitions):
        streams = [keys.outbox(partition, lane) for lane in Lane]
        for key in (*streams, keys.owed(partition), keys.left(partition)):
            pipe.memory_usage(key, samples=100)
    async for key in reads.scan_iter(f"{keys.prefix}processed_token:*:owed", count=1_000):
        pipe.memory_usage(key, samples=100)
    return sum(size or 0 for size in await pipe.execute())


async def play(container: Container, log: Log, minutes: float, per_second: float) -> None:
    """Hear events at an even pace, and remember how they were stamped."""
    loop = asyncio.get_running_loop()
    begun, appended = loop.time(), container.event_stream().append

    async def noted(item: Event) -> None:
        log.stamps.append((item.heard.observed_at, item.at, item.settings_seq))
        await appended(item)

    container.event_stream().append = noted
    for number, line in enumerate(lines(int(minutes * 60 * per_second), log.repeats)):
        await asyncio.sleep(max(0, begun + number / per_second - loop.time()))
        await container.ingest_events().take(moved(line, datetime.now(UTC)), feed="soak", recorded=False)


async def soak(load_name: str, options: argparse.Namespace) -> int:
    """One load; 0 if nothing was lost or doubled."""
    calm = load_name == "calm"
    telegram, log, drawn = Telegram(), Log(REPEATS if calm else 0.0), filters(Random(SEED))
    wanted: list[Filter] = list(islice(narrow(drawn, Random(4), BAND) if calm else drawn, options.subscribers))
    async with program(telegram, useful_minutes=10 if calm else 1) as container:
        for batch in batches(saved(wanted), 1_000):
            await container.subscribers().restore(batch)
            await container.history().record(batch)
        for stats in statistics().values():
            await container.channels().put(stats)
        log.changes += await container.subscribers().changes(0)
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 100)  # as the program does
        ends = Ends()
        ends.follow(container)
        async with at_work(container):
            tasks = [asyncio.create_task(one) for one in (note(container, log), watch(container, telegram, ends))]
            tasks.append(asyncio.create_task(edit(container.subscribers(), wanted, options.edits)))
            await play(container, log, options.minutes, options.rate)
            tasks[-1].cancel()
            await empty(container, owed=calm)
            await asyncio.sleep(1)
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
        owed = await container.outbox().length()
    return report(telegram, log.expected(), owed, ends, events=len(log.stamps), changes=len(log.changes))


async def empty(container: Container, *, owed: bool) -> None:
    """Return once everything is judged, and where it can be, told."""
    while await container.event_stream().length() or (owed and await container.outbox().length()):
        await asyncio.sleep(0.1)


def batches(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    """So many at a time."""
    while batch := list(islice(items, size)):
        yield batch


def report(telegram: Telegram, expected: set[Pair], owed: int, ends: Ends, *, events: int, changes: int) -> int:
    """Say what came of it."""
    cards = telegram.told.total()
    print(f"  {events:,} events, {changes:,} settings with their changes, {len(expected):,} alerts by the rule")
    doubled = cards - len(telegram.told)
    unwanted = len(set(telegram.told) - expected)
    waiting, folded = owed - ends.digests, ends.alerts[DeliveryOutcome.IN_DIGEST]
    print(
        f"  {cards:,} cards, {telegram.digests:,} digests;"
        f" {folded:,} alerts are in digests, of which {ends.digests:,} wait"
    )
    print(f"  {waiting:,} alerts wait; ends: {', '.join(f'{o.value} {n:,}' for o, n in ends.alerts.items())}")
    lost = len(expected) - ends.alerts.total() - waiting
    print(f"  lost {lost}, doubled {doubled}, unwanted {unwanted}")
    return 0 if not (lost or doubled or unwanted) else 1


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("load", choices=["calm", "flood"])
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--subscribers", type=int, default=10_000)
    asked.add_argument("--rate", type=float, default=1_000 / 60)
    asked.add_argument("--edits", type=float, default=2.0)
    chosen = asked.parse_args()
    logs.configure(level="error", json_lines=False)
    sys.exit(asyncio.run(soak(chosen.load, chosen)))
