"""Subscribers, their filters, and the numbered stream of changes that matching follows."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Route, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The routes of one subscriber from `seq` on; the rejections of the `renewed` destinations are forgotten."""

    seq: int
    owner: ChatId
    routes: tuple[Route, ...]
    renewed: frozenset[Destination]


class ConflictError(Exception):
    """The subscriber was changed meanwhile: read again and repeat the edit."""


class Subscribers(Protocol):
    """Every subscriber. Each write that changes what is judged raises the sequence number by one."""

    @abstractmethod
    async def get(self, chat: ChatId) -> Subscriber | None:
        """The subscriber, None if nobody of that chat ever started.

        Raises:
            UnavailableError: try again soon.
        """

    @abstractmethod
    async def save(self, subscriber: Subscriber, *, now: datetime) -> Subscriber:
        """Store the subscriber, whose `version` must be the stored one (0 for a new one), and return it as stored.

        When it returns, events ingested from now on are judged by what was stored, and the journal says so.

        Raises:
            ConflictError: the stored version is another; nothing was written.
            UnavailableError: it cannot be known whether it was written; read before repeating.
        """

    @abstractmethod
    async def remove(self, chat: ChatId, *, now: datetime) -> bool:
        """Forget the subscriber and note in the journal that the person is forgotten; False if there was none.

        When it returns, events ingested from now on are judged without any filter of theirs. Repeating is safe.

        Raises:
            UnavailableError: it cannot be known whether it was removed; repeat.
        """

    @abstractmethod
    async def restore(self, saved: Sequence[SubscriberSaved]) -> None:
        """Store what the permanent store kept, each with the number of its last change, unless a newer version is here.

        Repeating is safe; nothing is noted in the journal.

        Raises:
            UnavailableError: some may be missing; repeat.
        """

    @abstractmethod
    async def changes(self, after: int) -> Sequence[Change]:
        """The changes with a number above `after`, in order; at least the last one of every subscriber.

        Changes that a later one replaced are kept for at least ten minutes.
        """

    @abstractmethod
    async def seq(self) -> int:
        """The number of the last change; 0 before the first."""

    @abstractmethod
    async def active(self, *, after: ChatId | None = None, limit: int) -> Sequence[Subscriber]:
        """At most `limit` active subscribers in the order of their chats, those above `after`; fewer at the end."""

    @abstractmethod
    async def count(self) -> int:
        """How many subscribers are active."""
