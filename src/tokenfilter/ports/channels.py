"""What is known of the calling channels."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.ids import ChannelId


class Channels(Protocol):
    """Statistics by channel and by the instant from which they hold."""

    @abstractmethod
    async def put(self, stats: ChannelStats) -> None:
        """Keep a line of statistics.

        Lines may come in any order; one with the same channel and instant replaces the other.
        """

    @abstractmethod
    async def as_of(self, channels: Iterable[ChannelId], at: datetime) -> Mapping[ChannelId, ChannelStats]:
        """Per channel the line with the greatest `as_of` not after `at`; channels without one are left out.

        Raises:
            UnavailableError: try again.
        """
