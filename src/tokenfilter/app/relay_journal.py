"""Tell the permanent store what happened, without ever holding up what happens."""

from datetime import timedelta

from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.history import History
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.telemetry import Telemetry

_BATCH = 500
_SHORTEST_PAUSE = timedelta(milliseconds=50)
_LONGEST_PAUSE = timedelta(seconds=30)


class RelayJournal:
    """Drains the journal into history in batches; while history is away it waits longer and longer."""

    def __init__(self, *, journal: Journal, history: History, clock: Clock, telemetry: Telemetry) -> None:
        self._journal = journal
        self._history = history
        self._clock = clock
        self._telemetry = telemetry

    async def run(self) -> None:
        """Relay until cancelled."""
        while True:
            await self.relay()

    async def relay(self) -> int:
        """Relay one batch, waiting for it if need be; returns how many entries are in history now because of it."""
        noted = await self._journal.read(_BATCH)
        pause = _SHORTEST_PAUSE
        while True:
            try:
                await self._history.record([n.entry for n in noted])
                break
            except UnavailableError as error:
                now = self._clock.now()
                self._telemetry.failed("history", str(error), now=now)
                await self._clock.sleep_until(now + pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        await self._journal.acknowledge(noted)
        return len(noted)
