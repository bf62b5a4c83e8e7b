"""Channels' statistics while the real-time store is away: what was put or asked of late is known here."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime

from tokenfilter.adapters.surviving.survival import Survival, Survivor, side_by_side
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.ids import ChannelId
from tokenfilter.ports.channels import Channels
from tokenfilter.ports.failures import UnavailableError

MOST_REMEMBERED = 5_000
"""Channels."""


class SurvivingChannels(Channels, Survivor):
    """The newest line of each channel that was met, and the lines the store must still be told."""

    def __init__(self, inner: Channels, survival: Survival) -> None:
        self._inner = inner
        self._survival = survival
        self._newest: OrderedDict[ChannelId, ChannelStats] = OrderedDict()
        self._behind: dict[tuple[ChannelId, datetime], ChannelStats] = {}
        survival.join(self)

    async def put(self, stats: ChannelStats) -> None:
        try:
            await self._survival.attempt(lambda: self._inner.put(stats))
        except UnavailableError:
            self._behind[stats.channel, stats.as_of] = stats
        self._meet(stats)

    async def as_of(self, channels: Iterable[ChannelId], at: datetime) -> Mapping[ChannelId, ChannelStats]:
        wanted = list(channels)
        try:
            found = await self._survival.attempt(lambda: self._inner.as_of(wanted, at))
        except UnavailableError:
            known = (self._newest.get(c) for c in wanted)
            return {line.channel: line for line in known if line and line.as_of <= at}
        for line in found.values():
            self._meet(line)
        return found

    @property
    def is_ahead(self) -> bool:
        return bool(self._behind)

    async def bring_over(self, *, wiped: bool) -> None:
        if wiped:
            await side_by_side(self._inner.put, list(self._newest.values()))
        for key, line in list(self._behind.items()):
            await self._inner.put(line)
            self._behind.pop(key, None)

    def _meet(self, line: ChannelStats) -> None:
        known = self._newest.get(line.channel)
        if known is None or known.as_of <= line.as_of:
            self._newest[line.channel] = line
        self._newest.move_to_end(line.channel)
        if len(self._newest) > MOST_REMEMBERED:
            self._newest.popitem(last=False)
