"""One telemetry that tells several."""

from datetime import datetime

from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.domain.health import Cleared, Raised
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.telemetry import Telemetry


class EachTelemetry(Telemetry):
    """Tells every one of `listeners` the same, in order."""

    def __init__(self, *listeners: Telemetry) -> None:
        self._listeners = listeners

    def feed_state(self, feed: str, state: str) -> None:
        for listener in self._listeners:
            listener.feed_state(feed, state)

    def heard(self, feed: str, *, now: datetime) -> None:
        for listener in self._listeners:
            listener.heard(feed, now=now)

    def duplicate(self, feed: str) -> None:
        for listener in self._listeners:
            listener.duplicate(feed)

    def unreadable(self, feed: str, reason: str) -> None:
        for listener in self._listeners:
            listener.unreadable(feed, reason)

    def settled(self, event: Event, decision: Decision, *, judged: int, now: datetime) -> None:
        for listener in self._listeners:
            listener.settled(event, decision, judged=judged, now=now)

    def delivered(self, notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
        for listener in self._listeners:
            listener.delivered(notification, outcome, asked_at=asked_at)

    def failed(self, what: str, detail: str, *, now: datetime) -> None:
        for listener in self._listeners:
            listener.failed(what, detail, now=now)

    def state_changed(self, what: str, state: str, reason: str, *, now: datetime) -> None:
        for listener in self._listeners:
            listener.state_changed(what, state, reason, now=now)

    def alarm(self, change: Raised | Cleared) -> None:
        for listener in self._listeners:
            listener.alarm(change)

    def setting_changed(self, chat: ChatId, what: str, before: str | None, after: str | None, *, now: datetime) -> None:
        for listener in self._listeners:
            listener.setting_changed(chat, what, before, after, now=now)

    def command(self, name: str, seconds: float) -> None:
        for listener in self._listeners:
            listener.command(name, seconds)

    def cache(self, name: str, *, hits: int, misses: int, evicted: int, entries: int) -> None:
        for listener in self._listeners:
            listener.cache(name, hits=hits, misses=misses, evicted=evicted, entries=entries)

    def gauge(self, name: str, value: float) -> None:
        for listener in self._listeners:
            listener.gauge(name, value)

    def heartbeat(self, *, now: datetime) -> None:
        for listener in self._listeners:
            listener.heartbeat(now=now)
