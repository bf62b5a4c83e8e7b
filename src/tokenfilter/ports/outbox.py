"""Notifications that are owed and not yet known to be delivered."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from tokenfilter.domain.history import DeliverySettled
from tokenfilter.domain.notification import Notification


class Outbox(Protocol):
    """What settling an event queued, until the sender says how it ended."""

    @abstractmethod
    async def put(self, notification: Notification) -> bool:
        """Queue a notification that belongs to no event (a digest, a report); False if its id is queued already.

        Raises:
            UnavailableError: it cannot be known whether it is queued; repeating is safe.
        """

    @abstractmethod
    async def take(self, limit: int) -> Sequence[Notification]:
        """Notifications this sender has not been given yet; waits until there is at least one.

        Alerts about one token come in the order in which they were queued. What a former sender took and did not finish
        is given again, before anything else.

        Raises:
            UnavailableError: nothing could be read; try again.
        """

    @abstractmethod
    async def intend(self, notification: Notification) -> bool:
        """Note that it is about to be sent; False if it must not be (finished already, or another sender owns it).

        Raises:
            UnavailableError: it cannot be known whether it may be sent; repeating is safe.
        """

    @abstractmethod
    async def revise(self, notifications: Sequence[Notification]) -> Sequence[bool]:
        """These, which are owed under their ids, read so from now on; of each whether it is still owed, and by us.

        What is finished already, or another sender's, is left as it is. Whoever takes a revised one once more is given
        it as it reads then. Repeating is safe.

        Raises:
            UnavailableError: it cannot be known which of them read so; repeat before any of them is sent.
        """

    @abstractmethod
    async def finish(self, ended: Sequence[DeliverySettled]) -> None:
        """These notifications have ended: they are forgotten here and noted in the journal, both or neither.

        Repeating is safe, and so is naming one that is not owed (any more): that is noted nowhere.

        Raises:
            UnavailableError: it cannot be known which are finished; repeat.
            StaleOwnerError: another sender owns them now; nothing was finished.
        """

    @abstractmethod
    async def length(self) -> int:
        """How many are owed."""
