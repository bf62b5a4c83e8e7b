"""Evidence read for judging by one filter: from the parts in which it is stored, and no more of it than that takes.

What judging does not read is left out, or is not as it was. Flags and statistics are the same again and again: the
newest are remembered by their spelling.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard
from tokenfilter.domain.evidence import FLAG_KEYS, Evidence, gather
from tokenfilter.domain.ids import ChannelId, EventId
from tokenfilter.domain.plain.event import call_from_plain, facts_from_plain, stats_from_plain
from tokenfilter.domain.plain.evidence import kept_from_plain
from tokenfilter.domain.plain.fields import list_of, not_stored, object_of, truth
from tokenfilter.domain.plain.measures import numbers
from tokenfilter.domain.plain.names import token_of
from tokenfilter.domain.plain.text import loads
from tokenfilter.domain.reads import Reads

_IN_REST = 4


class Parts(NamedTuple):
    """Stored evidence: the event's instant, token and id, and as JSON what comes again in others, and what does not.

    `rest` is a list: market, facts, the calls that the event tells, and the calls that are kept.
    """

    at: datetime
    token: str
    event: str
    flags: str
    stats: str
    rest: str


class _Stats(NamedTuple):
    """Statistics by channel, and what is unknown of each."""

    lines: Mapping[ChannelId, ChannelStats]
    missing: Mapping[ChannelId, frozenset[str]]


def evidence_read(parts: Parts, reads: Reads) -> Evidence:
    """Evidence of which dedup, and judging by a filter with these `reads`, say what they say of the whole.

    Raises:
        NotStoredFormError: a part that is read is not of the form.
    """
    rest = list_of(loads(parts.rest), "evidence")
    if len(rest) != _IN_REST:
        raise not_stored("evidence", "market, facts and calls", None)
    market, flags, stats = object_of(rest[0], "market"), _flags(parts.flags), _stats(parts.stats)
    said = tuple([call_from_plain(call) for call in list_of(rest[2], "calls")])
    heard = Heard(
        token=token_of(parts.token, "token"),
        observed_at=parts.at,
        id=EventId(parts.event),
        facts=facts_from_plain(object_of(rest[1], "facts")),
        market=numbers({"market": {name: market[name] for name in reads.metrics if name in market}}, "market"),
        flags={name: flags[name] for name in reads.flags if name in flags},
        calls=said,
    )
    event = Event(heard=heard, at=parts.at, settings_seq=0, received_at=parts.at)
    calls = tuple([kept_from_plain(kept, said) for kept in list_of(rest[3], "calls")])
    found = gather(event, calls, {})  # as if no statistics were known: what is unknown of each is remembered
    missing_stats = {of: stats.missing.get(of, every) for of, every in found.missing_stats.items()}
    return Evidence(
        event=event,
        calls=calls,
        stats=stats.lines,
        values=found.values,
        missing=found.missing.difference(market, [FLAG_KEYS[name] for name in flags]),
        missing_stats={channel: names for channel, names in missing_stats.items() if names},
    )


@lru_cache(maxsize=1_024)
def _flags(spelt: str) -> Mapping[str, bool]:
    flags = object_of(loads(spelt), "flags")
    return {name: truth(flags, name) for name in flags if name in FLAG_KEYS}


@lru_cache(maxsize=4_096)
def _stats(spelt: str) -> _Stats:
    lines = {one.channel: one for one in map(stats_from_plain, list_of(loads(spelt), "stats"))}
    return _Stats(lines, {channel: one.missing() for channel, one in lines.items()})
