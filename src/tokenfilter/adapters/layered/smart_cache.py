"""How long a value that was looked up is good, what is given up first, and who looks up what is missing (R27).

Which caches there are, and which news end a value early, stands in caches.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta
from threading import RLock
from time import monotonic
from typing import Generic, TypeVar

from cachetools import TTLCache

from tokenfilter.ports.failures import UnavailableError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Loader = Callable[[K], Awaitable[V | None]]

_PAST = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFigures:
    """What a cache did since it was made. `stale` counts values served past their time while nobody could be asked."""

    hits: int
    misses: int
    evicted: int
    expired: int
    stale: int
    held: int

    @property
    def hit_rate(self) -> float | None:
        """Share of look-ups that were answered at once; None before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


@dataclass(slots=True)
class _Held(Generic[V]):
    value: V
    good_until: float
    era: int


class _Kept(TTLCache[K, _Held[V]]):
    """Counts what it gives up and why."""

    evicted = expired = 0

    def popitem(self) -> tuple[K, _Held[V]]:
        item = super().popitem()
        self.evicted += 1
        return item

    def expire(self, time: float | None = None) -> list[tuple[K, _Held[V]]]:
        gone = list(super().expire(time))
        self.expired += len(gone)
        return gone


class SmartCache(Generic[K, V]):
    """At most `most` values, the least recently used given up first, each good for `ttl`. Safe to use from any thread.

    None is never kept. A value may be served until `stale_for` after it was loaded, where loading it anew meets an
    UnavailableError. `timer` gives seconds that never run back.
    """

    def __init__(
        self,
        name: str,
        *,
        ttl: timedelta,
        most: int,
        stale_for: timedelta = timedelta(0),
        timer: Callable[[], float] = monotonic,
    ) -> None:
        self.name = name
        self._ttl = ttl.total_seconds()
        self._timer = timer
        self._kept: _Kept[K, V] = _Kept(most, max(ttl, stale_for).total_seconds(), timer)
        self._flights: dict[K, dict[asyncio.AbstractEventLoop, asyncio.Task[V | None]]] = {}
        self._lock = RLock()
        self._era = self._hits = self._misses = self._stale = 0

    def get(self, key: K) -> V | None:
        """The value of a key while it is good."""
        with self._lock:
            try:
                held = self._kept[key]  # half the cost of its get()
            except KeyError:
                held = None
            if held is None or held.era != self._era or self._timer() >= held.good_until:
                self._misses += 1
                return None
            self._hits += 1
            return held.value

    def put(self, key: K, value: V) -> None:
        """Hold a value that is true now; a load that is under way brings an older one and is not kept."""
        with self._lock:
            self._flights.pop(key, None)
            self._hold(key, value)

    async def get_or_load(self, key: K, loader: Loader[K, V]) -> V | None:
        """The value of a key, loaded if there is none that is good. Whoever asks meanwhile waits for the same load.

        A load goes on when a caller is cancelled; its deadline is the loader's business. Whatever the loader raises is
        raised to every waiting caller and not kept.
        """
        value = self.get(key)
        if value is not None:
            return value
        try:
            return await asyncio.shield(self._flight(key, loader))
        except UnavailableError:
            stale = self._past_its_time(key)
            if stale is None:
                raise
            return stale

    def invalidate(self, key: K) -> None:
        """The value of a key is no longer true: it is not served again, and a load that began before is not kept."""
        with self._lock:
            self._flights.pop(key, None)
            self._kept.pop(key, None)

    def clear(self) -> None:
        """No value is true any more."""
        with self._lock:
            self._flights.clear()
            self._kept.clear()

    def doubt(self, key: K | None = None) -> None:
        """The value of a key, or any, may be untrue: it is loaded anew, and served only where that cannot be done."""
        with self._lock:
            if key is None:
                self._flights.clear()
                self._era += 1
                return
            self._flights.pop(key, None)
            held = self._kept.get(key)
            if held is not None:
                held.era = _PAST

    def sweep(self) -> None:
        """Give up what is past its time."""
        with self._lock:
            self._kept.expire()

    def figures(self) -> CacheFigures:
        """What it did until now."""
        with self._lock:
            return CacheFigures(
                held=len(self._kept),
                hits=self._hits,
                misses=self._misses,
                evicted=self._kept.evicted,
                expired=self._kept.expired,
                stale=self._stale,
            )

    def _hold(self, key: K, value: V) -> None:
        self._kept[key] = _Held(value, self._timer() + self._ttl, self._era)

    def _past_its_time(self, key: K) -> V | None:
        with self._lock:
            held = self._kept.get(key)
            self._stale += held is not None
            return held.value if held else None

    def _flight(self, key: K, loader: Loader[K, V]) -> "asyncio.Task[V | None]":
        """The load of a key in this thread's loop, begun if there is none."""
        loop = asyncio.get_running_loop()
        with self._lock:
            flights = self._flights.setdefault(key, {})
            if loop not in flights:
                flights[loop] = loop.create_task(self._load(key, loader), name=f"load {self.name}")
                flights[loop].add_done_callback(_seen)
            return flights[loop]

    async def _load(self, key: K, loader: Loader[K, V]) -> V | None:
        own = asyncio.current_task()
        loop = asyncio.get_running_loop()
        value = None
        try:
            value = await loader(key)
        finally:
            with self._lock:
                flights = self._flights.get(key, {})
                if flights.get(loop) is own:
                    del flights[loop]
                    if not flights:
                        del self._flights[key]
                    if value is not None:
                        self._hold(key, value)
        return value


def _seen(load: "asyncio.Task[V | None]") -> None:
    """The callers are told of a failure; where every one of them was cancelled there is nobody left to tell."""
    if not load.cancelled():
        load.exception()
