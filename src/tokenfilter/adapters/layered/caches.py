"""Which caches there are, how much each holds and how long, and what ends a value early (R27, R28).

They serve screens and sends: judging reads its own index.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic

from tokenfilter.adapters.layered.smart_cache import CacheFigures, SmartCache
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.invalidations import Invalidations, Stale

SWEPT_EVERY = timedelta(minutes=1)
SERVED_STALE_FOR = timedelta(hours=1)


class Caches:
    """The caches of a process, each under its name; keys are texts, as news between processes spell them.

    `channels` holds the newest line of a channel, `settings` the subscriber of a chat. Values age by `timer`, seconds
    that never run back; `clock` says when it is time to sweep.
    """

    def __init__(self, *, clock: Clock, timer: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        five, thirty = timedelta(minutes=5), timedelta(minutes=30)
        self.channels = SmartCache[str, ChannelStats]("channels", ttl=thirty, most=1_000, timer=timer)
        self.settings = SmartCache[str, Subscriber](
            "settings", ttl=five, most=5_000, stale_for=SERVED_STALE_FOR, timer=timer
        )
        self.subscriptions = SmartCache[str, object]("subscriptions", ttl=five, most=5_000, timer=timer)
        self.permissions = SmartCache[str, object]("permissions", ttl=five, most=1_000, timer=timer)
        self.wallet = SmartCache[str, object]("wallet", ttl=timedelta(seconds=30), most=5_000, timer=timer)

    def named(
        self,
    ) -> Mapping[str, SmartCache[str, ChannelStats] | SmartCache[str, Subscriber] | SmartCache[str, object]]:
        """Every cache by its name."""
        every = (self.channels, self.settings, self.subscriptions, self.permissions, self.wallet)
        return {cache.name: cache for cache in every}

    def figures(self) -> Mapping[str, CacheFigures]:
        """What each did until now, by its name."""
        return {name: cache.figures() for name, cache in self.named().items()}

    def apply(self, stale: Stale | None) -> None:
        """Give up what is no longer true; None: anything may be untrue. News of caches that are not here do nothing."""
        named = self.named()
        if stale is None:
            for cache in named.values():
                cache.doubt()
        elif stale.cache in named:
            cache = named[stale.cache]
            cache.clear() if stale.key is None else cache.invalidate(stale.key)

    async def follow(self, invalidations: Invalidations) -> None:
        """Apply what is told, until cancelled."""
        async for stale in invalidations.heard():
            self.apply(stale)

    async def swept(self) -> None:
        """Give up what is past its time every minute, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + SWEPT_EVERY)
            for cache in self.named().values():
                cache.sweep()
