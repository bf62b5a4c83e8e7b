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
    shares, logs = _columns(table)
    right = min(bisect_right(shares, share), len(shares) - 1)
    low, high = logs[right - 1], logs[right]
    part = (share - shares[right - 1]) / (shares[right] - shares[right - 1])
    return math.exp(low + (high - low) * part)


@lru_cache
def _columns(table: Table) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(share for share, _ in table), tuple(math.log(value) for _, value in table)


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
