"""The time."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for stamps and deadlines. Rules never ask it: they are given `now`."""

    @abstractmethod
    def now(self) -> datetime:
        """The instant now, in UTC."""

    @abstractmethod
    async def sleep_until(self, instant: datetime) -> None:
        """Return once `now()` is at or past `instant`; at once if it is already."""
