"""What an earlier judgement still settles for one destination, and what is fresh (R5-R7).

Judging itself is in matching.py; how the records of all destinations are kept together is in cohorts.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId

ACCEPTED_FOR = timedelta(days=14)
REJECTED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The destination was told of the token at `at`."""

    at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether 14 days have passed."""
        return now >= self.at + ACCEPTED_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The token was refused, last at `at`, having been called by `checked` (each channel with its latest call).

    `missing` are the metrics and flags that were unknown then, `missing_stats` each channel's unknown statistics.
    """

    at: datetime
    checked: Mapping[ChannelId, datetime] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    missing_stats: Mapping[ChannelId, frozenset[str]] = field(default_factory=dict)

    def is_over(self, now: datetime) -> bool:
        """Whether an hour has passed since the last judgement."""
        return now >= self.at + REJECTED_FOR


Record = Accepted | Rejected


class SkipReason(StrEnum):
    """Why an event is not worth judging for a destination."""

    ALREADY_ACCEPTED = "already accepted"
    NOTHING_FRESH = "nothing fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Nothing to judge."""

    reason: SkipReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judge; with `fresh` set, only what those channels bring may turn the refusal around."""

    fresh: frozenset[ChannelId] | None


def next_step(record: Record | None, evidence: Evidence) -> Skip | Judge:
    """Say whether an event is still worth judging for a destination, and which channels count as fresh."""
    match record:
        case Accepted() if not record.is_over(evidence.at):
            return Skip(reason=SkipReason.ALREADY_ACCEPTED)
        case Rejected() if not record.is_over(evidence.at):
            if _has_become_known(record, evidence):
                return Judge(fresh=None)
            fresh = frozenset(c.channel for c in evidence.calls if _is_fresh(record, c.channel, c.last_at))
            return Judge(fresh=fresh) if fresh else Skip(reason=SkipReason.NOTHING_FRESH)
        case _:
            return Judge(fresh=None)


def after_refusal(record: Record | None, evidence: Evidence) -> Rejected:
    """The record once the judgement that `next_step` asked for has refused the event."""
    checked = {c.channel: c.last_at for c in evidence.calls}
    if isinstance(record, Rejected) and not record.is_over(evidence.at):
        checked = {**record.checked, **checked}
    return Rejected(
        at=_later(record, evidence.at),
        checked=checked,
        missing=evidence.missing,
        missing_stats=evidence.missing_stats,
    )


def after_match(record: Record | None, evidence: Evidence) -> Accepted:
    """The record once a judgement has accepted the event."""
    return Accepted(at=_later(record, evidence.at))


def _is_fresh(record: Rejected, channel: ChannelId, called_at: datetime) -> bool:
    known = record.checked.get(channel)
    return known is None or called_at > known


def _has_become_known(record: Rejected, evidence: Evidence) -> bool:
    if not record.missing <= evidence.missing:
        return True
    return any(
        evidence.statistic(channel, metric) is not None
        for channel, metrics in record.missing_stats.items()
        for metric in metrics
    )


def _later(record: Record | None, at: datetime) -> datetime:
    """A record's time never goes back, however late an event comes; a record that is over no longer counts."""
    return max(record.at, at) if record and not record.is_over(at) else at
