"""The simulated market as feeds: its past told at once, its present as the clock goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta

from tokenfilter.adapters.simulator.channels import ChannelTruth
from tokenfilter.adapters.simulator.market import Due, Market
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED, FeedLine
from tokenfilter.domain.ids import ChannelId
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.token_feed import TokenFeed, Unreadable

_BREATHE_EVERY = 50


class _Course:
    """The one course of a market that its past and its present share: whoever asks next gets the next line."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._lines = market.lines()
        self._ahead: Due = next(self._lines)

    @property
    def ahead(self) -> Due:
        """The next line, not yet taken."""
        return self._ahead

    def take(self) -> Due:
        """The next line."""
        taken, self._ahead = self._ahead, next(self._lines)
        return taken

    def until(self, clock: Clock) -> Iterator[Due]:
        """Take what is due by now, where now moves on meanwhile."""
        while self._ahead.at <= clock.now():
            yield self.take()


class PreRoll(TokenFeed):
    """What the market did before now, in its own time; ends when it has caught up with the clock."""

    def __init__(self, *, course: _Course, clock: Clock) -> None:
        self._course = course
        self._clock = clock

    @property
    def name(self) -> str:
        return "simulator-past"

    @property
    def recorded(self) -> bool:
        return True

    async def lines(self) -> AsyncIterator[FeedLine | Unreadable]:
        for number, due in enumerate(self._course.until(self._clock)):
            yield due.line
            if number % _BREATHE_EVERY == 0:
                await asyncio.sleep(0)


class SimulatorFeed(TokenFeed):
    """A market that began `pre_roll` ago and goes on by the clock; `past` is the feed of what came before.

    Read `past` to its end first, then this: together they tell every line once. Where the past was not read, only the
    channels' statistics of it are told, as they still hold.
    """

    def __init__(self, *, clock: Clock, seed: int, pre_roll: timedelta, rate: float = 1.0) -> None:
        now = clock.now()
        self._clock = clock
        self._course = _Course(Market(seed=seed, start=now - pre_roll, dense_from=now, rate=rate))
        self.past = PreRoll(course=self._course, clock=clock)

    @property
    def name(self) -> str:
        return "simulator"

    @property
    def recorded(self) -> bool:
        return False

    def truth(self) -> Mapping[ChannelId, ChannelTruth]:
        """What the channels really are: for checks, never told by the feed."""
        return self._course.market.truth()

    async def lines(self) -> AsyncIterator[FeedLine | Unreadable]:
        opened_at = self._clock.now()
        while True:
            due = self._course.ahead
            if due.at < opened_at - CLOCK_SKEW_ALLOWED and not isinstance(due.line, ChannelStats):
                self._course.take()
                continue
            await self._clock.sleep_until(due.at)
            yield self._course.take().line
