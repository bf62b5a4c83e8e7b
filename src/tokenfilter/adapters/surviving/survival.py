"""Whether the real-time store answers, and the way back once it does again.

What is remembered meanwhile is the survivors' business, one a port; what an emptied store gets back from the permanent
one is app/rebuild_state's.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import PortError, StaleOwnerError, UnavailableError
from tokenfilter.ports.health_probe import HealthProbe
from tokenfilter.ports.telemetry import Telemetry

_T = TypeVar("_T")

_LOOK_EVERY = timedelta(seconds=1)
_FIRST_PAUSE = timedelta(milliseconds=200)
_LONGEST_PAUSE = timedelta(seconds=5)
_SIDE_BY_SIDE = 16
_ROUNDS = 100
"""A store that stays behind after so many rounds of bringing over is treated as away again."""


async def side_by_side(tell: Callable[[_T], Awaitable[object]], items: Iterable[_T]) -> None:
    """Tell the store of many things, some at a time, so that bringing over takes no longer than it must."""
    for batch in batched(items, _SIDE_BY_SIDE):
        await asyncio.gather(*map(tell, batch))


def batched(items: Iterable[_T], size: int) -> Iterator[tuple[_T, ...]]:
    """Items in their order, so many at a time."""
    left = iter(items)
    while batch := tuple(islice(left, size)):
        yield batch


class Survivor(ABC):
    """Remembers for one port what the store must still be told."""

    @property
    @abstractmethod
    def is_ahead(self) -> bool:
        """Whether anything happened here that the store does not know."""

    @abstractmethod
    async def bring_over(self, *, wiped: bool) -> None:
        """Tell the store what happened meanwhile; if it was `wiped`, also what it had known before. Repeating is safe.

        Raises:
            UnavailableError: the store is away again.
        """


class Survival:
    """The link to the store: up, or down since an instant. On the way back survivors are asked in order.

    `met_at` is when this process began to use the store as it is now. `alone` says whether it can do all that happens
    between hearing and telling: then it goes on while the store is away. Others wait: what they would do next is done
    elsewhere.
    """

    def __init__(
        self,
        *,
        probe: HealthProbe,
        clock: Clock,
        telemetry: Telemetry,
        random: Callable[[], float],
        alone: bool = True,
    ) -> None:
        self.alone = alone
        self._probe = probe
        self._clock = clock
        self._telemetry = telemetry
        self._random = random
        self._rebuild: Callable[[], Awaitable[object]] = _nothing
        self._survivors: list[Survivor] = []
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._up.set()
        self._epoch: str | None = None
        self.since: datetime | None = None
        self.losses = 0
        self._back_at: datetime | None = None
        self.met_at = clock.now()

    @property
    def is_up(self) -> bool:
        """Whether the store is to be used."""
        return self._up.is_set()

    def now(self) -> datetime:
        """What the clock says."""
        return self._clock.now()

    def join(self, survivor: Survivor) -> None:
        """Bring this one over as well, after those that joined before it."""
        self._survivors.append(survivor)

    async def attempt(self, action: Callable[[], Awaitable[_T]]) -> _T:
        """Do something that is safe to repeat with the store, twice if need be.

        Raises:
            UnavailableError: the store is away; act in its place.
            StaleOwnerError: as the action says; the store is what it was.
        """
        losses = self.losses
        done = await self._tried(action)
        if self.losses != losses:  # what answered so late may have been another one, and empty
            raise UnavailableError(f"{self._probe.name} was away", acted=None)
        return done

    async def _tried(self, action: Callable[[], Awaitable[_T]]) -> _T:
        for last in (False, True):
            if not self.is_up:
                raise UnavailableError(f"{self._probe.name} is away")
            try:
                return await action()
            except StaleOwnerError:
                if await self.is_gone():  # an emptied store knows no owner
                    raise UnavailableError(f"{self._probe.name} is away") from None
                raise
            except UnavailableError as error:
                if last:
                    self.lost(str(error))
                if last or await self.is_gone():  # all that is seen of being emptied at once may be a broken connection
                    raise
        raise AssertionError("unreachable")

    async def is_gone(self) -> bool:
        """Ask whether the store is away or was emptied; if so, everybody goes on without it from now on."""
        if not self.is_up:
            return True
        losses = self.losses
        try:
            reason = None if await self._probe.probe() == self._epoch else "its data are gone"
        except UnavailableError as error:
            reason = str(error)
        if reason is not None:
            self.lost(reason)
        return self.losses != losses

    async def wait_with(self, read: Callable[[], Awaitable[_T]], late: deque[_T]) -> _T:
        """The same for a read that waits: it ends when the store is found to be away by anyone.

        What a read brings that nobody waits for any more goes to `late`, and is what the next one brings.
        """
        if late:
            return late.popleft()
        reading = asyncio.ensure_future(self._tried(read))
        gone = asyncio.ensure_future(self._down.wait())
        is_left = True
        try:
            await asyncio.wait({reading, gone}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                is_left = False
                return reading.result()
            raise UnavailableError(f"{self._probe.name} is away")
        finally:
            gone.cancel()
            if is_left:
                reading.cancel()
                await asyncio.wait([reading])
                if not reading.cancelled() and reading.exception() is None:
                    late.append(reading.result())

    def is_back_for(self, span: timedelta) -> bool:
        """Whether it is that long ago that the store came back, if it was ever away."""
        return self._back_at is None or self._clock.now() >= self._back_at + span

    def stand_in(self) -> None:
        """Return if this process may act in the store's place.

        Raises:
            UnavailableError: it may not; repeat when the store is back.
        """
        if not self.alone:
            raise UnavailableError(f"{self._probe.name} is away")

    async def until_up(self) -> None:
        """Return once the store is to be used."""
        await self._up.wait()

    def lost(self, reason: str) -> None:
        """The store does not answer: everybody goes on without it."""
        if self.is_up:
            self.losses += 1
            self.since = self._clock.now()
            self._up.clear()
            self._down.set()
            self._telemetry.state_changed(self._probe.name, "down", reason, now=self.since)

    async def begin(self, *, rebuild: Callable[[], Awaitable[object]]) -> None:
        """Meet the store for the first time; should it lose what it holds, `rebuild` gives back what is kept elsewhere.

        Raises:
            UnavailableError: it does not answer.
        """
        self._epoch = await self._probe.probe()
        self._rebuild = rebuild
        self._telemetry.state_changed(self._probe.name, "up", "answers", now=self._clock.now())

    async def run(self) -> None:
        """Look now and then whether the store is what it was, and bring everybody over when it is back."""
        while True:
            while self.is_up:
                await self._look_later()
            pause = _FIRST_PAUSE
            while not await self._returns():
                jittered = pause * (0.5 + self._random() / 2)
                await self._clock.sleep_until(self._clock.now() + jittered)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _look_later(self) -> None:
        """Return once the store is known to be away, or was found to be what it was."""
        down = asyncio.ensure_future(self._down.wait())
        timer = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + _LOOK_EVERY))
        try:
            await asyncio.wait({down, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            down.cancel()
            timer.cancel()
        if self.is_up:
            await self.is_gone()

    async def _returns(self) -> bool:
        """Try to come back; False if the store is still, or again, away."""
        try:
            epoch = await self._probe.probe()
            self._telemetry.state_changed(self._probe.name, "returning", "answers again", now=self._clock.now())
            wiped = epoch != self._epoch
            if wiped:
                await self._rebuild()
            await self._bring_over(wiped=wiped)
        except PortError as error:  # whatever is wrong: going on without the store is better than ending
            self._telemetry.failed(self._probe.name, str(error), now=self._clock.now())
            return False
        self._epoch, self.since = epoch, None
        self._back_at = self.met_at = self._clock.now()
        self._down.clear()
        self._up.set()
        reason = "its data were gone and are restored" if wiped else "as it was"
        self._telemetry.state_changed(self._probe.name, "up", reason, now=self._clock.now())
        return True

    async def _bring_over(self, *, wiped: bool) -> None:
        """Ask the survivors in turn until none is ahead: between that look and the switch nobody can act."""
        for survivor in self._survivors:
            await survivor.bring_over(wiped=wiped)
        for _ in range(_ROUNDS):
            ahead = [s for s in self._survivors if s.is_ahead]
            if not ahead:
                return
            for survivor in ahead:
                await survivor.bring_over(wiped=False)
        raise UnavailableError(f"{self._probe.name} does not keep up")


async def _nothing() -> None:
    """Nothing is kept elsewhere."""
