"""The past in this process's memory: the last days, bounded. What it gives back of persons is in archive.py."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import (
    ActivitySeen,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    Outcome,
    PersonForgotten,
    PriceSeen,
    StatsHeard,
    SubscriberSaved,
    peak_since,
)
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, EventId, Token
from tokenfilter.domain.notification import alert_id
from tokenfilter.ports.history import History, Span

KEPT_FOR = timedelta(days=2)
_EVENTS_KEPT = 200_000
_SLICE = 1_000
_DELIVERIES_KEPT = 100_000
_TOKENS_KEPT = 100_000
"""Those heard of last; many have prices alone."""

_SUBSCRIBERS_KEPT = 100_000
_ACTIVITY_KEPT = 100_000
_STATS_KEPT = 100_000
_LEAST_START = 4
"""Fewer letters of an address say nothing: every one of them starts many."""


@dataclass(slots=True)
class _Past:
    """What is kept of one token."""

    events: deque[Evidence] = field(default_factory=lambda: deque(maxlen=50))
    prices: dict[datetime, list[PriceSeen]] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """What is known of one notification: as of when an alert was queued, how it ended, or both."""

    token: Token | None
    destination: Destination
    event: EventId | None
    told_at: datetime | None = None
    end: DeliverySettled | None = None

    @property
    def since(self) -> datetime | None:
        """As of when somebody counts as told; an alert whose event is not known yet, since it ended."""
        return self.told_at or (self.end.at if self.end else None)


class MemoryHistory(History):
    """Judged events in order, per token its newest events and its prices, and what is kept of persons."""

    def __init__(self) -> None:
        self._events: OrderedDict[tuple[EventId, datetime], Evidence] = OrderedDict()
        self._tokens: OrderedDict[Token, _Past] = OrderedDict()
        self._deliveries: OrderedDict[tuple[Token | None, Destination], DeliverySettled] = OrderedDict()
        self.told: OrderedDict[tuple[str, EventId | None], Told] = OrderedDict()
        self.stats: OrderedDict[tuple[ChannelId, datetime], ChannelStats] = OrderedDict()
        self.saved: OrderedDict[ChatId, SubscriberSaved] = OrderedDict()
        self.activity: OrderedDict[ActivitySeen, None] = OrderedDict()

    @property
    def events(self) -> Sequence[Evidence]:
        """The judged events in order."""
        return list(self._events.values())

    async def record(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            match entry:
                case EventSettled():
                    self._record_event(entry)
                case PriceSeen():
                    self._record_price(entry)
                case DeliverySettled():
                    self._record_delivery(entry)
                case StatsHeard(stats=stats):
                    self.stats[stats.channel, stats.as_of] = stats
                case SubscriberSaved():
                    self._record_subscriber(entry)
                case ActivitySeen():
                    self.activity[entry] = None
                case PersonForgotten():
                    self._forget_person(entry)
        self._forget()

    async def judged(self, since: datetime, until: datetime) -> AsyncIterator[Evidence]:
        for number, evidence in enumerate(self.events, start=1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)  # two days of events must not hold up an alert
            if since <= evidence.at < until:
                yield evidence

    async def span(self, since: datetime, until: datetime) -> Span:
        instants = [evidence.at async for evidence in self.judged(since, until)]
        return Span(events=len(instants), first_at=min(instants, default=None), last_at=max(instants, default=None))

    def judged_by(
        self,
        wanted: Filter,  # noqa: ARG002 - all of it is at hand
        since: datetime,
        until: datetime,
        *,
        told: Set[Token] = frozenset(),  # noqa: ARG002 - as above
    ) -> AsyncIterator[Evidence]:
        return self.judged(since, until)

    async def judged_of(self, token: Token, limit: int) -> Sequence[Evidence]:
        past = self._tokens.get(token)
        return list(reversed(past.events))[:limit] if past else []

    async def find_tokens(self, text: str, limit: int) -> Sequence[Token]:
        wanted = text.strip().removeprefix("$")
        if not wanted:
            return []
        start = wanted.lower() if wanted[:2].lower() == "0x" else wanted
        exact = [t for t in reversed(self._tokens) if t.address == start]
        return exact[:limit] or [t for t in reversed(self._tokens) if self._is_meant(t, start)][:limit]

    async def delivery(self, token: Token, destination: Destination) -> DeliverySettled | None:
        return self._deliveries.get((token, destination))

    async def outcome(self, evidence: Evidence) -> Outcome | None:
        past = self._tokens.get(evidence.event.token)
        return peak_since(evidence, chain.from_iterable(past.prices.values())) if past else None

    def _record_event(self, entry: EventSettled) -> None:
        event = entry.evidence.event
        if (event.id, event.at) not in self._events:
            self._events[event.id, event.at] = entry.evidence
            self._past(event.token).events.append(entry.evidence)
        for to in entry.told:
            named = (alert_id(event.token, to), event.id)
            self.told.setdefault(named, Told(event.token, to, event.id)).told_at = event.at

    def _record_price(self, entry: PriceSeen) -> None:
        past = self._past(entry.token)
        if all(price != entry for price in past.prices.get(entry.observed_at, ())):
            past.prices.setdefault(entry.observed_at, []).append(entry)
        while (oldest := next(iter(past.prices))) < entry.observed_at - KEPT_FOR:
            del past.prices[oldest]

    def _record_delivery(self, entry: DeliverySettled) -> None:
        about = entry.token, entry.destination
        if _is_later(entry, self._deliveries.get(about)):
            self._deliveries[about] = entry
            self._deliveries.move_to_end(about)
        named = (entry.notification, entry.event)
        told = self.told.setdefault(named, Told(entry.token, entry.destination, entry.event))
        if _is_later(entry, told.end):
            told.end = entry

    def _record_subscriber(self, entry: SubscriberSaved) -> None:
        """The last change to what is judged stays the last if a later saving changed nothing of it."""
        chat = entry.subscriber.chat
        known = self.saved.get(chat)
        if known is None:
            self.saved[chat] = entry
        elif known.subscriber.version < entry.subscriber.version:
            self.saved[chat] = entry if entry.seq else replace(entry, seq=known.seq, renewed=known.renewed)
            self.saved.move_to_end(chat)

    def _forget_person(self, entry: PersonForgotten) -> None:
        """What came after is of another life; of an alert that is hard to say, so those of its first minutes go too."""
        chat, last = entry.chat, entry.at + CLOCK_SKEW_ALLOWED
        saved = self.saved.get(chat)
        if saved and saved.at <= entry.at:
            del self.saved[chat]
        for seen in [a for a in self.activity if a.chat == chat and a.at <= entry.at]:
            del self.activity[seen]
        theirs = {name: told for name, told in self.told.items() if told.destination.chat == chat}
        for name in [name for name, told in theirs.items() if told.since is None or told.since <= last]:
            del self.told[name]
        kept = {told.end for told in self.told.values() if told.end and told.destination.chat == chat}
        for about, end in list(self._deliveries.items()):
            if about[1].chat == chat and end not in kept:
                del self._deliveries[about]

    def _past(self, token: Token) -> _Past:
        past = self._tokens.setdefault(token, _Past())
        self._tokens.move_to_end(token)
        return past

    def _is_meant(self, token: Token, wanted: str) -> bool:
        address = token.address.startswith(wanted) and len(wanted) >= _LEAST_START
        symbols = {e.event.heard.facts.symbol for e in self._tokens[token].events}
        return address or any(s and s.strip().removeprefix("$").casefold() == wanted.casefold() for s in symbols)

    def _forget(self) -> None:
        bounds: tuple[tuple[OrderedDict[Any, Any], int], ...] = (
            (self._tokens, _TOKENS_KEPT),
            (self._deliveries, _DELIVERIES_KEPT),
            (self.told, _DELIVERIES_KEPT),
            (self.stats, _STATS_KEPT),
            (self.saved, _SUBSCRIBERS_KEPT),
            (self.activity, _ACTIVITY_KEPT),
        )
        for kept, most in bounds:
            while len(kept) > most:
                kept.popitem(last=False)
        if not self._events:
            return
        newest = next(reversed(self._events.values())).at
        while len(self._events) > _EVENTS_KEPT or next(iter(self._events.values())).at < newest - KEPT_FOR:
            _, oldest = self._events.popitem(last=False)
            past = self._tokens.get(oldest.event.token)
            if past and (not past.events or past.events[-1].at < newest - KEPT_FOR):
                self._tokens.pop(oldest.event.token)


def _is_later(end: DeliverySettled, kept: DeliverySettled | None) -> bool:
    return kept is None or kept.at < end.at
