"""What to tell, to whom, and until when it is worth telling. How it reads is the messenger's business."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from tokenfilter.domain.event import Event
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChatId, Destination, FilterId, Token


class Lane(StrEnum):
    """Priority class: money and replies, then alerts, then reports and digests."""

    MONEY = "A"
    ALERTS = "B"
    REPORTS = "C"


class FoldReason(StrEnum):
    """Why an alert was put into a digest instead of being told on its own."""

    TOO_MANY = "too many at once"
    TOO_OLD = "too old when its turn came"
    SNOOZED = "while you had alerts off"
    QUIET = "during your quiet hours"
    CAPPED = "over your cap for the hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAlert:
    """A token was called and the recipient's filters, by name, want it. All recipients share the evidence."""

    evidence: Evidence
    filters: tuple[str, ...]

    @property
    def token(self) -> Token:
        """The token it is about."""
        return self.evidence.event.token


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Alerts that were not told one by one, oldest first, and why; `earlier` more are counted and not listed."""

    alerts: tuple[CallAlert, ...]
    reason: FoldReason
    earlier: int = 0

    @property
    def number(self) -> int:
        """How many alerts it stands for."""
        return self.earlier + len(self.alerts)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindSpotNotice:
    """A filter refuses most because one criterion, by its name, was not known in `unknown` of the last `refusals`."""

    filter_id: FilterId
    filter_name: str
    criterion: str
    unknown: int
    refusals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgain:
    """A criterion that passed until known is known now, and the filter refuses the unknown there again."""

    filter_id: FilterId
    filter_name: str
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLost:
    """A group or channel of that title no longer takes messages; what went there goes to the own chat again."""

    title: str


Body = CallAlert | Digest | BlindSpotNotice | KnownAgain | PlaceLost


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one destination. `id` is deterministic: queuing the same one twice queues it once.

    `owners` are the subscribers whose filters brought it about; `useful_until` is when it would be too late to tell.
    """

    id: str
    destination: Destination
    lane: Lane
    owners: tuple[ChatId, ...]
    body: Body
    queued_at: datetime
    useful_until: datetime

    @property
    def event(self) -> Event | None:
        """The event it tells of; None where it tells of none."""
        return self.body.evidence.event if isinstance(self.body, CallAlert) else None

    @property
    def token(self) -> Token | None:
        """The token it is about; None where it is about none."""
        return self.event.token if self.event else None


def alert_id(token: Token, destination: Destination | Literal[""]) -> str:
    """The id of the alert about a token to a destination; without one, what all of the token begin with."""
    return f"alert:{token}:{destination}"
