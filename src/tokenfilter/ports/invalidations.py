"""News between processes that something cached is no longer true (R28)."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A key of a cache, by the cache's name; None: all its keys."""

    cache: str
    key: str | None


class Invalidations(Protocol):
    """Told to every process, the teller's own included. What is told while nobody listens is not kept."""

    @abstractmethod
    async def tell(self, stale: Stale) -> None:
        """Say that something is no longer true.

        Raises:
            UnavailableError: others may go on with what they cached until it runs out.
        """

    @abstractmethod
    def heard(self) -> AsyncIterator[Stale | None]:
        """Everything told from now on; None when something may have been missed: then nothing cached is sure."""
