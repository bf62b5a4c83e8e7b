"""What could not be read, judged or kept: set aside so that it stops nothing, and can be tried again."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.event import Event, StampedTick
from tokenfilter.domain.history import JournalEntry

LINES_KEPT = 1_000
"""Letters without an item: what a feed said that cannot be understood. The oldest are given up beyond it."""

ITEMS_KEPT = 100_000
"""Letters with an item. The oldest are given up beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """Something set aside: why, and what it looked like. With an `item` it can be tried again."""

    reason: str
    sample: str
    at: datetime
    item: Event | StampedTick | JournalEntry | None = None
    id: str = ""


class DeadLetters(Protocol):
    """Letters by a name that the store gives them."""

    @abstractmethod
    async def bury(self, letter: DeadLetter) -> None:
        """Keep a letter; its `id` is given by the store.

        Raises:
            UnavailableError: it cannot be known whether it is kept.
        """

    @abstractmethod
    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        """The newest letters, newest first, by the instant they were set aside."""

    @abstractmethod
    async def take(self, letter_id: str) -> DeadLetter | None:
        """Remove a letter and return it, for trying again or for good; None if there is none of that id (any more)."""

    @abstractmethod
    async def count(self) -> int:
        """How many letters are kept."""
