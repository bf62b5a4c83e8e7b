"""The events of the matching benchmark: tokens whose twenty metrics are correlated log-normals, called by 1-8 channels.

Everything is drawn from one seed. What filters ask of such events stands in filters.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import exp, sqrt
from random import Random

from tokenfilter.domain.call import Call, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, TokenFacts
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.ids import ChannelId, EventId
from tokenfilter.testing.examples import NOON, stamped, token

CHANNELS = tuple(ChannelId(f"@channel{n}") for n in range(500))
DEXES = ("raydium", "orca", "meteora", "pumpswap", "uniswap", "pancakeswap")
LAUNCHPADS = ("pumpfun", "letsbonk", "believe", "moonshot", "bags")
FLAGS: Mapping[str, bool] = {"mint": True, "freeze": True, "lp": True, "honeypot": False}
"""The flags and what filters want of them."""

MISSING = 0.01
"""The share of metrics, flags and statistics that are not known."""

SIGNIFICANT = 6


@dataclass(frozen=True, slots=True)
class Attribute:
    """A metric as a log-normal.

    `size` is its correlation with how big the token is, `asked` how often filters bound it, relative to the others.
    """

    name: str
    median: float
    spread: float
    size: float
    asked: int
    whole: bool = False
    most: float = float("inf")

    def at(self, deviations: float) -> float:
        """The value so many standard deviations from the median."""
        value = min(self.most, self.median * exp(self.spread * deviations))
        return float(round(value)) if self.whole else value


ATTRIBUTES = (
    Attribute("mcap", 120_000, 1.6, 0.72, 10),
    Attribute("fdv", 140_000, 1.6, 0.72, 3),
    Attribute("liq", 18_000, 1.2, 0.64, 9),
    Attribute("price", 0.00012, 2.0, 0.4, 1),
    Attribute("age", 7_200, 1.8, 0.24, 6, whole=True),
    Attribute("vol5m", 4_000, 1.5, 0.56, 3),
    Attribute("vol1h", 30_000, 1.5, 0.64, 5),
    Attribute("vol6h", 90_000, 1.5, 0.64, 2),
    Attribute("vol24h", 200_000, 1.6, 0.64, 4),
    Attribute("buys5m", 40, 1.1, 0.48, 2, whole=True),
    Attribute("buys1h", 300, 1.2, 0.56, 2, whole=True),
    Attribute("sells5m", 35, 1.1, 0.48, 1, whole=True),
    Attribute("sells1h", 260, 1.2, 0.56, 1, whole=True),
    Attribute("txns1h", 560, 1.2, 0.56, 3, whole=True),
    Attribute("buyers1h", 180, 1.2, 0.56, 2, whole=True),
    Attribute("holders", 500, 1.4, 0.64, 7, whole=True),
    Attribute("top10", 24, 0.5, -0.4, 6, most=100),
    Attribute("dev", 3, 1.0, -0.24, 4, most=100),
    Attribute("snipers", 5, 0.9, -0.16, 3, most=100),
    Attribute("risk", 30, 0.6, -0.32, 2, most=100),
)


def statistics(seed: int = 5) -> dict[ChannelId, ChannelStats]:
    """What is known of every channel."""
    random = Random(seed)
    return {channel: _statistics_of(channel, random) for channel in CHANNELS}


def evidences(count: int, seed: int = 7) -> Iterator[Evidence]:
    """So many events with what is known of their callers."""
    random, known = Random(seed), statistics()
    for number in range(count):
        event = _event(number, random)
        calls = merge_calls((), event.heard.calls, at=event.at)
        yield gather(event, calls, {c.channel: known[c.channel] for c in calls})


def decimal(value: float, digits: int = SIGNIFICANT) -> Decimal:
    """The value as feeds and people write it: exactly, to so many significant digits."""
    return Decimal(f"{value:.{digits}g}")


def _event(number: int, random: Random) -> Event:
    size = random.gauss(0, 1)
    values = {a.name: _drawn(a, size, random) for a in ATTRIBUTES if random.random() >= MISSING}
    age = values.pop("age", None)
    heard = Heard(
        token=token(number + 1),
        observed_at=NOON,
        id=EventId(f"e{number}"),
        facts=TokenFacts(
            symbol=f"COIN{number}",
            created_at=None if age is None else NOON - timedelta(seconds=int(age)),
            dex=random.choice(DEXES) if random.random() >= MISSING else None,
            launchpad=random.choice(LAUNCHPADS) if random.random() < 0.6 else None,
        ),
        market=values,
        flags={name: (random.random() < 0.8) is good for name, good in FLAGS.items() if random.random() >= MISSING},
        calls=tuple(
            Call(channel=channel, called_at=NOON - timedelta(seconds=random.randrange(3_600)))
            for channel in random.sample(CHANNELS, random.randint(1, 8))
        ),
    )
    return stamped(heard)


def _drawn(attribute: Attribute, size: float, random: Random) -> Decimal:
    deviations = attribute.size * size + sqrt(1 - attribute.size**2) * random.gauss(0, 1)
    value = attribute.at(deviations)
    return Decimal(int(value)) if attribute.whole else decimal(value)


def _statistics_of(channel: ChannelId, random: Random) -> ChannelStats:
    values = {
        "win": decimal(min(100.0, max(0.0, random.gauss(35, 15))), 3),
        "gain": decimal(random.gauss(40, 60), 3),
        "record": Decimal(int(30 * exp(random.gauss(0, 1.2)))),
    }
    known = {name: value for name, value in values.items() if random.random() >= MISSING}
    return ChannelStats(channel=channel, as_of=NOON - timedelta(days=1), values=known)
