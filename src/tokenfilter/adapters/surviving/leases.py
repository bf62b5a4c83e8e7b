"""Leases while the real-time store is away: whoever leads goes on leading, and nobody is elected."""

from datetime import datetime, timedelta

from tokenfilter.adapters.surviving.survival import Survival, Survivor
from tokenfilter.domain.ids import Token
from tokenfilter.domain.notification import Notification
from tokenfilter.domain.partition import home, partition_of
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.leases import Lease, Leases


class SurvivingLeases(Leases, Survivor):
    """What this process holds, by name; a store that lost its leases is told again before anything else is.

    Leases run out while the store is away, though their holders go on leading. So for as long as a lease lasts after it
    is back, nothing is taken that was not held: whoever led it may still have to bring over what it did meanwhile.
    """

    def __init__(self, inner: Leases, survival: Survival) -> None:
        self._inner = inner
        self._survival = survival
        self._held: dict[str, tuple[Lease, timedelta]] = {}
        self._delivers_since = survival.met_at
        survival.join(self)

    async def take(self, name: str, holder: str, *, lasts: timedelta) -> Lease | None:
        if name not in self._held and self._survival.is_up and not self._survival.is_back_for(lasts):
            return None
        lease = await self._survival.attempt(lambda: self._inner.take(name, holder, lasts=lasts))
        if lease:
            if name.startswith("deliver:") and name not in self._held:
                self._delivers_since = self._survival.now()
            self._held[name] = (lease, lasts)
        return lease

    async def renew(self, lease: Lease, *, lasts: timedelta) -> bool:
        held = self._held.get(lease.name)
        if held is None:
            return False
        try:
            renewed = await self._survival.attempt(lambda: self._inner.renew(held[0], lasts=lasts))
        except UnavailableError:
            return True
        if not renewed and await self._survival.is_gone():
            return True
        if not renewed and self._held.get(lease.name) is held:
            del self._held[lease.name]
        return renewed

    async def release(self, lease: Lease) -> None:
        held, _ = self._held.pop(lease.name, (lease, None))
        if self._survival.is_up:
            await self._survival.attempt(lambda: self._inner.release(held))
        else:
            await self._inner.release(held)  # which cannot be told, but ends what is done under it here

    async def holder(self, name: str) -> str | None:
        try:
            return await self._survival.attempt(lambda: self._inner.holder(name))
        except UnavailableError:
            held = self._held.get(name)
            return held[0].holder if held else None

    def term(self, token: Token) -> int | None:
        """What tells one time of judging a token here from another; None while another process judges it."""
        held = self._held.get(f"match:{partition_of(str(token))}")
        return held[0].fence if held else None

    def delivers_since(self) -> datetime:
        """From when on all that is queued, and is sent here, was queued in the store as it is now."""
        return max(self._delivers_since, self._survival.met_at)

    def delivers(self, notification: Notification) -> bool:
        """Whether this process is the one that sends it."""
        return f"deliver:{home(notification.token, notification.destination)}" in self._held

    @property
    def is_ahead(self) -> bool:
        return False

    async def bring_over(self, *, wiped: bool) -> None:
        for name, (lease, lasts) in list(self._held.items()):
            if not wiped and await self._inner.renew(lease, lasts=lasts):
                continue
            again = await self._inner.take(name, lease.holder, lasts=lasts)
            if again:
                self._held[name] = (again, lasts)
            else:
                del self._held[name]
