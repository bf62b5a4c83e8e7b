"""What the permanent store must still be told."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tokenfilter.domain.history import JournalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An entry with the name by which it is acknowledged."""

    id: str
    entry: JournalEntry


class Journal(Protocol):
    """A queue towards history that loses nothing before it is acknowledged."""

    @abstractmethod
    async def note(self, entry: JournalEntry) -> None:
        """Keep an entry for history. Never waits for the permanent store.

        Raises:
            UnavailableError: it cannot be known whether it is kept; repeating is safe, history keeps one row an id.
        """

    @abstractmethod
    async def read(self, limit: int) -> Sequence[Noted]:
        """The oldest entries not yet given to this reader; waits until there is at least one.

        What a former reader left comes first.

        Raises:
            UnavailableError: nothing could be read; try again.
        """

    @abstractmethod
    async def acknowledge(self, noted: Sequence[Noted]) -> None:
        """These are in history. Repeating is safe.

        Raises:
            UnavailableError: it cannot be known which are acknowledged; repeat.
        """

    @abstractmethod
    async def length(self) -> int:
        """How many entries history does not have yet."""
