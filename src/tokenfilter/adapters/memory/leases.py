"""Leases in this process's memory."""

from datetime import datetime, timedelta

from tokenfilter.ports.clock import Clock
from tokenfilter.ports.leases import Lease, Leases


class MemoryLeases(Leases):
    """The last lease of each name and until when it holds."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, tuple[Lease, datetime]] = {}

    async def take(self, name: str, holder: str, *, lasts: timedelta) -> Lease | None:
        now = self._clock.now()
        last, until = self._held.get(name, (Lease(name=name, holder=holder, fence=0), now))
        if now < until and last.holder != holder:
            return None
        lease = Lease(name=name, holder=holder, fence=last.fence + 1)
        self._held[name] = (lease, now + lasts)
        return lease

    async def renew(self, lease: Lease, *, lasts: timedelta) -> bool:
        last, _ = self._held.get(lease.name, (None, None))
        if last != lease:
            return False
        self._held[lease.name] = (lease, self._clock.now() + lasts)
        return True

    async def release(self, lease: Lease) -> None:
        last, _ = self._held.get(lease.name, (None, None))
        if last == lease:
            self._held[lease.name] = (lease, self._clock.now())

    async def holder(self, name: str) -> str | None:
        held = self._held.get(name)
        return held[0].holder if held and self._clock.now() < held[1] else None
