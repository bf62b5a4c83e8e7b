"""Subscribers, with what was read kept for a while.

Every write gives up what this process kept and tells the others. What a change means for judging is read past it.
"""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import TypeVar

from tokenfilter.adapters.layered.smart_cache import SmartCache
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.invalidations import Invalidations, Stale
from tokenfilter.ports.subscribers import Change, Subscribers

_T = TypeVar("_T")


class CachedSubscribers(Subscribers):
    """`inner` behind a cache. `untold` counts writes of which others could not be told: they learn by their ttl.

    Nobody being there is not kept. While `inner` cannot be reached, what was read in the last hour is served.
    """

    def __init__(self, inner: Subscribers, cache: SmartCache[str, Subscriber], invalidations: Invalidations) -> None:
        self._inner = inner
        self._cache = cache
        self._invalidations = invalidations
        self.untold = 0

    async def get(self, chat: ChatId) -> Subscriber | None:
        return await self._cache.get_or_load(str(chat), lambda _: self._inner.get(chat))

    async def save(self, subscriber: Subscriber, *, now: datetime) -> Subscriber:
        return await self._written(str(subscriber.chat), self._inner.save(subscriber, now=now))

    async def remove(self, chat: ChatId, *, now: datetime) -> bool:
        return await self._written(str(chat), self._inner.remove(chat, now=now))

    async def restore(self, saved: Sequence[SubscriberSaved]) -> None:
        await self._written(None, self._inner.restore(saved))

    async def changes(self, after: int) -> Sequence[Change]:
        return await self._inner.changes(after)

    async def seq(self) -> int:
        return await self._inner.seq()

    async def active(self, *, after: ChatId | None = None, limit: int) -> Sequence[Subscriber]:
        return await self._inner.active(after=after, limit=limit)

    async def count(self) -> int:
        return await self._inner.count()

    async def _written(self, key: str | None, write: Awaitable[_T]) -> _T:
        """Wait for a write of one subscriber, or of any, then let nobody read what was true before."""
        try:
            done = await write
        finally:  # where it failed too: it may have been written, and after a conflict what was read here is old
            self._cache.doubt(key)
        if key is None:
            self._cache.clear()
        else:
            self._cache.invalidate(key)
        try:
            await self._invalidations.tell(Stale(cache=self._cache.name, key=key))
        except UnavailableError:
            self.untold += 1
        return done
