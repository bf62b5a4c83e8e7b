"""The alerts of one event: what all have in common held once, what each recipient has for himself in columns.

An event may tell thousands, so an alert is made when somebody asks for it. Who is told is decided in decide.py.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import compress
from typing import ClassVar, cast, overload
from zlib import crc32

from tokenfilter.domain.acceptances import Key, key_of
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChatId, Destination, Token
from tokenfilter.domain.notification import CallAlert, Lane, Notification, alert_id
from tokenfilter.domain.subscriber import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts(Sequence[Notification]):
    """Alerts in the order in which they are served. `useful_until` is when it would be too late to tell.

    Each of `recipients` is told because of the route at its place in `routes`, and of the `others` to it, if any.
    """

    lane: ClassVar[Lane] = Lane.ALERTS

    evidence: Evidence
    queued_at: datetime
    useful_until: datetime
    recipients: tuple[Destination, ...]
    routes: tuple[Route, ...]
    others: Mapping[Key, tuple[Route, ...]]

    @property
    def token(self) -> Token:
        """The token they are about."""
        return self.evidence.event.token

    def __len__(self) -> int:
        return len(self.recipients)

    def __iter__(self) -> Iterator[Notification]:
        return map(self._alert, self.recipients, self.routes)

    @overload
    def __getitem__(self, index: int) -> Notification: ...
    @overload
    def __getitem__(self, index: slice) -> "Alerts": ...
    def __getitem__(self, index: int | slice) -> "Notification | Alerts":
        if isinstance(index, slice):
            return replace(self, recipients=self.recipients[index], routes=self.routes[index])
        return self._alert(self.recipients[index], self.routes[index])

    def chosen(self, marks: Sequence[bool]) -> "Alerts":
        """Those that are marked; there is a mark for each."""
        if all(marks):
            return self
        recipients, routes = compress(self.recipients, marks), compress(self.routes, marks)
        return replace(self, recipients=tuple(recipients), routes=tuple(routes))

    def owners(self, recipient: Destination, route: Route) -> tuple[ChatId, ...]:
        """The subscribers whose filters brought about the alert to a recipient, each once."""
        return tuple(dict.fromkeys(r.owner for r in (route, *self.others.get(key_of(recipient), ()))))

    def names(self, recipient: Destination, route: Route) -> tuple[str, ...]:
        """What these filters are called, each name once."""
        return tuple(dict.fromkeys(r.name for r in (route, *self.others.get(key_of(recipient), ()))))

    def _alert(self, recipient: Destination, route: Route) -> Notification:
        return Notification(
            id=alert_id(self.token, recipient),
            destination=recipient,
            lane=self.lane,
            owners=self.owners(recipient, route),
            body=CallAlert(evidence=self.evidence, filters=self.names(recipient, route)),
            queued_at=self.queued_at,
            useful_until=self.useful_until,
        )


def alerts(decision: Decision, *, now: datetime, useful_for: timedelta) -> Alerts:
    """One alert for each destination that is told, as they are served, each useful from the hearing of the event on."""
    event, told = decision.evidence.event, decision.told
    routes = tuple([told.first[key] for key in _in_turn(told.first, event.token)])
    return Alerts(
        evidence=decision.evidence,
        queued_at=now,
        useful_until=event.received_at + useful_for,
        recipients=tuple([route.destination for route in routes]),
        routes=routes,
        others=told.others,
    )


def _in_turn(told: Collection[Key], token: Token) -> Sequence[Key]:
    """By chat and topic, beginning elsewhere for every token, so that nobody is always last (R61)."""
    if not told:
        return ()
    has_topics = set(map(type, told)) != {int}
    order = sorted(told, key=_chat_and_topic) if has_topics else sorted(cast("Collection[int]", told))
    start = crc32(str(token).encode()) % len(order)
    return [*order[start:], *order[:start]]


def _chat_and_topic(key: Key) -> tuple[int, int]:
    return (key, 0) if isinstance(key, int) else (key.chat, key.thread or 0)
