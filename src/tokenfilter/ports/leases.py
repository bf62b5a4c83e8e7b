"""Who leads what: one holder a name at a time, with a fence that tells an old holder from the new one."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """`holder` leads `name`. Every taking raises `fence`: whoever writes under a lower one is refused."""

    name: str
    holder: str
    fence: int


class Leases(Protocol):
    """Leases run out by the store's own time, so that hosts whose clocks differ agree."""

    @abstractmethod
    async def take(self, name: str, holder: str, *, lasts: timedelta) -> Lease | None:
        """Take a free lease, or one that `holder` holds already (a former life of the same holder); None if another's.

        Raises:
            UnavailableError: it cannot be known whether it was taken; repeat.
        """

    @abstractmethod
    async def renew(self, lease: Lease, *, lasts: timedelta) -> bool:
        """Hold the lease for `lasts` from now; False if it has run out and was taken by another, or taken anew.

        Raises:
            UnavailableError: it cannot be known; repeat.
        """

    @abstractmethod
    async def release(self, lease: Lease) -> None:
        """Let the next holder take it at once. Repeating is safe, and so is releasing what another holds by now."""

    @abstractmethod
    async def holder(self, name: str) -> str | None:
        """Who holds a lease now; None if nobody does."""
