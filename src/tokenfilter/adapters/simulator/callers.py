"""Who calls a coin: the one who finds it, those who copy, and those who find it later."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random

from tokenfilter.adapters.simulator import figures
from tokenfilter.adapters.simulator.cast import Channel, Style
from tokenfilter.domain.ids import ChannelId

_FIND_TRIES = 6


class Callers:
    """Draws channels, each as often as its calls a day say."""

    def __init__(self, cast: Sequence[Channel]) -> None:
        self._finders = [c for c in cast if c.truth.style is not Style.COPYCAT]
        self._weights = list(accumulate(c.calls_a_day for c in self._finders))
        self._humans = [c for c in self._finders if c.truth.style is Style.CALLER]
        self._followers: dict[ChannelId, list[Channel]] = {}
        for channel in cast:
            for followed in channel.truth.follows:
                self._followers.setdefault(followed, []).append(channel)

    def first(self, random: Random) -> Channel:
        """The channel that finds the next coin."""
        return random.choices(self._finders, cum_weights=self._weights)[0]

    def copies(self, random: Random, caller: Channel) -> Iterator[tuple[Channel, float]]:
        """Who repeats a call of `caller`, and how many seconds later (10 to 60)."""
        for follower in self._followers.get(caller.truth.channel, ()):
            if random.random() < figures.COPIED_SHARE:
                yield follower, random.uniform(10, 60)

    def second_after(self, random: Random) -> float:
        """Seconds until somebody else finds the same coin."""
        return min(max(random.lognormvariate(math.log(8 * 60), 1.2), 20.0), 10 * 3_600.0)

    def finder(self, random: Random, *, will_hit: bool) -> Channel | None:
        """A channel that finds a coin somebody called before, as likely as its skill says; None if nobody does.

        Whoever is skilled finds mostly what will still reach 2x, so that its skill holds for later calls too.
        """
        for _ in range(_FIND_TRIES):
            channel = random.choice(self._humans)
            if (random.random() < channel.truth.skill) is will_hit:
                return channel
        return None
