"""Wall time from the operating system."""

import asyncio
from datetime import UTC, datetime

from tokenfilter.ports.clock import Clock


class SystemClock(Clock):
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, instant: datetime) -> None:
        while (left := (instant - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - until an instant, not an event
            await asyncio.sleep(left)
