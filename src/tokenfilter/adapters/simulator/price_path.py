"""How a token's market cap moves from launch to a day after its first call: a function of time, fixed when drawn.

Between control points the path is log-linear with a wobble that vanishes at the points and never leaves what they
span upwards, so the peak is where it was put. How high and when peaks are is fitted (figures.py).
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from tokenfilter.adapters.simulator import figures
from tokenfilter.adapters.simulator.sampling import from_table

DAY = 86_400.0
PEAK_HELD_AT = 0.985
"""What is left of the peak at the second sample that confirms it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePath:
    """Market cap in USD by seconds since launch.

    `logs` are the logarithms at the control points, `highest` the greatest up to each. `rug_at` is when the liquidity
    was pulled, None if it never is.
    """

    times: tuple[float, ...]
    logs: tuple[float, ...]
    highest: tuple[float, ...]
    wobble: tuple[float, float, float]
    called_at: float
    entry: float
    peak_at: float
    peak: float
    held_until: float
    rug_at: float | None

    def mcap(self, at: float) -> float:
        """The market cap at an instant."""
        right = bisect_right(self.times, at)
        if right == 0:
            return math.exp(self.logs[0])
        if right == len(self.times):
            return math.exp(self.logs[-1])
        start, end = self.times[right - 1], self.times[right]
        low, high = self.logs[right - 1], self.logs[right]
        part = (at - start) / (end - start)
        size, pace, phase = self.wobble
        swing = 4 * part * (1 - part) * size * math.sin(pace * at + phase)
        return math.exp(min(low + (high - low) * part + swing, max(low, high)))

    def peak_within(self, since: float, until: float) -> tuple[float, float]:
        """The highest market cap in the span and when it is reached."""
        best, best_at = max((self.mcap(since), since), (self.mcap(until), until))
        peak, where = math.log(best), best_at
        for at, log in zip(self.times, self.logs, strict=True):
            if since < at < until and log > peak:
                peak, where = log, at
        return math.exp(peak), where

    def peak_before(self, at: float) -> float:
        """The highest control point passed by an instant: no market cap before it was higher."""
        return math.exp(self.highest[max(bisect_right(self.times, at) - 1, 0)])

    @property
    def launch(self) -> float:
        """The market cap at launch."""
        return math.exp(self.logs[0])

    @property
    def multiple(self) -> float:
        """How many times the market cap of the first call the peak is."""
        return self.peak / self.entry

    def is_rugged_at(self, at: float) -> bool:
        """Whether the liquidity has been pulled by then."""
        return self.rug_at is not None and at >= self.rug_at


def draw_path(random: Random, *, entry: float, age: float, hit: bool) -> PricePath:
    """A path that is at `entry` USD when the token is first called, `age` seconds after its launch.

    `hit` says whether it reaches twice the entry within the day that follows.
    """
    multiple = draw_multiple(random, entry=entry, hit=hit)
    to_peak = draw_seconds_to_peak(random, multiple)
    held = random.uniform(4, 20)
    peak_at, peak = age + to_peak, entry * multiple
    points = _before_the_call(random, entry, age)
    points.append((age, entry))
    if to_peak > 180 and random.random() < 0.6:
        points.append((age + to_peak * random.uniform(0.15, 0.6), entry * random.uniform(0.55, 1.0)))
    points += [(peak_at, peak), (peak_at + held, peak * PEAK_HELD_AT)]
    rug_share = figures.RUG_SHARE_AFTER_HIT if hit else figures.RUG_SHARE_AFTER_MISS
    rug_at = None
    if random.random() < rug_share:
        rug_at = peak_at + held + random.uniform(20, 5_400)
        points += [(rug_at, peak * random.uniform(0.6, 0.95)), (rug_at + 25, entry * random.uniform(0.01, 0.07))]
    points += _after(random, entry, peak, start=points[-1][0], end=age + DAY, rugged=rug_at is not None)
    logs = tuple(math.log(v) for _, v in points)
    return PricePath(
        times=tuple(t for t, _ in points),
        logs=logs,
        highest=tuple(accumulate(logs, max)),
        wobble=(random.uniform(0.03, 0.16), 2 * math.pi / random.uniform(40, 900), random.uniform(0, 6.28)),
        called_at=age,
        entry=entry,
        peak_at=peak_at,
        peak=peak,
        held_until=peak_at + held,
        rug_at=rug_at,
    )


def draw_multiple(random: Random, *, entry: float, hit: bool) -> float:
    """Peak over entry."""
    if not hit:
        return from_table(figures.MULTIPLE_BELOW_2, random.random())
    ceiling = max(figures.PEAK_MCAP_LIMIT / entry, 2.0)
    return min(from_table(figures.MULTIPLE_FROM_2, random.random()), ceiling)


def draw_seconds_to_peak(random: Random, multiple: float) -> float:
    """From the call to the peak; higher peaks take longer."""
    table = next(t for below, t in figures.MINUTES_TO_PEAK if multiple < below)
    return 60 * from_table(table, random.random())


def draw_close(random: Random, *, multiple: float) -> float:
    """Price a day after the call, over the entry (prior: most give back most of it)."""
    if multiple < 2:
        return random.uniform(0.08, 0.85) if random.random() < 0.82 else random.uniform(1.0, 1.0 + (multiple - 1) * 0.9)
    return max(0.1, multiple * math.pow(random.uniform(0.04, 0.7), 1.3))


def _before_the_call(random: Random, entry: float, age: float) -> list[tuple[float, float]]:
    start = min(figures.LAUNCH_MCAP, entry * 0.6) if age < DAY else entry * random.uniform(0.1, 0.9)
    points = [(0.0, start)]
    if age > 60:
        points.append((age * random.uniform(0.4, 0.9), entry * random.uniform(0.7, 1.35)))
    return points


def _after(
    random: Random, entry: float, peak: float, *, start: float, end: float, rugged: bool
) -> list[tuple[float, float]]:
    if rugged:
        return [(end + DAY, entry * random.uniform(0.003, 0.01))]
    close = min(draw_close(random, multiple=peak / entry) * entry, peak * 0.95)
    points = []
    if end - start > 1_800:
        fallen = math.sqrt(peak * close) * random.uniform(0.7, 1.1)
        points.append((start + (end - start) * random.uniform(0.05, 0.4), min(fallen, peak * 0.93)))
    points.append((max(end, start + 60), close))
    points.append((end + DAY, close * random.uniform(0.3, 1.0)))
    return points
