"""The cast of channels: how skilled and how honest each is (the truth), and what the provider says of it (the claim).

A claim is computed from the channel's own past calls, matured ones only, and never looks ahead. Dishonest channels
delete part of their losers before the provider counts.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from random import Random
from typing import NamedTuple

from tokenfilter.adapters.simulator import figures
from tokenfilter.adapters.simulator.names import channel_names
from tokenfilter.adapters.simulator.price_path import draw_close, draw_multiple
from tokenfilter.adapters.simulator.sampling import between, from_table, median, number, percent, whole
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.ids import ChannelId

MATURED_AFTER = timedelta(hours=24)
COUNTED_FOR = timedelta(days=30)
FEWEST_FOR_RATES = 5


class Style(StrEnum):
    """How a channel finds what it calls."""

    SCANNER = "scanner"
    CALLER = "caller"
    COPYCAT = "copycat"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTruth:
    """What a channel really is. `skill` is the chance that its own finds reach 2x within a day."""

    channel: ChannelId
    style: Style
    skill: float
    honest: bool
    follows: tuple[ChannelId, ...] = ()


class Outcome(NamedTuple):
    """What became of one call within its day: `peak` and `close` over the entry; `hidden` if it was deleted since."""

    called_at: datetime
    peak: float
    close: float
    first: bool
    hidden: bool

    @property
    def is_win(self) -> bool:
        """Whether it reached twice the entry."""
        return self.peak >= 2

    @property
    def is_loss(self) -> bool:
        """Whether it never did and ended below the entry."""
        return not self.is_win and self.close < 1


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel and its calls, oldest first; only the latest are kept, as the provider looks no further back."""

    truth: ChannelTruth
    calls_a_day: float
    subscribers: int
    loser_hiding: float
    messages: int
    outcomes: deque[Outcome] = field(default_factory=lambda: deque(maxlen=2 * figures.RECORD_KEPT))

    def remember(self, random: Random, *, called_at: datetime, peak: float, close: float, first: bool) -> None:
        """Keep what will have become of a call; a claim sees it only once the call has matured."""
        hidden = peak < 2 and random.random() < self.loser_hiding
        self.outcomes.append(Outcome(called_at=called_at, peak=peak, close=close, first=first, hidden=hidden))

    def claim(self, as_of: datetime) -> ChannelStats:
        """What the provider says of the channel at an instant, by what had matured then."""
        seen = [
            o for o in self.outcomes if not o.hidden and as_of - COUNTED_FOR <= o.called_at <= as_of - MATURED_AFTER
        ][-figures.RECORD_KEPT :]
        values = {"record": whole(len(seen)), "perday": percent(self.calls_a_day), "subs": whole(self.subscribers)}
        if len(seen) >= FEWEST_FOR_RATES:
            values |= _rates(seen)
        return ChannelStats(channel=self.truth.channel, as_of=as_of, values=values)


def _rates(seen: Sequence[Outcome]) -> dict[str, Decimal]:
    wins, losses = sum(o.is_win for o in seen), sum(o.is_loss for o in seen)
    gains = [min(o.peak, figures.GAIN_CAP) if o.is_win else o.close for o in seen]
    rates = {
        "hit": percent(100 * wins / len(seen)),
        "gain": percent(100 * (sum(gains) / len(gains) - 1)),
        "median": number(round(median(o.peak for o in seen), 2)),
        "best": number(round(max(o.peak for o in seen), 2)),
        "streak": whole(sum(1 for _ in takewhile(lambda o: o.is_win, reversed(seen)))),
        "orig": percent(100 * sum(o.first for o in seen) / len(seen)),
    }
    if wins + losses >= FEWEST_FOR_RATES:
        rates["win"] = percent(100 * wins / (wins + losses))
    return rates


def draw_cast(random: Random, *, start: datetime, rate: float) -> list[Channel]:
    """All channels, each with a record of past calls drawn from its true skill."""
    names = channel_names(random)
    first_calls = figures.FIRST_CALLS_A_DAY * rate
    scanned = first_calls * figures.SCANNER_SHARE_OF_FIRST_CALLS
    cast = [
        *_draw_style(random, names, Style.SCANNER, figures.SCANNERS, scanned / figures.SCANNERS),
        *_draw_style(random, names, Style.CALLER, figures.CALLERS, (first_calls - scanned) / figures.CALLERS),
    ]
    cast += _draw_copycats(random, names, list(cast))
    for channel in cast:
        _draw_past(random, channel, start)
    return cast


def _draw_style(
    random: Random, names: Iterator[ChannelId], style: Style, count: int, calls_a_day: float
) -> Iterator[Channel]:
    skills = figures.SCANNER_SKILL if style is Style.SCANNER else figures.CALLER_SKILL
    for place in range(count):
        honest = place >= count * figures.DISHONEST_SHARE[style]
        truth = ChannelTruth(channel=next(names), style=style, skill=between(random, skills), honest=honest)
        yield _channel(random, truth, calls_a_day * random.uniform(0.4, 1.6))


def _draw_copycats(random: Random, names: Iterator[ChannelId], leaders: list[Channel]) -> Iterator[Channel]:
    """Every leader is copied by one of them; they are dealt out at random."""
    dealt = random.sample(leaders, len(leaders))
    for place in range(figures.COPYCATS):
        followed = dealt[place :: figures.COPYCATS]
        truth = ChannelTruth(
            channel=next(names),
            style=Style.COPYCAT,
            skill=sum(c.truth.skill for c in followed) / len(followed),
            honest=place >= figures.COPYCATS * figures.DISHONEST_SHARE[Style.COPYCAT],
            follows=tuple(c.truth.channel for c in followed),
        )
        yield _channel(random, truth, sum(c.calls_a_day for c in followed) * figures.COPIED_SHARE)


def _channel(random: Random, truth: ChannelTruth, calls_a_day: float) -> Channel:
    return Channel(
        truth=truth,
        calls_a_day=calls_a_day,
        subscribers=int(random.lognormvariate(8.6, 1.2)),
        loser_hiding=0.0 if truth.honest else between(random, figures.LOSERS_HIDDEN),
        messages=random.randint(40, 9_000),
    )


def _draw_past(random: Random, channel: Channel, start: datetime) -> None:
    """The calls before the simulation begins, the last day's included, which mature only later.

    One channel in eight is so young that its record says little.
    """
    most = figures.RECORD_KEPT + int(channel.calls_a_day)
    age_days = random.uniform(1.0, 1.6) if random.random() < 0.125 else 30.0
    count = min(most, int(channel.calls_a_day * age_days), channel.outcomes.maxlen or most)
    originality = {Style.SCANNER: 0.85, Style.CALLER: 0.6, Style.COPYCAT: 0.06}[channel.truth.style]
    typical = from_table(figures.MCAP_AT_CALL, 0.5)
    for back in range(count, 0, -1):
        hit = random.random() < channel.truth.skill
        peak = draw_multiple(random, entry=typical, hit=hit)
        channel.remember(
            random,
            called_at=start - timedelta(days=(back - random.random()) / channel.calls_a_day),
            peak=peak,
            close=draw_close(random, multiple=peak),
            first=random.random() < originality,
        )
