"""What has been heard and is not judged yet."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tokenfilter.domain.event import Event, StampedTick
from tokenfilter.domain.ids import Token

LATEST_KEPT_FOR = timedelta(hours=25)
"""Calls count for 24 hours; without one a price concerns nobody."""

CAPACITY = 10_000
"""R2: events between ingest and judging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something to judge, with the name by which it is acknowledged."""

    id: str
    item: Event | StampedTick


class EventStream(Protocol):
    """A bounded queue that forgets nothing before it is acknowledged."""

    @abstractmethod
    async def append(self, item: Event | StampedTick) -> None:
        """Queue an item; while the queue is full, wait. When it returns the item will be read, even if the reader dies.

        Raises:
            UnavailableError: it cannot be known whether it is queued; repeating may queue it twice.
        """

    @abstractmethod
    async def read(self, limit: int) -> Sequence[Entry]:
        """The oldest entries this reader has not been given yet; waits until there is at least one.

        Entries about one token come in the order in which they were appended. What a former reader left comes first.

        Raises:
            UnavailableError: nothing could be read; try again.
        """

    @abstractmethod
    async def acknowledge(self, entry: Entry) -> None:
        """The entry is settled and will not be read again. Repeating is safe.

        Raises:
            UnavailableError: it cannot be known whether it is acknowledged; repeat.
            StaleOwnerError: another reader owns the entry's partition now.
        """

    @abstractmethod
    async def latest(self, token: Token) -> Event | None:
        """The newest event about a token, by `at`, of those that were acknowledged; None if there was none of late.

        It is kept for at least a day, and whoever reads the token's entries next is told the same.

        Raises:
            UnavailableError: nothing could be read; try again.
        """

    @abstractmethod
    async def length(self) -> int:
        """How many items are queued or not acknowledged."""
