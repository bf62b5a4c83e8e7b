"""What the permanent store gives back when the real-time one has lost it, and what it keeps of a person."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import DeliverySettled, SubscriberSaved
from tokenfilter.domain.ids import ChatId, Destination, Token
from tokenfilter.domain.notification import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """An event whose alerts to these destinations are not known to have ended."""

    evidence: Evidence
    destinations: tuple[Destination, ...]


class Archive(Protocol):
    """Reads only, each as of what the journal has brought so far. Every method may raise UnavailableError."""

    @abstractmethod
    def subscribers(self) -> AsyncIterator[SubscriberSaved]:
        """Every subscriber as last saved, with the number of the last change to what is judged."""

    @abstractmethod
    async def subscriber(self, chat: ChatId) -> SubscriberSaved | None:
        """One of them."""

    @abstractmethod
    async def told(self, token: Token, since: datetime) -> Mapping[Destination, datetime]:
        """Who was told of a token from `since` on, and as of when."""

    @abstractmethod
    def told_of_all(self, since: datetime) -> AsyncIterator[tuple[Token, Mapping[Destination, datetime]]]:
        """The same for every token."""

    @abstractmethod
    async def told_of(self, tokens: Sequence[Token], since: datetime) -> Mapping[Token, Mapping[Destination, datetime]]:
        """The same for some tokens; one of which nobody was told may be left out."""

    @abstractmethod
    def newest_of_all(self, since: datetime) -> AsyncIterator[Evidence]:
        """The newest judged event of every token that was judged from `since` on."""

    @abstractmethod
    def newest_first(self) -> AsyncIterator[Evidence]:
        """Every judged event that is kept, the one recorded last first."""

    @abstractmethod
    async def ends(self, notifications: Sequence[Notification]) -> Sequence[DeliverySettled]:
        """How these ended, those of which it is known; an alert, of the event it tells of.

        Raises:
            RefusedError: one of them cannot be asked about.
        """

    @abstractmethod
    def unfinished(self, since: datetime) -> AsyncIterator[Unfinished]:
        """Events judged from `since` on with alerts that were queued and are not known to have ended."""

    @abstractmethod
    def statistics(self, since: datetime) -> AsyncIterator[ChannelStats]:
        """Lines of channels' statistics that hold from `since` on, and of every channel the last one before."""

    @abstractmethod
    async def of_person(self, chat: ChatId) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Everything kept of a person, by table: JSON values, for `/export` (R62)."""
