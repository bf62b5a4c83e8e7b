"""Channels' statistics in Redis: every line for good, and the newest beside them for half an hour (R18).

Which line counts as of an instant is the domain's; what is asked again and again is kept in memory in front of this.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from tokenfilter.adapters.redis.connection import RedisConnection, Script, translated
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.stored import read
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.plain.event import stats_from_plain, stats_to_plain
from tokenfilter.domain.plain.measures import micros
from tokenfilter.domain.plain.text import dumps
from tokenfilter.ports.channels import Channels

LINES_KEPT = 400
"""A channel: more than a year of daily lines."""

NEWEST_FOR = timedelta(minutes=30)

_MILLISECOND = timedelta(milliseconds=1)
_PUT, _FIND = Script("channel_put", "channel_newest"), Script("channel_find", "channel_newest")


class RedisChannels(Channels):
    """A sorted set of lines a channel. `hits` and `misses` count look-ups without and with asking it.

    The string beside it holds the newest line, or nothing where there is none: it answers for every instant from which
    that line holds.
    """

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        self.hits = 0
        self.misses = 0

    async def put(self, stats: ChannelStats) -> None:
        spelt = dumps(stats_to_plain(stats))
        await self._connection.run(
            _PUT, self._both(stats.channel), [NEWEST_FOR // _MILLISECOND, micros(stats.as_of), spelt, LINES_KEPT]
        )

    async def as_of(self, channels: Iterable[ChannelId], at: datetime) -> Mapping[ChannelId, ChannelStats]:
        asked = tuple(dict.fromkeys(channels))
        with translated():
            pipe = self._connection.reads.pipeline(transaction=False)
            for channel in asked:
                pipe.get(self._keys.channel(channel))
            newest = dict(zip(asked, await pipe.execute() if asked else (), strict=True))
        lines = {channel: _line(text) for channel, text in newest.items()}
        missing = [channel for channel in asked if _is_open(newest[channel], lines[channel], at)]
        self.hits += len(asked) - len(missing)
        self.misses += len(missing)
        lines.update(zip(missing, await asyncio.gather(*(self._find(c, at) for c in missing)), strict=True))
        return {channel: line for channel, line in lines.items() if line}

    async def _find(self, channel: ChannelId, at: datetime) -> ChannelStats | None:
        args = [NEWEST_FOR // _MILLISECOND, micros(at)]
        return _line(await self._connection.run(_FIND, self._both(channel), args))

    def _both(self, channel: ChannelId) -> list[str]:
        """The newest line, and all: the tag of the second is the whole of the first, so they share a slot."""
        newest = self._keys.channel(channel)
        return [newest, f"{self._keys.prefix}channel_lines:{{{newest}}}"]


def _line(text: str | None) -> ChannelStats | None:
    return read(text, stats_from_plain) if text else None


def _is_open(text: str | None, newest: ChannelStats | None, at: datetime) -> bool:
    """Whether what is known of the newest line does not answer yet."""
    return text is None or (newest is not None and newest.as_of > at)
