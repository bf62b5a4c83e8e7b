"""What any feed must keep."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast

import pytest

from tokenfilter.domain.event import FeedLine
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import TokenFeed, Unreadable
from tokenfilter.testing.contracts import soon

Line = FeedLine | Unreadable


def reading(feed: TokenFeed) -> "aclosing[AsyncGenerator[Line, None]]":
    """The feed's lines, closed at the end of the block."""
    return aclosing(cast("AsyncGenerator[Line, None]", feed.lines()))


async def first(feed: TokenFeed, number: int) -> list[Line]:
    """The first lines of a feed."""
    found: list[Line] = []
    async with reading(feed) as lines:
        while len(found) < number:
            found.append(await soon(anext(lines)))
    return found


class TokenFeedContract:
    """Fixtures: `feed`; `said`, the lines it says first (at least 3, any number may follow)."""

    def test_a_feed_is_called_by_one_word(self, feed: TokenFeed) -> None:
        assert feed.name.isidentifier()

    async def test_lines_come_whole_and_in_order(self, feed: TokenFeed, said: Sequence[Line]) -> None:
        assert await first(feed, len(said)) == list(said)

    async def test_a_slow_reader_misses_nothing(self, feed: TokenFeed, said: Sequence[Line]) -> None:
        found = []
        async with reading(feed) as lines:
            for _ in said:
                found.append(await soon(anext(lines)))
                for _ in range(20):
                    await asyncio.sleep(0)
        assert found == list(said)

    async def test_a_reader_may_leave_in_the_middle(self, feed: TokenFeed, said: Sequence[Line]) -> None:
        async with reading(feed) as lines:
            assert await soon(anext(lines)) == said[0]
        with pytest.raises(StopAsyncIteration):
            await soon(anext(lines))

    async def test_whether_lines_keep_their_time_does_not_change_while_they_are_told(
        self, feed: TokenFeed, said: Sequence[Line]
    ) -> None:
        before = feed.recorded
        await first(feed, len(said))
        assert feed.recorded is before


class UnopenableTokenFeedContract:
    """For feeds that can fail for good. Fixtures: `unopenable`, a feed whose source is not there."""

    async def test_a_feed_that_cannot_be_opened_says_so(self, unopenable: TokenFeed) -> None:
        async with reading(unopenable) as lines:
            with pytest.raises(UnavailableError):
                await soon(anext(lines))
