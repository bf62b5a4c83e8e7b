"""Telemetry as log lines: failures at once, refused feed lines once a minute by reason."""

from collections import Counter
from datetime import datetime, timedelta

import structlog

from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.telemetry import Telemetry

_EVERY = timedelta(minutes=1)


class LogTelemetry(Telemetry):
    """Writes what a person reading the log needs; everything countable is left to the metrics."""

    def __init__(self) -> None:
        self._log = structlog.stdlib.get_logger("tokenfilter")
        self._states: dict[str, str] = {}
        self._unreadable: Counter[tuple[str, str]] = Counter()
        self._said: dict[tuple[str, str], datetime] = {}

    def feed_state(self, feed: str, state: str) -> None:
        if self._states.get(feed) != state:
            self._states[feed] = state
            self._log.info("feed", feed=feed, state=state)

    def heard(self, feed: str, *, now: datetime) -> None:
        for key in [k for k in self._unreadable if k[0] == feed]:
            if now - self._said.get(key, datetime.min.replace(tzinfo=now.tzinfo)) >= _EVERY:
                self._said[key] = now
                self._log.warning("lines refused", feed=feed, reason=key[1], times=self._unreadable.pop(key))

    def duplicate(self, feed: str) -> None:
        pass

    def unreadable(self, feed: str, reason: str) -> None:
        self._unreadable[feed, reason] += 1

    def settled(self, event: Event, decision: Decision, *, judged: int, now: datetime) -> None:
        self._log.debug("settled", token=str(event.token), told=len(decision.told), judged=judged, at=now.isoformat())

    def delivered(self, notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
        self._log.debug("delivered", id=notification.id, outcome=outcome.value, at=asked_at.isoformat())

    def failed(self, what: str, detail: str, *, now: datetime) -> None:
        self._log.warning("failed", what=what, detail=detail, at=now.isoformat())

    def gauge(self, name: str, value: float) -> None:
        pass
