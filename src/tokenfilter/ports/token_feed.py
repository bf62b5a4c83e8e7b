"""A source of what is happening: events about tokens, prices, channels' statistics."""

from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from tokenfilter.domain.event import FeedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something a feed said that cannot be understood; it stops nothing and is kept for inspection."""

    reason: str
    sample: str


class TokenFeed(Protocol):
    """One source. `recorded` feeds keep the time of their lines: nothing in them counts as late."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name it is chosen by in the configuration."""

    @property
    @abstractmethod
    def recorded(self) -> bool:
        """Whether lines count as of their own time however long ago that was."""

    @abstractmethod
    def lines(self) -> AsyncIterator[FeedLine | Unreadable]:
        """Yield lines as they come, until the feed ends or the iterator is closed.

        A reader that is slow to ask for the next line holds the feed back. Losing and regaining the connection is the
        feed's own business; what came twice is told twice.

        Raises:
            UnavailableError: the feed cannot be opened and trying again would not help (a file that is not there).
        """
