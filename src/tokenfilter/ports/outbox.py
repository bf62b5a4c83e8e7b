"""Notifications that are owed and not yet known to be delivered."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from tokenfilter.domain.notification import Notification


class Outbox(Protocol):
    """What settling an event queued, until the sender says how it ended."""

    @abstractmethod
    async def put(self, notification: Notification) -> bool:
        """Queue a notification that belongs to no event (a digest, a report); False if its id is queued already."""

    @abstractmethod
    async def take(self, limit: int) -> Sequence[Notification]:
        """The oldest notifications this sender has not been given yet; waits until there is at least one.

        What a former sender took and did not finish is given again.
        """

    @abstractmethod
    async def intend(self, notification: Notification) -> bool:
        """Note that it is about to be sent; False if it must not be (finished already, or another sender owns it)."""

    @abstractmethod
    async def finish(self, notifications: Sequence[Notification]) -> None:
        """These have reached their end and are forgotten. Repeating is safe."""

    @abstractmethod
    async def length(self) -> int:
        """How many are owed."""
