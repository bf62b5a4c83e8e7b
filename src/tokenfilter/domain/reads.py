"""What judging by one filter reads of an event: who looks at thousands of them decodes nothing else (R51)."""

from dataclasses import dataclass

from tokenfilter.domain.filter import Filter
from tokenfilter.domain.market import METRICS, Source

_OF_DERIVED = frozenset({"fdv", "mcap", "liq"})
"""What evidence.py derives others from: whether those are known is read of every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Metrics that feeds tell and flags, by name. What a token is, its calls and their statistics are always read."""

    metrics: frozenset[str]
    flags: frozenset[str]


def reads_of(wanted: Filter) -> Reads:
    """What judging by a filter reads, dedup included."""
    asked = {bound.metric for criteria in wanted.any_of for bound in criteria.ranges}
    return Reads(
        metrics=_OF_DERIVED | {name for name in asked if METRICS[name].source is Source.FEED},
        flags=frozenset(flag.flag for criteria in wanted.any_of for flag in criteria.flags),
    )
