"""Look at the queues and at the program's own pace every second, so that the figures a person sees are fresh."""

from datetime import timedelta

from tokenfilter.ports.clock import Clock
from tokenfilter.ports.event_stream import EventStream
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.telemetry import Telemetry

EVERY = timedelta(seconds=1)


class WatchHealth:
    """Tells telemetry how full the queues are and how late this very loop was woken."""

    def __init__(
        self, *, events: EventStream, outbox: Outbox, journal: Journal, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._events = events
        self._outbox = outbox
        self._journal = journal
        self._clock = clock
        self._telemetry = telemetry

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            await self.look()
            due = self._clock.now() + EVERY
            await self._clock.sleep_until(due)
            self._telemetry.gauge("loop_lag_ms", (self._clock.now() - due).total_seconds() * 1_000)

    async def look(self) -> None:
        """Look once; a queue that cannot be reached is told as a failure."""
        try:
            self._telemetry.gauge("queue", await self._events.length())
            self._telemetry.gauge("outbox", await self._outbox.length())
            self._telemetry.gauge("journal", await self._journal.length())
        except UnavailableError as error:
            self._telemetry.failed("health", str(error), now=self._clock.now())
