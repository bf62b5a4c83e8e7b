"""Events a second of one process that judges and of two, on one Valkey: where judging is the work, and where claiming.

*Judging-bound*: of ten events nine say of a token something new that nobody is told of, and no event tells more than a
few. *Claim-bound*: every event is of a new token and one subscriber in 130 is told. All events wait in the stream when
the processes begin. The claims of both runs must be the same; exit 1 where they differ.
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
from random import Random
from statistics import median
from time import perf_counter

from matching_parts.events import CHANNELS, evidences, statistics
from matching_parts.filters import filters
from redis_parts.crew import Ground, Judge, ground, judge
from through_redis import SEED, heard, moved
from tokenfilter.app.hold_partitions import RENEWED_EVERY
from tokenfilter.domain.call import Call
from tokenfilter.domain.event import Heard
from tokenfilter.domain.filter import Filter, Range
from tokenfilter.domain.ids import EventId
from tokenfilter.domain.numbers import rounded

BAR = 1.7
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


async def run(wanted: list[Filter], lines: list[Heard], processes: int) -> Run:
    """Let so many processes judge all of this."""
    async with ground() as at:
        await at.seed(wanted)
        for stats in statistics().values():
            await at.container.channels().put(stats)
        now = datetime.now(UTC)
        for line in lines:
            await at.container.ingest_events().take(moved(line, now), feed="bench", recorded=True)
        judges = [await judge(at, f"judges-{n}") for n in range(processes)]
        for one in judges:
            await one.ready()
        await asyncio.sleep(3 * RENEWED_EVERY.total_seconds())
        return await _timed(at, judges, len(lines))


async def _timed(at: Ground, judges: list[Judge], events: int) -> Run:
    before, begun = await at.server_cpu(), perf_counter()
    for one in judges:
        one.go()
    await at.empty()
    seconds = perf_counter() - begun
    server = await at.server_cpu() - before
    found = [await one.stop() for one in judges]
    for failure in (failure for one in found for failure in one["failures"]):
        print(f"  failed: {failure}")
    claims = await at.container.outbox().length()
    cpu = sum(one["cpu"] for one in found)
    return Run(events=events, seconds=seconds, claims=claims, cpu=cpu / seconds, server=server / seconds)


def main(subscribers: int, events: int, times: int) -> int:
    """Both loads, with one process and two in turn; 0 if their claims are the same."""
    print(f"{subscribers:,} subscribers, {events:,} events, {os.cpu_count()} cores, {times} times in turn")
    loads = {
        f"judging-bound (bar {BAR})": (
            list(islice(narrow(filters(Random(SEED)), Random(4)), subscribers)),
            list(repeating(events, Random(3))),
        ),
        "claim-bound": (list(islice(filters(Random(SEED)), subscribers)), list(heard(events // 5, 0, Random(3)))),
    }
    same = True
    for name, (wanted, lines) in loads.items():
        runs = {n: list[Run]() for n in (1, 2)}
        for _ in range(times):
            for number, found in runs.items():
                found.append(asyncio.run(run(wanted, lines, number)))
        same &= len({one.claims for found in runs.values() for one in found}) == 1
        rates = {n: median(one.per_second for one in found) for n, found in runs.items()}
        ratios = sorted(two.per_second / one.per_second for one, two in zip(runs[1], runs[2], strict=True))
        print(f"{name}: {runs[1][0].claims / len(lines):.1f} claims an event")
        for n, found in runs.items():
            shares = f"judging {found[0].cpu:.0%} of a core, Valkey {found[0].server:.0%}"
            print(f"  {n} process{'es' if n > 1 else '  '}  {rates[n]:8,.0f} events/s   {shares}")
        print(f"  ratio {rates[2] / rates[1]:.2f} (each turn: {', '.join(f'{r:.2f}' for r in ratios)})")
    print(f"claims of one and of two are the same: {'yes' if same else 'NO'}")
    return 0 if same else 1


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--subscribers", type=int, default=100_000)
    asked.add_argument("--events", type=int, default=5_000)
    asked.add_argument("--times", type=int, default=3)
    chosen = asked.parse_args()
    sys.exit(main(chosen.subscribers, chosen.events, chosen.times))
