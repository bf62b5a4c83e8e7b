"""The dedup records of one token for all destinations, kept together and exactly.

Most destinations refuse a token at the same event for the same reasons, so one rejected record serves all of them: a
*cohort*. Every destination carries `since`, the sequence number of the last change to anything routed to it; a cohort
stands for the destinations whose `since` lies in its interval. Acceptances are kept one by one; so are the few
destinations whose acceptance ran out inside a live cohort (`exceptions`). tests/unit/domain/test_cohorts.py holds this
equal to one record per (token, destination) under dedup.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tokenfilter.domain.call import CALLS_KEPT_FOR, KeptCall
from tokenfilter.domain.dedup import ACCEPTED_FOR, Accepted, Record, Rejected
from tokenfilter.domain.ids import Destination

BEFORE_ALL = -1
"""Below every sequence number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """The rejected record of the destinations with `previous cohort's upto < since <= upto`."""

    upto: int
    record: Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """A destination's own record (None: none), valid while its `since` is not above `seq`."""

    record: Rejected | None
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecords:
    """Everything remembered of a token; `version` is raised by the store at each write.

    `seen_at` is the latest instant any of it was decided at.
    """

    accepted: Mapping[Destination, datetime] = field(default_factory=dict)
    cohorts: tuple[Cohort, ...] = ()
    exceptions: Mapping[Destination, Exempt] = field(default_factory=dict)
    calls: tuple[KeptCall, ...] = ()
    seen_at: datetime | None = None
    version: int = 0

    def record(self, destination: Destination, *, since: int, now: datetime) -> Record | None:
        """What holds for one destination as of `now`: the requirement's record (R7); None if none, or it is over."""
        accepted_at = self.accepted.get(destination)
        if accepted_at is not None and now < accepted_at + ACCEPTED_FOR:
            return Accepted(at=accepted_at)
        exempt = self.exceptions.get(destination)
        if exempt and (exempt.record is None or since <= exempt.seq):
            found = exempt.record
        elif accepted_at is not None:
            found = None
        else:
            found = next((c.record for c in self.cohorts if since <= c.upto), None)
        return found if found and not found.is_over(now) else None

    def is_forgettable(self, now: datetime) -> bool:
        """Whether nothing here can change a later decision."""
        records = (*(c.record for c in self.cohorts), *(e.record for e in self.exceptions.values() if e.record))
        accepted = all(now >= at + ACCEPTED_FOR for at in self.accepted.values())
        return accepted and not self.calls_alive(now) and all(r.is_over(now) for r in records)

    def calls_alive(self, now: datetime) -> bool:
        """Whether a kept call is still young enough to count."""
        return any(now < c.last_at + CALLS_KEPT_FOR for c in self.calls)


def intervals(cohorts: Iterable[Cohort], seq: int) -> Iterator[tuple[int, int, Rejected | None]]:
    """Each cohort as (above, upto, record), then whoever changed since the last one as a cohort without a record."""
    above = BEFORE_ALL
    for cohort in cohorts:
        yield above, cohort.upto, cohort.record
        above = cohort.upto
    if seq > above:
        yield above, seq, None


def joined(cohorts: Iterable[Cohort]) -> tuple[Cohort, ...]:
    """Neighbours with equal records become one."""
    kept: list[Cohort] = []
    for cohort in cohorts:
        if kept and kept[-1].record == cohort.record:
            kept.pop()
        kept.append(cohort)
    return tuple(kept)


def run_out(records: TokenRecords, now: datetime) -> tuple[dict[Destination, datetime], dict[Destination, Exempt]]:
    """Acceptances that still hold, and the exceptions with those added whose acceptance is over."""
    holding = {d: at for d, at in records.accepted.items() if now < at + ACCEPTED_FOR}
    over = {d: Exempt(record=None, seq=BEFORE_ALL) for d in records.accepted if d not in holding}
    return holding, {**records.exceptions, **over}


def still_exempt(
    exceptions: Mapping[Destination, Exempt], cohorts: tuple[Cohort, ...], since: Callable[[Destination], int]
) -> dict[Destination, Exempt]:
    """Without the exceptions that say what the destination's cohort says anyway."""

    def differs(destination: Destination, exempt: Exempt) -> bool:
        cohort = next((c for c in cohorts if since(destination) <= c.upto), None)
        return (cohort.record if cohort else None) != exempt.record

    return {d: e for d, e in exceptions.items() if differs(d, e)}


def united(one: TokenRecords, other: TokenRecords) -> TokenRecords:
    """What two survivors remember of a token: accepted in either is accepted; of all else the one seen last counts."""
    last, first = (one, other) if _seen(one) >= _seen(other) else (other, one)
    accepted = {**first.accepted, **last.accepted}
    for destination, at in first.accepted.items():
        accepted[destination] = max(at, accepted[destination])
    exceptions = {d: e for d, e in last.exceptions.items() if d not in accepted}
    return replace(last, accepted=accepted, exceptions=exceptions)


def without(records: TokenRecords, destinations: frozenset[Destination]) -> TokenRecords:
    """The records as if these destinations had never been told of the token."""
    return replace(
        records,
        accepted={d: at for d, at in records.accepted.items() if d not in destinations},
        exceptions={d: e for d, e in records.exceptions.items() if d not in destinations},
    )


def _seen(records: TokenRecords) -> datetime:
    return records.seen_at or datetime.min.replace(tzinfo=UTC)
