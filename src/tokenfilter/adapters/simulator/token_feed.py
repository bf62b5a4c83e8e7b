"""The simulated market as feeds: its past told at once, its present by the clock, and the stage's scenes."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count

from tokenfilter.adapters.simulator.cast import ChannelTruth
from tokenfilter.adapters.simulator.market import Due, Market
from tokenfilter.adapters.simulator.scene import Scene, shifted
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED, FeedLine
from tokenfilter.domain.ids import ChannelId
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import TokenFeed, Unreadable

_BREATHE_EVERY = 50
_MOST_STAGED = 10_000


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


class StageFeed(TokenFeed):
    """What is made to happen on demand. One reader at a time."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[datetime, int, FeedLine]] = []
        self._order = count()
        self._added = asyncio.Event()

    @property
    def name(self) -> str:
        return "stage"

    @property
    def recorded(self) -> bool:
        return False

    async def play(self, scene: Scene) -> None:
        """Have a scene's lines told from now on, each after its delay; does not wait for them.

        All instants move by as much as the scene starts later than it was made for, so that a call stays the same call
        and every age stays what was promised.

        Raises:
            UnavailableError: too many lines wait already (10,000); nothing of the scene is told.
        """
        if len(self._waiting) + len(scene.lines) > _MOST_STAGED:
            raise UnavailableError("the stage is still busy with earlier scenes")
        start = self._clock.now()
        for delay, line in scene.lines:
            heapq.heappush(self._waiting, (start + delay, next(self._order), shifted(line, by=start - scene.at)))
        self._added.set()

    async def lines(self) -> AsyncIterator[FeedLine | Unreadable]:
        while True:
            self._added.clear()
            while self._waiting and self._waiting[0][0] <= self._clock.now():
                yield heapq.heappop(self._waiting)[2]
            await self._something_due()

    async def _something_due(self) -> None:
        """Return when the next line is due, or something new may be due before it."""
        if not self._waiting:
            await self._added.wait()
            return
        due = asyncio.ensure_future(self._clock.sleep_until(self._waiting[0][0]))
        added = asyncio.ensure_future(self._added.wait())
        try:
            await asyncio.wait((due, added), return_when=asyncio.FIRST_COMPLETED)
        finally:
            due.cancel()
            added.cancel()
