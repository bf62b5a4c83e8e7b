"""Channels' statistics in this process's memory."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from datetime import datetime

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.ids import ChannelId
from tokenfilter.ports.channels import Channels

_LINES_KEPT = 400
"""A channel: more than a year of daily lines."""


class MemoryChannels(Channels):
    """Lines of each channel in order of the instant from which they hold."""

    def __init__(self) -> None:
        self._lines: dict[ChannelId, list[ChannelStats]] = {}

    async def put(self, stats: ChannelStats) -> None:
        lines = self._lines.setdefault(stats.channel, [])
        lines[:] = [line for line in lines if line.as_of != stats.as_of]
        insort(lines, stats, key=lambda line: line.as_of)
        del lines[:-_LINES_KEPT]

    async def as_of(self, channels: Iterable[ChannelId], at: datetime) -> Mapping[ChannelId, ChannelStats]:
        found: dict[ChannelId, ChannelStats] = {}
        for channel in channels:
            lines = self._lines.get(channel, [])
            position = bisect_right(lines, at, key=lambda line: line.as_of)
            if position:
                found[channel] = lines[position - 1]
        return found
