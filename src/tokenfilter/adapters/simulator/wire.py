"""How the feed words what happens, and how it spoils it: missing facts, late lines, duplicates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from tokenfilter.adapters.simulator import figures
from tokenfilter.adapters.simulator.cast import Channel
from tokenfilter.adapters.simulator.launches import Coin
from tokenfilter.adapters.simulator.sampling import number
from tokenfilter.adapters.simulator.snapshot import sight
from tokenfilter.domain.call import Call
from tokenfilter.domain.event import Heard
from tokenfilter.domain.ids import EventId

_KNOWN_AT_ONCE = ("price", "liq", "vol5m", "buys5m", "sells5m")
_YOUNG_S = 1_200.0
_ONE_BY_ONE_SHARE = 0.3


class Wire:
    """Turns calls and launches into lines with the seconds after which each is delivered."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def call(self, coin: Coin, channel: Channel, called_at: datetime) -> Call:
        """The call as the channel posts it, with the size it saw."""
        channel.messages += 1
        size = number(coin.path.mcap(coin.at(called_at)))
        name = channel.truth.channel
        url = f"https://t.me/{name.removeprefix('@')}/{channel.messages}"
        return Call(channel=name, called_at=called_at, market_cap_usd=size, fdv_usd=size, message_url=url)

    def launch(self, coin: Coin, at: datetime) -> Iterator[tuple[float, Heard]]:
        """A token that nobody has called."""
        yield self._latency(), self._event(coin, at, sparse=True)

    def heard(self, coin: Coin, called_at: datetime) -> Iterator[tuple[float, Heard]]:
        """The event of the coin's latest call, perhaps sparse with the rest 30 s later, perhaps twice."""
        wait = self._random.uniform(0.4, 2.0)
        at = called_at + timedelta(milliseconds=round(wait * 1000))
        is_young = len(coin.calls) == 1 and coin.at(called_at) < _YOUNG_S
        sparse = is_young and self._random.random() < figures.MISSING_AT_FIRST
        event = self._event(coin, at, sparse=sparse)
        due = wait + self._latency()
        yield due, event
        if sparse:
            yield (
                due + figures.MISSING_FOR_S,
                self._event(coin, at + timedelta(seconds=figures.MISSING_FOR_S), sparse=False),
            )
        chance = self._random.random()
        if chance < figures.DUPLICATE_SAME_ID:
            yield due + self._random.uniform(0.5, 10), event
        elif chance < figures.DUPLICATE_SAME_ID + figures.DUPLICATE_OTHER_ID:
            yield due + self._random.uniform(0.5, 10), replace(event, id=self._id())

    def _event(self, coin: Coin, at: datetime, *, sparse: bool) -> Heard:
        seen = sight(coin, coin.at(at))
        market = seen.market()
        calls = tuple(coin.calls)
        if len(calls) > 1 and self._random.random() < _ONE_BY_ONE_SHARE:
            calls = calls[-1:]
        return Heard(
            token=coin.token,
            observed_at=at,
            id=self._id(),
            facts=coin.facts if seen.graduated else coin.facts_before,
            market={name: market[name] for name in _KNOWN_AT_ONCE} if sparse else market,
            flags={} if sparse else seen.flags,
            calls=calls,
        )

    def _id(self) -> EventId:
        return EventId(f"sim-{self._random.getrandbits(64):016x}")

    def _latency(self) -> float:
        """Seconds from observation to delivery; a few lines take so long that others overtake them."""
        if self._random.random() < figures.LATE_SHARE:
            return self._random.uniform(5, 90)
        return 0.15 + self._random.expovariate(1 / 0.35)
