"""The filters of the matching benchmark: whatever number of routes, drawn from one seed, each subscriber with one.

3-8 bounded metrics each (5.3 on average), four of five at round values; some ask for flags, DEXes, launchpads, channels
and their statistics; three of ten are one of twenty presets; one of ten is judged always, one of ten has alternatives.
"""

from bisect import bisect
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from math import floor, log10
from random import Random

from matching_parts.events import ATTRIBUTES, CHANNELS, DEXES, FLAGS, LAUNCHPADS, Attribute, decimal
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, FlagIs, OneOf, Range, Recheck, SetField
from tokenfilter.domain.ids import ChatId, Destination, FilterId
from tokenfilter.domain.subscriber import Route

FIRST_CHAT = 10**9
PRESETS = 20
FROM_PRESETS, ALTERNATIVES, ALWAYS, ROUND = 0.3, 0.1, 0.1, 0.8
SETS, STATISTICS, ALLOWED, DENIED, FLAGGED = 0.1, 0.3, 0.05, 0.1, 0.15
"""Shares of the filters; of the values in the case of ROUND; FLAGGED for each flag."""

POOL = 2_000
"""How many bounds of each metric there are to draw from, and how many sets of metrics."""

_BOUNDED = {3: 0.12, 4: 0.19, 5: 0.25, 6: 0.22, 7: 0.13, 8: 0.09}
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10)
_BETWEEN = tuple((low + high) / 2 for low, high in pairwise(_STEPS))
_STRICT = 0.85
"""How many standard deviations from the median bounds lie on average, on the side that lets less through."""


def routes(count: int, seed: int = 18) -> Iterator[Route]:
    """So many routes, number n to the chat FIRST_CHAT + n; a shorter run is the beginning of a longer one."""
    random = Random(seed)
    for number, wanted in zip(range(count), filters(random), strict=False):
        yield route(number, wanted)


def route(number: int, wanted: Filter) -> Route:
    """The route of subscriber `number`."""
    owner = ChatId(FIRST_CHAT + number)
    return Route(
        filter_id=FilterId(f"{owner}.1"),
        name=f"Filter {number % 9}",
        owner=owner,
        destination=Destination(owner),
        wanted=wanted,
    )


def filters(random: Random) -> Iterator[Filter]:
    """Filters without end. Equal ones share nothing, as when they are read from a store."""
    presets = random.randrange(2**32)
    while True:
        if random.random() < FROM_PRESETS:
            yield _filter(Random(presets + random.randrange(PRESETS)))
        else:
            yield _filter(random)


def _filter(random: Random) -> Filter:
    alternatives = random.randint(2, 3) if random.random() < ALTERNATIVES else 1
    return Filter(
        any_of=tuple(_criteria(random) for _ in range(alternatives)),
        recheck=Recheck.ALWAYS if random.random() < ALWAYS else Recheck.NEW,
    )


def _criteria(random: Random) -> Criteria:
    sets = (_set(random),) if random.random() < SETS else ()
    return Criteria(
        ranges=tuple(_range(place, random) for place in random.choice(_bounded())),
        flags=tuple(FlagIs(flag=f, wanted=good) for f, good in FLAGS.items() if random.random() < FLAGGED),
        sets=sets,
        channel=_channels(random),
    )


def _range(place: int, random: Random) -> Range:
    """A lower bound where more is better, an upper one where less is, both for one in four."""
    attribute = ATTRIBUTES[place]
    better = attribute.size > 0
    both = random.random() < 0.25
    low = Decimal(random.choice(_values(place, _STRICT))) if both or better else None
    high = Decimal(random.choice(_values(place, -_STRICT))) if both or not better else None
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Range(metric=attribute.name, low=low, high=high)


@cache
def _bounded() -> tuple[tuple[int, ...], ...]:
    """Which metrics filters bound, to draw from."""
    random, drawn = Random(3), []
    for count in random.choices(tuple(_BOUNDED), tuple(_BOUNDED.values()), k=POOL):
        places: set[int] = set()
        while len(places) < count:
            places.update(random.choices(range(len(ATTRIBUTES)), [a.asked for a in ATTRIBUTES]))
        drawn.append(tuple(sorted(places)))
    return tuple(drawn)


@cache
def _values(place: int, deviations: float) -> tuple[str, ...]:
    """Bounds of a metric around so many standard deviations from its median, to draw from."""
    random = Random(place)
    return tuple(_value(ATTRIBUTES[place], random.gauss(deviations, 0.8), random) for _ in range(POOL))


def _value(attribute: Attribute, deviations: float, random: Random) -> str:
    value = attribute.at(deviations)
    if random.random() >= ROUND or not value:
        return str(decimal(value, 5))
    size = floor(log10(value))
    return f"{_STEPS[bisect(_BETWEEN, value / 10.0**size)]}e{size}"


def _set(random: Random) -> OneOf:
    field: SetField = "dex" if random.random() < 0.5 else "launchpad"
    names = DEXES if field == "dex" else LAUNCHPADS
    members = frozenset(random.sample(names, random.randint(1, 3)))
    return OneOf(field=field, exclude=members) if random.random() < 0.3 else OneOf(field=field, only=members)


def _channels(random: Random) -> ChannelRule | None:
    asks, allows, denies = random.random() < STATISTICS, random.random() < ALLOWED, random.random() < DENIED
    if not (asks or allows or denies):
        return None
    return ChannelRule(
        ranges=_statistics(random) if asks else (),
        only=frozenset(random.sample(CHANNELS, random.randint(5, 60))) if allows else frozenset(),
        exclude=frozenset(random.sample(CHANNELS, random.randint(1, 20))) if denies else frozenset(),
        quorum=random.choices((1, 2, 3), (6, 3, 1))[0] if asks else 1,
    )


def _statistics(random: Random) -> tuple[Range, ...]:
    lows = {
        "win": random.randrange(15, 60, 5),
        "gain": random.randrange(0, 120, 10),
        "record": random.choice((5, 10, 20, 50)),
    }
    asked = random.sample(tuple(lows), random.randint(1, 2))
    return tuple(Range(metric=name, low=Decimal(low)) for name, low in lows.items() if name in asked)
