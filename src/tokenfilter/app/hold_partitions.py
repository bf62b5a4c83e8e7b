"""Lead partitions: take their leases, keep them, and let them go at the end, so that one process acts for each.

Most names are led by whoever came first, and others stand by. A *shared* group is divided among all who want it: each
takes a place in it, and leads what falls to its place.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta

from tokenfilter.domain.partition import share
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.leases import Lease, Leases
from tokenfilter.ports.telemetry import Telemetry

LASTS = timedelta(seconds=10)
RENEWED_EVERY = timedelta(seconds=3)
_PART_MISSING = timedelta(seconds=1)
"""Until a share is whole it is looked for this often: nobody judges meanwhile what is changing hands."""


class HoldPartitions:
    """`names` are what this process wants to lead alone, `shared` by a group's name what it wants a share of.

    `holder` is who it is, the same in every life of one instance.
    """

    def __init__(
        self,
        *,
        leases: Leases,
        names: Sequence[str],
        holder: str,
        clock: Clock,
        telemetry: Telemetry,
        shared: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._leases = leases
        self._names = tuple(names)
        self._shared = {group: tuple(wanted) for group, wanted in (shared or {}).items()}
        self._holder = holder
        self._clock = clock
        self._telemetry = telemetry
        self._held: dict[str, Lease] = {}
        self._fair: dict[str, frozenset[str]] = {}
        self._changed = asyncio.Condition()

    @property
    def missing(self) -> tuple[str, ...]:
        """What is wanted here, and another process leads or nobody could be asked about."""
        return tuple(n for n in self._wanted() if n not in self._held)

    def leads(self, name: str) -> bool:
        """Whether this process leads it, as far as it knows."""
        return name in self._held

    async def begin(self) -> None:
        """Take what is free.

        Raises:
            UnavailableError: the store of leases does not answer.
        """
        await asyncio.gather(*map(self._divide, self._shared))
        await asyncio.gather(*map(self._take, self.missing))

    async def run(self) -> None:
        """Keep what is held, take what becomes free, and give up what falls to others, until cancelled."""
        while True:
            waits = _PART_MISSING if any(map(self._is_missing, self._shared)) else RENEWED_EVERY
            await self._clock.sleep_until(self._clock.now() + waits)
            try:
                await asyncio.gather(*map(self._renew, list(self._held.values())))
                await self.begin()
            except UnavailableError as error:
                self._telemetry.failed("leases", str(error), now=self._clock.now())

    async def while_leading(self, name: str, act: Callable[[], Coroutine[object, object, None]]) -> None:
        """Act whenever this process leads `name`, and not while it does not, until cancelled."""
        while True:
            await self._until(name, leads=True)
            acting = asyncio.ensure_future(act())
            losing = asyncio.ensure_future(self._until(name, leads=False))
            try:
                await asyncio.wait({acting, losing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (acting, losing):
                    task.cancel()
                await asyncio.wait({acting, losing})
            if not acting.cancelled():
                return acting.result()

    async def take_again(self, prefix: str) -> None:
        """Take leases that are held as if for the first time: whoever acts under them starts with what was left.

        Raises:
            UnavailableError: the store of leases does not answer.
        """
        await asyncio.gather(*(self._take(name) for name in self._wanted() if name.startswith(prefix)))

    async def end(self) -> None:
        """Let others take over at once; what cannot be told runs out by itself."""
        held, self._held = list(self._held.values()), {}
        await asyncio.gather(*map(self._leases.release, held), return_exceptions=True)

    def _wanted(self) -> list[str]:
        shared = (name for group, names in self._shared.items() for name in names if name in self._fair.get(group, ()))
        return [*self._names, *shared]

    def _is_missing(self, group: str) -> bool:
        return any(name not in self._held for name in self._fair.get(group, ()))

    async def _divide(self, group: str) -> None:
        """Hold a place in the group, and let go of what falls to other places."""
        names = self._shared[group]
        places = [f"place:{group}:{number}" for number in range(len(names))]
        holders = await asyncio.gather(*map(self._leases.holder, places))
        mine = next((place for place in places if place in self._held), None)
        for place, holder in zip(places, holders, strict=True):
            if mine is None and holder in (None, self._holder):
                await self._take(place)
                mine = place if place in self._held else None
        taken = [p for p, holder in zip(places, holders, strict=True) if holder is not None or p == mine]
        fair = share(names, taken.index(mine), len(taken)) if mine in taken else ()
        self._fair[group] = frozenset(fair)
        for name in names:
            if name not in self._fair[group] and name in self._held:
                await self._leases.release(await self._dropped(name))

    async def _take(self, name: str) -> None:
        lease = await self._leases.take(name, self._holder, lasts=LASTS)
        if lease:
            self._held[name] = lease
            await self._tell()

    async def _renew(self, lease: Lease) -> None:
        if not await self._leases.renew(lease, lasts=LASTS) and self._held.get(lease.name) == lease:
            await self._dropped(lease.name)
            self._telemetry.failed("leases", f"{lease.name} is led by another", now=self._clock.now())

    async def _dropped(self, name: str) -> Lease:
        lease = self._held.pop(name)
        await self._tell()
        return lease

    async def _until(self, name: str, *, leads: bool) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.leads(name) == leads)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
