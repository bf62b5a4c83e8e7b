"""What the program does, told as it happens: for the dashboard, the metrics and the stage."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.notification import Notification


class Telemetry(Protocol):
    """Facts, cheap to tell; telling never fails and never waits."""

    @abstractmethod
    def feed_state(self, feed: str, state: str) -> None:
        """A feed is `opening`, `live`, `ended` or `failed`."""

    @abstractmethod
    def heard(self, feed: str, *, now: datetime) -> None:
        """A feed said something that was understood."""

    @abstractmethod
    def duplicate(self, feed: str) -> None:
        """A feed repeated an event; it is processed once."""

    @abstractmethod
    def unreadable(self, feed: str, reason: str) -> None:
        """A feed said something that was not."""

    @abstractmethod
    def settled(self, event: Event, decision: Decision, *, judged: int, now: datetime) -> None:
        """An event was judged against `judged` routes and, if anything changed, claimed."""

    @abstractmethod
    def delivered(self, notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
        """A notification reached its end; `asked_at` is when the send began."""

    @abstractmethod
    def failed(self, what: str, detail: str, *, now: datetime) -> None:
        """Something went wrong that a person may want to look at; `detail` holds no secret."""

    @abstractmethod
    def gauge(self, name: str, value: float) -> None:
        """A level now: `queue`, `outbox`, `held`, `journal`, `loop_lag_ms`."""
