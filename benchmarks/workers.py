"""Events a second of one process that judges and of two, on one Valkey: where judging is the work, and where claiming.

*Judging-bound*: of ten events nine say of a token something new that nobody is told of, and no event tells more than a
few. *Claim-bound*: every event is of a new token and one subscriber in 130 is told. Both processes read the filters of
a load once and keep them. Every run has a Valkey of its own in which nothing is claimed; all events wait in its stream
when the processes begin. The claims of all runs of a load must be the same; exit 1 where they differ.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from matching_parts.events import CHANNELS, evidences, statistics
from matching_parts.filters import filters
from redis_parts.crew import Ground, Judge, ground, judge, kept_ground
from through_redis import SEED, heard, moved
from tokenfilter.domain.call import Call
from tokenfilter.domain.event import Heard
from tokenfilter.domain.filter import Filter, Range
from tokenfilter.domain.ids import EventId
from tokenfilter.domain.numbers import rounded

BAR = 1.7
MOST = 2
"""Processes."""

NARROW = Decimal("1.01")
"""Upper by lower end of a band of market caps: so that about one subscriber in a hundred thousand wants a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What so many processes took, and what they claimed."""

    events: int
    seconds: float
    claims: int
    cpu: float
    server: float

    @property
    def per_second(self) -> float:
        """Events."""
        return self.events / self.seconds

    @property
    def shares(self) -> str:
        """Who was at work, in words."""
        return f"judging {self.cpu:.0%} of a core, Valkey {self.server:.0%}"

    def __str__(self) -> str:
        return f"{self.per_second:8,.0f} events/s, {self.claims:,} claims in {self.seconds:.1f} s   {self.shares}"


Runs = dict[int, list[Run]]
"""By the number of processes, in turn."""


def narrow(wanted: Iterator[Filter], random: Random, band: Decimal = NARROW) -> Iterator[Filter]:
    """The same filters, each for a narrow band of market caps of its own."""
    for one in wanted:
        low = Decimal(f"{random.lognormvariate(11.7, 1.6):.6g}")
        caps = Range(metric="mcap", low=low, high=rounded(low * band))
        any_of = tuple(replace(c, ranges=(*(r for r in c.ranges if r.metric != "mcap"), caps)) for c in one.any_of)
        yield replace(one, any_of=any_of)


def repeating(count: int, random: Random) -> Iterator[Heard]:
    """One event of a new token in ten; the others tell of one more channel that called an earlier token."""
    fresh, known = (one.event.heard for one in evidences(count)), list[Heard]()
    for number in range(count):
        if number % 10 == 0:
            known.append(next(fresh))
            yield known[-1]
        else:
            place = random.randrange(len(known))
            at = known[place].observed_at
            called = Call(channel=random.choice(CHANNELS), called_at=at - timedelta(seconds=1))
            calls = (*known[place].calls[-7:], called)
            known[place] = replace(known[place], id=EventId(f"again{number}"), calls=calls)
            yield known[place]


async def load(name: str, wanted: Iterator[Filter], lines: list[Heard], times: int) -> Runs:
    """One load, judged by one process and by two, so many times in turn."""
    with TemporaryDirectory() as directory:
        kept, begun = Path(directory), perf_counter()
        async with kept_ground(kept) as at:
            count = await at.seed(wanted)
            for stats in statistics().values():
                await at.container.channels().put(stats)
            tell(f"{name}: {count:,} subscribers stored in {perf_counter() - begun:.0f} s")
            judges = [await judge(at, f"judges-{n}") for n in range(MOST)]
            held = max([await one.ready() for one in judges])
            tell(f"  held by {processes(MOST)} in {held:.0f} s")
            for one in judges:
                await one.leave()
        runs: Runs = {n: [] for n in range(1, MOST + 1)}
        for turn in range(1, times + 1):
            for n, found in runs.items():
                found.append(await run(kept, judges[:n], lines))
                tell(f"  turn {turn}, {processes(n)} {found[-1]}")
        for one in judges:
            await one.end()
    return runs


async def run(kept: Path, judges: list[Judge], lines: list[Heard]) -> Run:
    """Let these judge all of this, beginning with what is kept, and no others."""
    async with ground(like=kept) as at:
        for one in judges:
            one.join(at)
        await asyncio.gather(hear(at, lines), *(one.ready() for one in judges))
        await at.shared(len(judges))
        return await _timed(at, judges, len(lines))


async def hear(at: Ground, lines: list[Heard]) -> None:
    """Have these wait to be judged, as if they came now: older ones are judged otherwise after five minutes."""
    now = datetime.now(UTC)
    for line in lines:
        await at.container.ingest_events().take(moved(line, now), feed="bench", recorded=True)


async def _timed(at: Ground, judges: list[Judge], events: int) -> Run:
    before, begun = await at.server_cpu(), perf_counter()
    for one in judges:
        one.go()
    await at.empty()
    seconds = perf_counter() - begun
    server = await at.server_cpu() - before
    found = [await one.leave() for one in judges]
    for failure in (failure for one in found for failure in one["failures"]):
        tell(f"  failed: {failure}")
    claims = await at.container.outbox().length()
    cpu = sum(one["cpu"] for one in found)
    return Run(events=events, seconds=seconds, claims=claims, cpu=cpu / seconds, server=server / seconds)


def report(name: str, runs: Runs) -> None:
    """Print what a load came to."""
    one, two = runs[1], runs[2]
    rates = {n: median(run.per_second for run in found) for n, found in runs.items()}
    ratios = sorted(b.per_second / a.per_second for a, b in zip(one, two, strict=True))
    tell(f"{name}: {one[0].claims / one[0].events:.1f} claims an event")
    for n, found in runs.items():
        tell(f"  {processes(n)}  {rates[n]:8,.0f} events/s   {found[0].shares}")
    tell(f"  ratio {rates[2] / rates[1]:.2f} (each turn: {', '.join(f'{r:.2f}' for r in ratios)})")


def processes(number: int) -> str:
    """So many, in words."""
    return f"{number} process{'es' if number > 1 else '  '}"


def tell(line: str) -> None:
    """Print it now, whoever reads."""
    print(line, flush=True)


def main(subscribers: int, events: int, times: int) -> int:
    """Both loads, with one process and two in turn; 0 if their claims are the same."""
    tell(f"{subscribers:,} subscribers, {events:,} events, {os.cpu_count()} cores, {times} times in turn")
    loads = {
        f"judging-bound (bar {BAR})": (narrow(filters(Random(SEED)), Random(4)), repeating(events, Random(3))),
        "claim-bound": (filters(Random(SEED)), heard(events // 5, 0, Random(3))),
    }
    found = {
        name: asyncio.run(load(name, islice(wanted, subscribers), list(lines), times))
        for name, (wanted, lines) in loads.items()
    }
    for name, runs in found.items():
        report(name, runs)
    same = all(len({one.claims for each in runs.values() for one in each}) == 1 for runs in found.values())
    tell(f"claims of one and of two are the same: {'yes' if same else 'NO'}")
    return 0 if same else 1


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--subscribers", type=int, default=100_000)
    asked.add_argument("--events", type=int, default=5_000)
    asked.add_argument("--times", type=int, default=3)
    chosen = asked.parse_args()
    sys.exit(main(chosen.subscribers, chosen.events, chosen.times))
