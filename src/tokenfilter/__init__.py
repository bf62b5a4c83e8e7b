"""Watches token calls and tells exactly those whom they concern.

The names here are stable (semantic versioning); everything else in the package may change.
"""

from collections.abc import Mapping

from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import Matched, Refused, Verdict
from tokenfilter.domain.matching import judge as _judge

__all__ = [
    "ChannelStats",
    "Event",
    "Filter",
    "Matched",
    "Refused",
    "Verdict",
    "format_filter",
    "judge",
    "parse_filter",
]


def judge(
    wanted: Filter,
    event: Event,
    stats: Mapping[ChannelId, ChannelStats],
    fresh: frozenset[ChannelId] | None = None,
) -> Verdict:
    """Judge an event by a filter, with the calls the event itself names and the callers' statistics.

    The same function judges live, in previews and in backtests. `fresh` is for re-checks of a refused token.
    """
    calls = merge_calls((), event.heard.calls, at=event.at)
    return _judge(wanted, gather(event, calls, stats), fresh=fresh)
