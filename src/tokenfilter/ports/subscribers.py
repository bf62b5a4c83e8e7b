"""Subscribers, their filters, and the numbered stream of changes that matching follows."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

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
    async def save(self, subscriber: Subscriber) -> Subscriber:
        """Store the subscriber, whose `version` must be the stored one (0 for a new one), and return it as stored.

        When it returns, events ingested from now on are judged by what was stored.

        Raises:
            ConflictError: the stored version is another; nothing was written.
            UnavailableError: it cannot be known whether it was written; read before repeating.
        """

    @abstractmethod
    async def changes(self, after: int) -> Sequence[Change]:
        """The changes with a number above `after`, in order; at least the last one of every subscriber."""

    @abstractmethod
    async def seq(self) -> int:
        """The number of the last change; 0 before the first."""

    @abstractmethod
    async def active(self, *, after: ChatId | None = None, limit: int) -> Sequence[Subscriber]:
        """At most `limit` active subscribers in the order of their chats, those above `after`; fewer at the end."""

    @abstractmethod
    async def count(self) -> int:
        """How many subscribers are active."""
