"""Who is told of an event, and what the token's records become: the heart of the program.

Pure: the records, the statistics and the index are given, the decision is returned. The index answers which routes want
the event; it is asked at most once for each distinct set of fresh channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.cohorts import Cohort, Exempt, TokenRecords, intervals, joined, run_out, still_exempt
from tokenfilter.domain.dedup import Judge, Record, Skip, after_match, after_refusal, next_step
from tokenfilter.domain.event import Event
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.ids import ChannelId, Destination
from tokenfilter.domain.subscriber import Route

Fresh = frozenset[ChannelId] | None


class Index(Protocol):
    """What deciding asks of ports/filter_index.py."""

    def matches(self, evidence: Evidence, *, fresh: Fresh = None, only_always: bool = False) -> Sequence[Route]:
        """The routes whose filter wants the event."""

    def since(self, destination: Destination) -> int:
        """The sequence number of the last change to anything routed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A destination that is told, and every route of its that matched."""

    destination: Destination
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who is told and what is remembered. `judged` says whether anything was worth judging at all."""

    evidence: Evidence
    told: tuple[Told, ...]
    records: TokenRecords
    changed: bool
    judged: bool


def decide(event: Event, records: TokenRecords, stats: Mapping[ChannelId, ChannelStats], index: Index) -> Decision:
    """Judge an event for every destination that has not settled it yet."""
    event = not_before(event, records)
    evidence = gather(event, merge_calls(records.calls, event.heard.calls, at=event.at), stats)
    return _Deciding(evidence, records, index).decision()


def not_before(event: Event, records: TokenRecords) -> Event:
    """The event as of no earlier an instant than the token's last decision: for a token, time never goes back.

    Else an event that comes late could be judged as of before an acceptance ran out, and the token be told twice.
    """
    seen_at = records.seen_at
    return event if seen_at is None or event.at >= seen_at else replace(event, at=seen_at)


def decide_price(evidence: Evidence, records: TokenRecords, index: Index) -> Decision:
    """Judge a price for `recheck always` filters only; a refusal writes nothing."""
    return _Deciding(evidence, records, index).only_always()


class _Deciding:
    """One decision in the making: what has been won so far and what the index has answered."""

    def __init__(self, evidence: Evidence, records: TokenRecords, index: Index) -> None:
        self._evidence = evidence
        self._before = records
        self._index = index
        self._accepted, self._exceptions = run_out(records, evidence.at)
        self._won: dict[Destination, dict[Route, None]] = {}
        self._answers: dict[Fresh, dict[Destination, list[Route]]] = {}
        self._judged = False

    def decision(self) -> Decision:
        always = self._index.matches(self._evidence, only_always=True)
        self._judge_exceptions()
        cohorts = self._judge_cohorts()
        for route in always:
            self._win_always(route)
        exceptions = {d: e for d, e in self._exceptions.items() if d not in self._won}
        return self._decided(cohorts, still_exempt(exceptions, cohorts, self._index.since))

    def only_always(self) -> Decision:
        for route in self._index.matches(self._evidence, only_always=True):
            self._win_always(route)
        exceptions = {d: e for d, e in self._exceptions.items() if d not in self._won}
        return self._decided(self._before.cohorts, exceptions)

    def _judge_exceptions(self) -> None:
        seq = self._evidence.event.settings_seq
        for destination, exempt in list(self._exceptions.items()):
            since = self._index.since(destination)
            if exempt.record is not None and since > exempt.seq:
                del self._exceptions[destination]  # something routed there changed: the cohorts cover it again
                continue
            step = next_step(exempt.record, self._evidence)
            if not isinstance(step, Judge):
                continue
            self._judged = True
            wanted = self._wanting(step.fresh).get(destination)
            if wanted:
                self._win(destination, wanted, exempt.record)
            else:
                kept_seq = seq if step.fresh is None else exempt.seq
                refused = after_refusal(exempt.record, self._evidence)
                self._exceptions[destination] = Exempt(record=refused, seq=max(kept_seq, since))

    def _judge_cohorts(self) -> tuple[Cohort, ...]:
        cohorts = []
        for above, upto, record in intervals(self._before.cohorts, self._evidence.event.settings_seq):
            step = next_step(record, self._evidence)
            if isinstance(step, Judge):
                self._judged = True
                for destination, wanted in self._wanting(step.fresh).items():
                    if above < self._index.since(destination) <= upto and self._is_covered(destination):
                        self._win(destination, wanted, record)
            keeps = record if isinstance(step, Skip) else None
            cohorts.append(Cohort(upto=upto, record=keeps or after_refusal(record, self._evidence)))
        return joined(cohorts)

    def _is_covered(self, destination: Destination) -> bool:
        """Whether the destination's record is its cohort's."""
        return not (destination in self._accepted or destination in self._exceptions or destination in self._won)

    def _wanting(self, fresh: Fresh) -> dict[Destination, list[Route]]:
        if fresh not in self._answers:
            by_destination: dict[Destination, list[Route]] = {}
            for route in self._index.matches(self._evidence, fresh=fresh):
                by_destination.setdefault(route.destination, []).append(route)
            self._answers[fresh] = by_destination
        return self._answers[fresh]

    def _win_always(self, route: Route) -> None:
        destination = route.destination
        if destination in self._accepted and destination not in self._won:
            return
        since = self._index.since(destination)
        record = self._before.record(destination, since=since, now=self._evidence.at)
        self._win(destination, [route], record)

    def _win(self, destination: Destination, wanted: Sequence[Route], record: Record | None) -> None:
        self._won.setdefault(destination, {}).update(dict.fromkeys(wanted))
        self._accepted[destination] = after_match(record, self._evidence).at

    def _decided(self, cohorts: tuple[Cohort, ...], exceptions: dict[Destination, Exempt]) -> Decision:
        told = tuple(Told(destination=d, routes=tuple(rs)) for d, rs in self._won.items())
        after = TokenRecords(
            accepted=self._accepted,
            cohorts=cohorts,
            exceptions=exceptions,
            calls=self._evidence.calls,
            seen_at=self._evidence.at,
            version=self._before.version,
        )
        return Decision(
            evidence=self._evidence,
            told=told,
            records=after,
            changed=bool(told) or self._judged or self._evidence.calls != self._before.calls,
            judged=self._judged or bool(told),
        )
