"""From hearing an event to its claim through Redis: 1,000, 10,000 and 100,000 subscribers, 17 events a second.

A process hears and another judges, on a private Valkey. Filters and events are those of matching.py: one subscriber in
130 wants a token. Every event is of a token of its own unless `--repeats` says which share is of an earlier one, whose
channels call it anew: it is judged again for everybody who was not told.
With `--edits` so many subscribers a second change their filter meanwhile, and each change counts for the next event.
Who is claimed is compared with asking the reference index; exit 1 where it differs.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from random import Random
from typing import Any

from matching_parts.events import evidences, statistics
from matching_parts.filters import filters
from redis_parts.crew import FIRST_CHAT, Ground, ground, judge, percentile
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.domain.event import Heard
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.ids import ChatId, EventId
from tokenfilter.domain.subscriber import Subscriber, routes, with_filter
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.subscribers import Subscribers

SEED = 18
BAR_MS, BAR_CPU = 30, 0.15


def heard(count: int, repeats: float, random: Random) -> Iterator[Heard]:
    """Events of tokens that nobody heard of, and repeats of earlier ones in between."""
    fresh, known = (one.event.heard for one in evidences(count)), list[Heard]()
    for number in range(count):
        if known and random.random() < repeats:
            yield replace(random.choice(known), id=EventId(f"again{number}"))
        else:
            known.append(next(fresh))
            yield known[-1]


def moved(line: Heard, now: datetime) -> Heard:
    """The same now."""
    shift = now - line.observed_at
    created = line.facts.created_at
    facts = replace(line.facts, created_at=created and created + shift)
    calls = tuple(replace(c, called_at=c.called_at + shift) for c in line.calls)
    return replace(line, observed_at=now, facts=facts, calls=calls)


async def play(at: Ground, lines: list[Heard], *, per_second: float) -> None:
    """Hear these at an even pace."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number, line in enumerate(lines):
        await asyncio.sleep(max(0, begun + number / per_second - loop.time()))
        await at.container.ingest_events().take(moved(line, datetime.now(UTC)), feed="bench", recorded=False)


async def edit(subscribers: Subscribers, wanted: list[Filter], per_second: float) -> None:
    """Change somebody's filter so many times a second, until cancelled: to what a neighbour wants, and back."""
    loop, random = asyncio.get_running_loop(), Random(5)
    begun, number = loop.time(), 0
    while True:
        await asyncio.sleep(max(0, begun + number / per_second - loop.time()))
        chat, number = random.randrange(len(wanted)), number + 1
        found = await subscribers.get(ChatId(FIRST_CHAT + chat))
        assert found
        one = replace(found.filters[0], wanted=random.choice(wanted))
        with suppress(UnavailableError):  # a person is asked to try again soon
            await subscribers.save(replace(found, filters=(one,)), now=datetime.now(UTC))


def expected(wanted: list[Filter], lines: list[Heard]) -> int:
    """How many are to be told, each of a token once."""
    index, known = NumpyFilterIndex(), statistics()
    for number, one in enumerate(wanted):
        subscriber = with_filter(Subscriber(chat=ChatId(FIRST_CHAT + number)), "One", one)
        index.replace(subscriber.chat, routes(subscriber))
    firsts = {one.event.token: one for one in evidences(len(lines))}
    assert known
    return sum(len({r.destination for r in index.matches(firsts[token])}) for token in {x.token for x in lines})


async def measure(subscribers: int, options: argparse.Namespace) -> bool:
    """One size; whether the claims are those they must be."""
    wanted = list(islice(filters(Random(SEED)), subscribers))
    lines = list(heard(int(options.rate * options.seconds), options.repeats, Random(3)))
    async with ground() as at:
        await at.seed(wanted)
        for stats in statistics().values():
            await at.container.channels().put(stats)
        judging = await judge(at, "judges")
        warm = await judging.ready()
        judging.go()
        before = await at.server_cpu()
        editing = (
            asyncio.create_task(edit(at.container.subscribers(), wanted, options.edits)) if options.edits else None
        )
        await play(at, lines, per_second=options.rate)
        await at.empty()
        if editing:
            editing.cancel()
        server = await at.server_cpu() - before
        found = await judging.stop()
        owed = await at.container.outbox().length()
    return report(subscribers, warm, found, server, owed, None if options.edits else expected(wanted, lines))


def report(subscribers: int, warm: float, found: dict[str, Any], server: float, owed: int, should: int | None) -> bool:
    """Print what was measured."""
    delays = sorted(delay for delay, _ in found["claims"])
    winners = Counter(told for _, told in found["claims"])
    ranks = "".join(f"  p{p} {percentile(delays, p):6.2f}" for p in (50, 95, 99, 99.9))
    cpu, longest = found["cpu"] / found["seconds"], found["pause"]
    print(f"{subscribers:>8,} subscribers, {len(delays):,} events, {owed:,} claims, most in one event {max(winners):,}")
    print(f"         event to claimed, ms {ranks}   (bar: p99 <= {BAR_MS})")
    print(
        f"         judging {cpu:5.1%} of a core (bar at 100,000: < {BAR_CPU:.0%}),"
        f" Valkey {server / found['seconds']:5.1%},"
        f" longest pause {longest:.1f} ms, memory {found['memory'] / 1024:.0f} MiB, warm in {warm:.2f} s"
    )
    for failure in found["failures"]:
        print(f"         failed: {failure}")
    if should is None:
        return True
    print(f"         claims equal those of the reference: {'yes' if owed == should else f'NO, {should:,}'}")
    return owed == should


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--subscribers", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    asked.add_argument("--rate", type=float, default=17.0)
    asked.add_argument("--seconds", type=int, default=30)
    asked.add_argument("--repeats", type=float, default=0.0)
    asked.add_argument("--edits", type=float, default=0.0)
    chosen = asked.parse_args()
    results = [asyncio.run(measure(size, chosen)) for size in chosen.subscribers]
    sys.exit(not all(results))
