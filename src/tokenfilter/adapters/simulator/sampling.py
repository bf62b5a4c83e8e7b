"""Drawing from the tables of figures.py, and numbers as the domain wants them."""

import math
from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from random import Random

from tokenfilter.adapters.simulator.figures import Table


def from_table(table: Table, share: float) -> float:
    """The value below which `share` (0..1) of the cases lie, log-linear between the rows."""
    right = min(max(bisect_right(table, (share, math.inf)), 1), len(table) - 1)
    (low_share, low), (high_share, high) = table[right - 1], table[right]
    part = (share - low_share) / (high_share - low_share)
    return math.exp(math.log(low) + (math.log(high) - math.log(low)) * part)


def between(random: Random, bounds: tuple[float, float]) -> float:
    """A number evenly between two."""
    return random.uniform(*bounds)


def number(value: float) -> Decimal:
    """A Decimal of six significant digits."""
    return Decimal(f"{value:.6g}")


def usd(value: float) -> Decimal:
    """Money: whole dollars, but for small change."""
    return Decimal(round(value)) if value >= 1_000 else number(value)


def whole(value: float) -> Decimal:
    """A count."""
    return Decimal(int(value))


def percent(value: float) -> Decimal:
    """Percent with one decimal."""
    return _tenths(round(value * 10))


@lru_cache(maxsize=8_192)
def _tenths(count: int) -> Decimal:
    return Decimal(count).scaleb(-1)


def median(values: Iterable[float]) -> float:
    """The middle value; of an even number the upper middle one."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
