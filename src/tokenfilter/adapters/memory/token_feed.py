"""A feed that says what it was given."""

from collections.abc import AsyncIterator, Iterable

from tokenfilter.domain.event import FeedLine
from tokenfilter.ports.token_feed import TokenFeed, Unreadable


class ListFeed(TokenFeed):
    """The given lines, once, in order."""

    def __init__(self, lines: Iterable[FeedLine | Unreadable], *, name: str = "memory", recorded: bool = True) -> None:
        self._lines = list(lines)
        self._name = name
        self._recorded = recorded

    @property
    def name(self) -> str:
        return self._name

    @property
    def recorded(self) -> bool:
        return self._recorded

    async def lines(self) -> AsyncIterator[FeedLine | Unreadable]:
        for line in self._lines:
            yield line
