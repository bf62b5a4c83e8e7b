"""Repeat what must not be given up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from tokenfilter.domain.pace import pause_after
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import PortError
from tokenfilter.ports.telemetry import Telemetry

LONGEST_WAIT = timedelta(seconds=5)
"""Between two attempts: a store that is back is noticed within that time."""

_Done = TypeVar("_Done")


class Insistence:
    """Tells of every failure and tries again, later and later."""

    def __init__(self, *, clock: Clock, telemetry: Telemetry) -> None:
        self._clock = clock
        self._telemetry = telemetry

    async def until_done(self, what: str, act: Callable[[], Awaitable[_Done]]) -> _Done:
        """Do something that is safe to repeat until it is done."""
        failures = 0
        while True:
            try:
                return await act()
            except PortError as error:
                failures += 1
                await self.after(what, error, failures)

    async def after(self, what: str, error: PortError, failures: int) -> None:
        """Tell of the failure, the last of so many in a row, and wait as long as is due."""
        now = self._clock.now()
        self._telemetry.failed(what, str(error), now=now)
        await self._clock.sleep_until(now + pause_after(failures, what, most=LONGEST_WAIT))
