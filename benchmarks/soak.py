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
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from random import Random
from typing import TypeVar

from matching_parts.events import statistics
from matching_parts.filters import filters
from redis_parts.crew import saved
from through_redis import SEED, edit, heard, moved
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.adapters.system import logs
from tokenfilter.adapters.system.footprint import footprint
from tokenfilter.container import Container
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import decide
from tokenfilter.domain.event import Event, Heard
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import Token
from tokenfilter.domain.notification import CallAlert, Digest, Lane, Notification
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.opening import keep_days, open_private_servers, open_stores
from tokenfilter.ports.messenger import Messenger, Sent
from tokenfilter.ports.subscribers import Change
from tokenfilter.settings import load
from workers import narrow

_T = TypeVar("_T")
Pair = tuple[str, int]

REPEATS = 0.9
BAND = Decimal("1.5")
"""Some 15 alerts a second of 10,000 subscribers."""


@dataclass
class Telegram(Messenger):
    """Answers at once and remembers what it was told: cards, and in digests of how many."""

    told: Counter[Pair] = field(default_factory=Counter)
    digests: int = 0
    folded: int = 0

    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:
        del reader
        chat = notification.destination.chat
        match notification.body:
            case CallAlert() as alert:
                self.told[alert.evidence.event.id, chat] += 1
            case Digest() as digest:
                self.digests += 1
                self.folded += digest.number
            case _:
                pass
        return Sent(chat=chat, message_id=self.told.total() + self.digests)


@dataclass
class Log:
    """What happened in its order: every change of settings, and of every event its stamp.

    What the events say can be drawn again, so that what is kept here does not grow as the program's memory might.
    """

    repeats: float
    changes: list[Change] = field(default_factory=list)
    stamps: list[tuple[datetime, datetime, int]] = field(default_factory=list)

    def events(self) -> Iterator[Event]:
        """Every event as it was stamped."""
        for line, (now, at, seq) in zip(lines(len(self.stamps), self.repeats), self.stamps, strict=True):
            yield Event(heard=moved(line, now), at=at, settings_seq=seq, received_at=now)

    def expected(self) -> set[Pair]:
        """Who is to be told of which event, by the rule alone."""
        index, known, stats = NumpyFilterIndex(), dict[Token, TokenRecords](), statistics()
        changes, told = iter(sorted(self.changes, key=lambda c: c.seq)), set[Pair]()
        waiting = next(changes, None)
        for event in self.events():
            while waiting and waiting.seq <= event.settings_seq:
                index.replace(waiting.owner, waiting.routes, renewed=waiting.renewed, seq=waiting.seq)
                waiting = next(changes, None)
            decision = decide(event, known.get(event.token, TokenRecords()), stats, index)
            known[event.token] = decision.records
            told.update((event.id, t.destination.chat) for t in decision.told)
        return told


def lines(count: int, repeats: float) -> Iterator[Heard]:
    """Events, some of which repeat what was said of a token."""
    return heard(count, repeats, Random(3))


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


@dataclass
class Ends:
    """How many alerts ended and how, and how many digests are owed that stand for some of them."""

    alerts: Counter[DeliveryOutcome] = field(default_factory=Counter)
    digests: int = 0

    def follow(self, container: Container) -> None:
        """Count from now on."""
        figures, outbox = container.figures(), container.outbox()
        told, owed = figures.delivered, outbox.put

        def delivered(notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
            told(notification, outcome, asked_at=asked_at)
            if isinstance(notification.body, CallAlert):
                self.alerts[outcome] += 1
            self.digests -= isinstance(notification.body, Digest)

        async def put(notification: Notification) -> bool:
            is_new: bool = await owed(notification)
            self.digests += is_new and isinstance(notification.body, Digest)
            return is_new

        figures.delivered, outbox.put = delivered, put


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
