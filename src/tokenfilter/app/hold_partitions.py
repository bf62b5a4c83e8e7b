"""Lead partitions: take their leases, keep them, and let them go at the end, so that one process acts for each."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.leases import Lease, Leases
from tokenfilter.ports.telemetry import Telemetry

LASTS = timedelta(seconds=10)
RENEWED_EVERY = timedelta(seconds=3)


class HoldPartitions:
    """`names` are what this process wants to lead; `holder` is who it is, the same in every life of one instance."""

    def __init__(
        self, *, leases: Leases, names: Sequence[str], holder: str, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._leases = leases
        self._names = tuple(names)
        self._holder = holder
        self._clock = clock
        self._telemetry = telemetry
        self._held: dict[str, Lease] = {}

    @property
    def missing(self) -> tuple[str, ...]:
        """What another process leads, or nobody could be asked about."""
        return tuple(n for n in self._names if n not in self._held)

    async def begin(self) -> None:
        """Take what is free.

        Raises:
            UnavailableError: the store of leases does not answer.
        """
        await asyncio.gather(*map(self._take, self.missing))

    async def run(self) -> None:
        """Keep what is held and take what becomes free, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + RENEWED_EVERY)
            try:
                await asyncio.gather(*map(self._renew, list(self._held.values())))
                await self.begin()
            except UnavailableError as error:
                self._telemetry.failed("leases", str(error), now=self._clock.now())

    async def take_again(self, prefix: str) -> None:
        """Take leases that are held as if for the first time: whoever acts under them starts with what was left.

        Raises:
            UnavailableError: the store of leases does not answer.
        """
        await asyncio.gather(*(self._take(name) for name in self._names if name.startswith(prefix)))

    async def end(self) -> None:
        """Let others take over at once; what cannot be told runs out by itself."""
        held, self._held = list(self._held.values()), {}
        await asyncio.gather(*map(self._leases.release, held), return_exceptions=True)

    async def _take(self, name: str) -> None:
        lease = await self._leases.take(name, self._holder, lasts=LASTS)
        if lease:
            self._held[name] = lease

    async def _renew(self, lease: Lease) -> None:
        if not await self._leases.renew(lease, lasts=LASTS):
            del self._held[lease.name]
            self._telemetry.failed("leases", f"{lease.name} is led by another", now=self._clock.now())
