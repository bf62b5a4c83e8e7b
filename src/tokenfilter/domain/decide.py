"""Who is told of an event, and what the token's records become: the heart of the program.

Pure: the records, the statistics and the index are given, the decision is returned. The index answers which routes want
the event, for each cohort that must judge; where most routes are not concerned it is not asked about them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, overload

from tokenfilter.domain.acceptances import Acceptances, Key, key_of
from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.cohorts import Cohort, Exempt, TokenRecords, intervals, joined, run_out, still_exempt
from tokenfilter.domain.dedup import ACCEPTED_FOR, Judge, Record, Skip, after_match, after_refusal, next_step
from tokenfilter.domain.event import Event
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.ids import ChannelId, Destination
from tokenfilter.domain.subscriber import Route
from tokenfilter.domain.wanting import Wanting

Fresh = frozenset[ChannelId] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Sequence numbers: `above < number <= upto`."""

    above: int
    upto: int

    def __contains__(self, number: int) -> bool:
        return self.above < number <= self.upto


class Index(Protocol):
    """What deciding asks of ports/filter_index.py."""

    def matches(
        self, evidence: Evidence, *, fresh: Fresh = None, only_always: bool = False, since: Interval | None = None
    ) -> Wanting:
        """The routes whose filter wants the event; with `since` those to destinations whose last change lies in it.

        Each time the same objects.
        """

    def since(self, destination: Destination) -> int:
        """The sequence number of the last change to anything routed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A destination that is told, and every route of its that matched."""

    destination: Destination
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Winners(Sequence[Told]):
    """Everybody who is told. There may be thousands, so a `Told` is made when somebody asks for it.

    `first` holds by destination one route that matched, `others` the rest of them, where there are more.
    """

    first: Mapping[Key, Route] = field(default_factory=dict)
    others: Mapping[Key, tuple[Route, ...]] = field(default_factory=dict)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Those of all of them."""
        return tuple([route.destination for route in self.first.values()])

    def __len__(self) -> int:
        return len(self.first)

    def __iter__(self) -> Iterator[Told]:
        won = ((one, self.others.get(key, ())) for key, one in self.first.items())
        return (Told(destination=one.destination, routes=(one, *others)) for one, others in won)

    @overload
    def __getitem__(self, index: int) -> Told: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Told]: ...
    def __getitem__(self, index: int | slice) -> Told | Sequence[Told]:
        return tuple(self)[index]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who is told and what is remembered. `judged` says whether anything was worth judging at all."""

    evidence: Evidence
    told: Winners
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
    """One decision in the making: what has been won so far, by which routes, and when it counts as told."""

    def __init__(self, evidence: Evidence, records: TokenRecords, index: Index) -> None:
        self._evidence = evidence
        self._before = records
        self._index = index
        self._accepted, self._exceptions = _holding(records, evidence.at)
        self._won: dict[Key, Route] = {}
        self._others: dict[Key, tuple[Route, ...]] = {}
        self._won_at: dict[Key, datetime] = {}
        self._judged = False

    def decision(self) -> Decision:
        always = self._index.matches(self._evidence, only_always=True)
        self._judge_exceptions()
        cohorts = self._judge_cohorts()
        self._win_always(always)
        exceptions = self._left_exempt()
        return self._decided(cohorts, still_exempt(exceptions, cohorts, self._index.since))

    def only_always(self) -> Decision:
        self._win_always(self._index.matches(self._evidence, only_always=True))
        return self._decided(self._before.cohorts, self._left_exempt())

    def _judge_exceptions(self) -> None:
        seq = self._evidence.event.settings_seq
        answers: dict[tuple[Fresh, int], dict[Destination, list[Route]]] = {}
        for destination, exempt in list(self._exceptions.items()):
            since = self._index.since(destination)
            if exempt.record is not None and since > exempt.seq:
                del self._exceptions[destination]  # something routed there changed: the cohorts cover it again
                continue
            step = next_step(exempt.record, self._evidence)
            if not isinstance(step, Judge):
                continue
            self._judged = True
            if (step.fresh, since) not in answers:
                interval = Interval(above=since - 1, upto=since)
                answers[step.fresh, since] = _by_destination(self._wanting(step.fresh, interval))
            wanted = answers[step.fresh, since].get(destination)
            if wanted:
                self._win(wanted, exempt.record)
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
                wanting = self._wanting(step.fresh, Interval(above=above, upto=upto))
                self._win(self._covered(wanting), record)
            keeps = record if isinstance(step, Skip) else None
            cohorts.append(Cohort(upto=upto, record=keeps or after_refusal(record, self._evidence)))
        return joined(cohorts)

    def _covered(self, wanting: Wanting) -> Sequence[Route]:
        """Those to destinations whose record is their cohort's. Of the others nearly all were told before."""
        routes = wanting.untold(self._accepted)
        if not self._exceptions and not self._won:
            return routes
        others = {*map(key_of, self._exceptions), *self._won}
        return [route for route in routes if key_of(route.destination) not in others]

    def _wanting(self, fresh: Fresh, since: Interval) -> Wanting:
        return self._index.matches(self._evidence, fresh=fresh, since=since)

    def _win_always(self, wanting: Wanting) -> None:
        """Let these win too, but for those that have: an index answers with the same routes each time."""
        for route in wanting.untold(self._accepted):
            key = key_of(route.destination)
            won = self._won.get(key)
            if won is None:
                since = self._index.since(route.destination)
                self._win([route], self._before.record(route.destination, since=since, now=self._evidence.at))
            elif won is not route and all(other is not route for other in self._others.get(key, ())):
                self._others[key] = (*self._others.get(key, ()), route)

    def _win(self, routes: Sequence[Route], record: Record | None) -> None:
        """Let routes win to destinations that have not won yet: thousands, of which few have more than one."""
        won: dict[Key, Route] = {to.chat if (to := r.destination).thread is None else to: r for r in reversed(routes)}
        self._won.update(won)
        self._won_at.update(dict.fromkeys(won, after_match(record, self._evidence).at))
        if len(won) < len(routes):
            for route in routes:
                key = key_of(route.destination)
                if won[key] is not route:
                    self._others[key] = (*self._others.get(key, ()), route)

    def _left_exempt(self) -> dict[Destination, Exempt]:
        return {d: e for d, e in self._exceptions.items() if key_of(d) not in self._won}

    def _decided(self, cohorts: tuple[Cohort, ...], exceptions: dict[Destination, Exempt]) -> Decision:
        after = TokenRecords(
            accepted=self._accepted.with_those(self._won_at),
            cohorts=cohorts,
            exceptions=exceptions,
            calls=self._evidence.calls,
            seen_at=self._evidence.at,
            version=self._before.version,
        )
        return Decision(
            evidence=self._evidence,
            told=Winners(self._won, self._others),
            records=after,
            changed=bool(self._won) or self._judged or self._evidence.calls != self._before.calls,
            judged=self._judged or bool(self._won),
        )


def _by_destination(routes: Sequence[Route]) -> dict[Destination, list[Route]]:
    wanted: dict[Destination, list[Route]] = {}
    for route in routes:
        wanted.setdefault(route.destination, []).append(route)
    return wanted


def _holding(records: TokenRecords, now: datetime) -> tuple[Acceptances, dict[Destination, Exempt]]:
    """As `run_out`; where nothing has, which is nearly always, thousands of acceptances need not be copied."""
    accepted = Acceptances.of(records.accepted)
    earliest = accepted.earliest()
    if earliest is not None and now >= earliest + ACCEPTED_FOR:
        holding, exempt = run_out(records, now)
        return Acceptances(holding), exempt
    return accepted, dict(records.exceptions)
