"""Channels' statistics, with the newest line of each kept for a while.

Another process learns of a new line a moment after it was put: whoever must judge by it asks the inner store.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from tokenfilter.adapters.layered.smart_cache import SmartCache
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.ids import ChannelId
from tokenfilter.ports.channels import Channels
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.invalidations import Invalidations, Stale

_LATER_THAN_ANY = datetime.max.replace(tzinfo=UTC)


class CachedChannels(Channels):
    """`inner` behind a cache. `untold` counts lines of which others could not be told: they learn by their ttl.

    The newest line answers for every instant from which it holds; `inner` is asked for any instant before.
    """

    def __init__(self, inner: Channels, cache: SmartCache[str, ChannelStats], invalidations: Invalidations) -> None:
        self._inner = inner
        self._cache = cache
        self._invalidations = invalidations
        self.untold = 0

    async def put(self, stats: ChannelStats) -> None:
        try:
            await self._inner.put(stats)
        finally:  # where it failed too: it may have been put
            self._cache.invalidate(stats.channel)
        try:
            await self._invalidations.tell(Stale(cache=self._cache.name, key=stats.channel))
        except UnavailableError:
            self.untold += 1

    async def as_of(self, channels: Iterable[ChannelId], at: datetime) -> Mapping[ChannelId, ChannelStats]:
        asked = tuple(dict.fromkeys(channels))
        together = _Together(self._inner)
        newest = await asyncio.gather(*(self._cache.get_or_load(channel, together.newest) for channel in asked))
        found = {line.channel: line for line in newest if line and line.as_of <= at}
        earlier = [line.channel for line in newest if line and line.as_of > at]
        return {**found, **await self._inner.as_of(earlier, at)} if earlier else found


class _Together:
    """Asks for the newest lines of all channels that are missing at once."""

    def __init__(self, inner: Channels) -> None:
        self._inner = inner
        self._missing: list[ChannelId] = []
        self._lines: asyncio.Task[Mapping[ChannelId, ChannelStats]] | None = None

    async def newest(self, channel: str) -> ChannelStats | None:
        """The newest line of a channel."""
        name = ChannelId(channel)
        self._missing.append(name)
        if self._lines is None:
            self._lines = asyncio.create_task(self._load())  # which begins when the others have asked
        return (await self._lines).get(name)

    async def _load(self) -> Mapping[ChannelId, ChannelStats]:
        return await self._inner.as_of(self._missing, _LATER_THAN_ANY)
