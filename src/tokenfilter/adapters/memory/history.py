"""The past in this process's memory: the last days, bounded."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import DeliverySettled, EventSettled, JournalEntry, Outcome, PriceSeen, peak_since
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.ports.history import History

KEPT_FOR = timedelta(days=2)
_EVENTS_KEPT = 200_000
_SLICE = 1_000
_DELIVERIES_KEPT = 100_000
_TOKENS_KEPT = 100_000
"""Those heard of last; many have prices alone."""


@dataclass(slots=True)
class _Past:
    """What is kept of one token."""

    events: deque[Evidence] = field(default_factory=lambda: deque(maxlen=50))
    prices: dict[datetime, list[PriceSeen]] = field(default_factory=dict)


class MemoryHistory(History):
    """Judged events in order, and per token its newest events and its prices."""

    def __init__(self) -> None:
        self._events: OrderedDict[str, Evidence] = OrderedDict()
        self._tokens: OrderedDict[Token, _Past] = OrderedDict()
        self._deliveries: OrderedDict[tuple[Token | None, Destination], DeliverySettled] = OrderedDict()

    async def record(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            match entry:
                case EventSettled():
                    self._record_event(entry)
                case PriceSeen():
                    self._record_price(entry)
                case DeliverySettled():
                    self._record_delivery(entry)
        self._forget()

    async def judged(self, since: datetime, until: datetime) -> AsyncIterator[Evidence]:
        for number, evidence in enumerate(list(self._events.values()), start=1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)  # two days of events must not hold up an alert
            if since <= evidence.at < until:
                yield evidence

    async def judged_of(self, token: Token, limit: int) -> Sequence[Evidence]:
        past = self._tokens.get(token)
        return list(reversed(past.events))[:limit] if past else []

    async def find_tokens(self, text: str, limit: int) -> Sequence[Token]:
        wanted = text.strip().removeprefix("$")
        if not wanted:
            return []
        exact = [t for t in reversed(self._tokens) if t.address == wanted]
        return exact or [t for t in reversed(self._tokens) if self._is_meant(t, wanted)][:limit]

    async def delivery(self, token: Token, destination: Destination) -> DeliverySettled | None:
        return self._deliveries.get((token, destination))

    async def outcome(self, evidence: Evidence) -> Outcome | None:
        past = self._tokens.get(evidence.event.token)
        return peak_since(evidence, chain.from_iterable(past.prices.values())) if past else None

    def _record_event(self, entry: EventSettled) -> None:
        if entry.id not in self._events:
            self._events[entry.id] = entry.evidence
            self._past(entry.evidence.event.token).events.append(entry.evidence)

    def _record_price(self, entry: PriceSeen) -> None:
        past = self._past(entry.token)
        if all(price != entry for price in past.prices.get(entry.observed_at, ())):
            past.prices.setdefault(entry.observed_at, []).append(entry)
        while (oldest := next(iter(past.prices))) < entry.observed_at - KEPT_FOR:
            del past.prices[oldest]

    def _record_delivery(self, entry: DeliverySettled) -> None:
        about = entry.token, entry.destination
        kept = self._deliveries.get(about)
        if kept is None or kept.at <= entry.at:
            self._deliveries[about] = entry
            self._deliveries.move_to_end(about)

    def _past(self, token: Token) -> _Past:
        past = self._tokens.setdefault(token, _Past())
        self._tokens.move_to_end(token)
        return past

    def _is_meant(self, token: Token, wanted: str) -> bool:
        address = token.address.startswith(wanted) and len(wanted) >= 4
        symbols = {e.event.heard.facts.symbol for e in self._tokens[token].events}
        return address or any(s and s.strip().removeprefix("$").casefold() == wanted.casefold() for s in symbols)

    def _forget(self) -> None:
        while len(self._tokens) > _TOKENS_KEPT:
            self._tokens.popitem(last=False)
        while len(self._deliveries) > _DELIVERIES_KEPT:
            self._deliveries.popitem(last=False)
        if not self._events:
            return
        newest = next(reversed(self._events.values())).at
        while len(self._events) > _EVENTS_KEPT or next(iter(self._events.values())).at < newest - KEPT_FOR:
            _, oldest = self._events.popitem(last=False)
            past = self._tokens.get(oldest.event.token)
            if past and (not past.events or past.events[-1].at < newest - KEPT_FOR):
                self._tokens.pop(oldest.event.token)
