"""The simulated market: what happens, in the order in which a feed would deliver it. Pure, endless, fixed by its seed.

How lines are worded and spoilt stands in wire.py, who calls in callers.py.
"""

import heapq
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import NamedTuple

from tokenfilter.adapters.simulator import figures, ticks
from tokenfilter.adapters.simulator.callers import Callers
from tokenfilter.adapters.simulator.cast import Channel, ChannelTruth, draw_cast
from tokenfilter.adapters.simulator.launches import Coin, draw_coin
from tokenfilter.adapters.simulator.price_path import DAY
from tokenfilter.adapters.simulator.snapshot import dust, sight
from tokenfilter.adapters.simulator.wire import Wire
from tokenfilter.domain.event import FeedLine, Tick
from tokenfilter.domain.ids import ChannelId

LEAD_S = 600.0
"""A coin is drawn this long before its first call, so that its launch can be told in time."""

_LAUNCH_TOLD_SHARE = 0.08
_HOUR = 3_600.0


class Due(NamedTuple):
    """A line and the instant at which the feed delivers it."""

    at: datetime
    line: FeedLine


class Market:
    """A market that begins at `start`; the same seed, start, rate and `dense_from` always give the same lines.

    `rate` multiplies how much happens. Price ticks before `dense_from` are thinned to those that decide outcomes.
    """

    def __init__(self, *, seed: int, start: datetime, dense_from: datetime, rate: float = 1.0) -> None:
        self._start = start
        self._rate = rate
        self._dense_from = (dense_from - start).total_seconds()
        self._agenda: list[tuple[float, int, FeedLine | Callable[[float], None]]] = []
        self._order = count()
        self._coins = Random(f"{seed}/coins")
        self._crowd = Random(f"{seed}/callers")
        self._wicks = Random(f"{seed}/ticks")
        self._cast = draw_cast(Random(f"{seed}/channels"), start=start, rate=rate)
        self._callers = Callers(self._cast)
        self._wire = Wire(Random(f"{seed}/wire"))

    def truth(self) -> Mapping[ChannelId, ChannelTruth]:
        """What the channels really are, whatever is claimed of them: for checks, never told by the feed."""
        return {c.truth.channel: c.truth for c in self._cast}

    def lines(self) -> Iterator[Due]:
        """Everything that happens from the start on, in order of delivery, without end."""
        for channel in self._cast:
            self._put(0.0, channel.claim(self._start))
            self._do(DAY * self._crowd.random(), self._claimer(channel))
        self._do(-LEAD_S, self._first_call)
        self._do(self._until_next(0.0, figures.LAUNCHES_UNCALLED_A_DAY), self._uncalled_launch)
        while True:
            at, _, what = heapq.heappop(self._agenda)
            if callable(what):
                what(at)
            elif at >= 0:
                yield Due(at=self._instant(at), line=what)

    def _put(self, at: float, line: FeedLine) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), line))

    def _do(self, at: float, work: Callable[[float], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), work))

    def _instant(self, at: float) -> datetime:
        return self._start + timedelta(seconds=at)

    def _until_next(self, at: float, a_day: float) -> float:
        """Seconds to the next of something that happens `a_day` times a day; a little busier in the afternoon."""
        hour = self._instant(at).hour
        busy = 1 + figures.DAILY_SWING * math.sin(2 * math.pi * (hour - 9) / 24)
        return self._coins.expovariate(a_day * self._rate * busy / DAY)

    def _claimer(self, channel: Channel) -> Callable[[float], None]:
        def issue(at: float) -> None:
            self._put(at, channel.claim(self._instant(at)))
            self._do(at + DAY, issue)

        return issue

    def _first_call(self, at: float) -> None:
        """Draw the coin that is first called LEAD_S from now, and plan the next one."""
        called = at + LEAD_S
        caller = self._callers.first(self._crowd)
        hit = self._coins.random() < caller.truth.skill
        coin = draw_coin(self._coins, called_at=self._instant(called), hit=hit)
        age = coin.path.called_at
        if age < LEAD_S and self._coins.random() < _LAUNCH_TOLD_SHARE:
            self._tell_launch(coin, called - age)
        self._do(called, partial(self._begin, coin, caller))
        self._do(at + self._until_next(at, figures.FIRST_CALLS_A_DAY), self._first_call)

    def _uncalled_launch(self, at: float) -> None:
        coin = draw_coin(self._coins, called_at=self._instant(at + LEAD_S), hit=False)
        self._tell_launch(coin, at)
        self._do(at + self._until_next(at, figures.LAUNCHES_UNCALLED_A_DAY), self._uncalled_launch)

    def _tell_launch(self, coin: Coin, at: float) -> None:
        for due, line in self._wire.launch(coin, self._instant(at + 2)):
            self._put(at + 2 + due, line)

    def _begin(self, coin: Coin, caller: Channel, at: float) -> None:
        """The first call, and what follows from it: those who copy it, later finders, repeats, ticks."""
        self._call(coin, caller, at)
        for channel, after in self._callers.copies(self._crowd, caller):
            self._do(at + after, partial(self._call, coin, channel))
        if self._crowd.random() < figures.SECOND_CALLER_SHARE:
            self._do(at + self._callers.second_after(self._crowd), partial(self._find_again, coin))
        if self._crowd.random() < figures.REPEAT_CALL_SHARE:
            self._do(at + self._crowd.uniform(600, 6 * _HOUR), partial(self._call, coin, caller))
        self._plan_ticks(coin, at)

    def _find_again(self, coin: Coin, at: float) -> None:
        now = coin.at(self._instant(at))
        will_hit = coin.path.peak_within(now, now + DAY)[0] >= 2 * coin.path.mcap(now)
        finder = self._callers.finder(self._crowd, will_hit=will_hit)
        if finder is not None and finder.truth.channel not in coin.callers:
            self._call(coin, finder, at)

    def _call(self, coin: Coin, channel: Channel, at: float) -> None:
        called_at = self._instant(at)
        now = coin.at(called_at)
        if channel.truth.channel not in coin.callers:
            entry = coin.path.mcap(now)
            channel.remember(
                self._crowd,
                called_at=called_at,
                peak=coin.path.peak_within(now, now + DAY)[0] / entry,
                close=coin.path.mcap(now + DAY) / entry,
                first=not coin.callers,
            )
            coin.callers.add(channel.truth.channel)
        coin.calls.append(self._wire.call(coin, channel, called_at))
        for due, line in self._wire.heard(coin, called_at):
            self._put(at + due, line)

    def _plan_ticks(self, coin: Coin, called: float) -> None:
        launched = called - coin.path.called_at
        for after in ticks.deciding(coin.path):
            self._do(called + after, partial(self._tick, coin, launched))
        self._plan_next_tick(coin, called, ticks.ordinary(self._dense_from - called))
        if self._wicks.random() < figures.DUST_WICK_SHARE:
            self._do(called + self._wicks.uniform(20, 4 * _HOUR), partial(self._wick, coin, launched))

    def _plan_next_tick(self, coin: Coin, called: float, offsets: Iterator[float]) -> None:
        after = next(offsets, None)
        if after is not None:
            self._do(called + after, partial(self._ordinary_tick, coin, called, offsets))

    def _ordinary_tick(self, coin: Coin, called: float, offsets: Iterator[float], at: float) -> None:
        self._tick(coin, called - coin.path.called_at, at)
        self._plan_next_tick(coin, called, offsets)

    def _tick(self, coin: Coin, launched: float, at: float) -> None:
        tick = Tick(token=coin.token, observed_at=self._instant(at), market=sight(coin, at - launched).price())
        self._put(at + self._wicks.uniform(0.1, 0.9), tick)

    def _wick(self, coin: Coin, launched: float, at: float) -> None:
        factor = 10 ** self._wicks.uniform(1.5, 8.5)
        tick = Tick(token=coin.token, observed_at=self._instant(at), market=dust(coin, at - launched, factor=factor))
        self._put(at + 0.3, tick)
