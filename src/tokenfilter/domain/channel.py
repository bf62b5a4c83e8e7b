"""A channel's statistics as values, and which of several lines counts as of an instant."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.market import METRICS, Scope
from tokenfilter.domain.numbers import rounded

Z_95 = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""

CHANNEL_METRICS = tuple(m.name for m in METRICS.values() if m.scope is Scope.CHANNEL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStats:
    """Statistics of a channel that hold from `as_of` on; `values` by metric name, absent is unknown."""

    channel: ChannelId
    as_of: datetime
    values: Mapping[str, Decimal]

    def value(self, metric: str) -> Decimal | None:
        """The statistic, derived where the catalogue says so."""
        return win_lower_bound(self.values) if metric == "winlow" else self.values.get(metric)

    def missing(self) -> frozenset[str]:
        """The statistics that are unknown."""
        return frozenset(metric for metric in CHANNEL_METRICS if self.value(metric) is None)


def latest_as_of(lines: Iterable[ChannelStats], at: datetime) -> ChannelStats | None:
    """The line with the greatest `as_of` not after `at`, whatever the order of lines; never a look ahead."""
    return max((line for line in lines if line.as_of <= at), key=lambda line: line.as_of, default=None)


def wilson(successes: float, total: float) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927), both bounds in 0..1; `total` must be positive."""
    share = successes / total
    spread = Z_95 * math.sqrt(share * (1 - share) / total + Z_95**2 / (4 * total**2))
    middle = share + Z_95**2 / (2 * total)
    scale = 1 + Z_95**2 / total
    low = (middle - spread) / scale if successes else 0.0  # exactly, where float arithmetic leaves a trace
    return max(0.0, low), min(1.0, (middle + spread) / scale)


def win_lower_bound(values: Mapping[str, Decimal]) -> Decimal | None:
    """Lower end of the win rate's 95 % interval in percent.

    None without a win rate or a record of at least one call.
    """
    win, record = values.get("win"), values.get("record")
    return None if win is None or record is None else _lower_bound(win, record)


@lru_cache(maxsize=16_384)
def _lower_bound(win: Decimal, record: Decimal) -> Decimal | None:
    if record < 1 or not 0 <= win <= 100:
        return None
    low, _ = wilson(float(win) / 100 * float(record), float(record))
    return rounded(Decimal(repr(low)) * 100)
