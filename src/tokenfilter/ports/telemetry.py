"""What the program does, told as it happens: for the dashboard, the metrics, the log and the stage."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.domain.health import Cleared, Raised
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
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
        """Something went wrong that a person may want to look at; `detail` holds no secret.

        `what` is the neighbour's name where one is at fault, as in `state_changed`; else what was being done.
        """

    @abstractmethod
    def state_changed(self, what: str, state: str, reason: str, *, now: datetime) -> None:
        """A neighbour (`redis`, `postgres`, `telegram`) is `up`, `down` or `returning`; `reason` holds no secret.

        Told by the one who decides whether the neighbour is used. Telling the same again changes nothing.
        """

    @abstractmethod
    def alarm(self, change: Raised | Cleared) -> None:
        """An alarm was raised, or cleared."""

    @abstractmethod
    def setting_changed(self, chat: ChatId, what: str, before: str | None, after: str | None, *, now: datetime) -> None:
        """A person changed a setting; None: there was none before, or there is none any more."""

    @abstractmethod
    def command(self, name: str, seconds: float) -> None:
        """A call of a store took so long: `redis.xadd`, `postgres.insert`.

        The names are few, and none names a person or a token.
        """

    @abstractmethod
    def cache(self, name: str, *, hits: int, misses: int, evicted: int, entries: int) -> None:
        """A cache's totals since the start, and how many entries it holds now; told at least once a minute."""

    @abstractmethod
    def gauge(self, name: str, value: float) -> None:
        """A level now.

        `queue`, `outbox`, `held`, `journal` and `dead` (letters) are lengths; `loop_lag_ms`; `memory_bytes`, and
        `memory_limit_bytes` where there is a limit.
        """

    @abstractmethod
    def heartbeat(self, *, now: datetime) -> None:
        """A minute has passed: figures kept by the minute are told, and begin anew."""
