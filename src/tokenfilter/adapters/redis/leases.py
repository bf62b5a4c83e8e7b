"""Leases in Redis, which run out by its clock."""

from datetime import timedelta

from tokenfilter.adapters.redis.connection import Argument, RedisConnection, Script, translated
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.ports.leases import Lease, Leases

_TAKE, _RENEW, _RELEASE = Script("lease_take"), Script("lease_renew"), Script("lease_release")


class RedisLeases(Leases):
    """A string that expires, and the last fence beside it. `fences` is told what this process leads."""

    def __init__(self, connection: RedisConnection, keys: Keys, fences: Fences) -> None:
        self._connection = connection
        self._keys = keys
        self._fences = fences

    async def take(self, name: str, holder: str, *, lasts: timedelta) -> Lease | None:
        fence = await self._connection.run(_TAKE, self._both(name), [holder, _milliseconds(lasts)])
        if fence is None:
            self._fences.drop(name)
            return None
        lease = Lease(name=name, holder=holder, fence=int(fence))
        self._fences.set(name, lease.fence)
        return lease

    async def renew(self, lease: Lease, *, lasts: timedelta) -> bool:
        args: list[Argument] = [lease.holder, _milliseconds(lasts), lease.fence]
        holds = bool(await self._connection.run(_RENEW, self._both(lease.name), args))
        if not holds:
            self._lost(lease)
        return holds

    async def release(self, lease: Lease) -> None:
        self._lost(lease)
        await self._connection.run(_RELEASE, [self._keys.lease(lease.name)], [lease.holder, lease.fence])

    async def holder(self, name: str) -> str | None:
        with translated():
            held = await self._connection.reads.get(self._keys.lease(name))
        return None if held is None else str(held).partition(":")[2]

    def _both(self, name: str) -> list[str]:
        return [self._keys.lease(name), self._keys.fence(name)]

    def _lost(self, lease: Lease) -> None:
        if self._fences.find(lease.name) == lease.fence:
            self._fences.drop(lease.name)


def _milliseconds(lasts: timedelta) -> int:
    return max(1, round(lasts / timedelta(milliseconds=1)))
