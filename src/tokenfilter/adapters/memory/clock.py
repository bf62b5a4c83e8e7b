"""A clock that stands still until it is told otherwise."""

import asyncio
from datetime import datetime, timedelta

from tokenfilter.ports.clock import Clock


class HandClock(Clock):
    """Time moves when `advance` is called; sleepers wake in the order of their instants."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, instant: datetime) -> None:
        if instant <= self._now:
            return
        woken = asyncio.Event()
        self._sleepers.append((instant, woken))
        await woken.wait()

    def advance(self, span: timedelta) -> None:
        """Move on and wake whoever slept until then."""
        self._now += span
        due = sorted((s for s in self._sleepers if s[0] <= self._now), key=lambda s: s[0])
        self._sleepers = [s for s in self._sleepers if s[0] > self._now]
        for _, woken in due:
            woken.set()
