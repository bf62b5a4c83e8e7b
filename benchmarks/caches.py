"""The caches of R27: which share of look-ups they answer, and what a look-up costs beside one in a plain dict.

The load is Zipf's: the few of a large number are asked for most, as chats and channels are. Time is the load's own, so
values age as in an hour of that traffic; every answer is compared with the source. Exit 1 where one differs.
"""

import argparse
import asyncio
import sys
from bisect import bisect
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from statistics import median
from timeit import Timer

from cachetools import TTLCache

from tokenfilter.adapters.layered.caches import Caches
from tokenfilter.adapters.layered.smart_cache import SmartCache
from tokenfilter.adapters.memory.clock import HandClock

LOADS = (
    ("settings", 100, 29),
    ("settings", 1_000, 29),
    ("settings", 10_000, 29),
    ("channels", 200, 50),
    ("channels", 5_000, 50),
    ("permissions", 500, 5),
)
"""Cache, how many keys there are, look-ups a second. 29 a second is all that Telegram lets us send."""

EXPONENT = 1.1
HOUR = 3_600
CALLS, REPEATS = 20_000, 7
HELD = 1_000


def zipf(keys: int, random: Random) -> Callable[[], int]:
    """Draws a key, the n-th most asked for with a share of 1 / n ** EXPONENT."""
    shares = list(accumulate(1 / n**EXPONENT for n in range(1, keys + 1)))
    return lambda: bisect(shares, random.random() * shares[-1])


async def hit_rate(name: str, keys: int, per_second: int, hours: float) -> tuple[float, bool]:
    """The share of look-ups answered at once, and whether every answer was right."""
    seconds = 0.0
    cache: SmartCache[str, object] = Caches(clock=HandClock(datetime.now(UTC)), timer=lambda: seconds).named()[name]  # type: ignore[assignment]
    draw, right = zipf(keys, Random(7)), True

    async def load(key: str) -> object:
        return f"value of {key}"

    for number in range(int(per_second * HOUR * hours)):
        seconds = number / per_second
        key = str(draw())
        right &= await cache.get_or_load(key, load) == f"value of {key}"
    return cache.figures().hit_rate or 0.0, right


def cost(look_up: Callable[[str], object], keys: list[str]) -> float:
    """Microseconds a look-up: the median of several runs."""

    def run() -> None:
        for key in keys:
            look_up(key)

    runs = Timer(run).repeat(REPEATS, CALLS // len(keys))
    return median(runs) / (CALLS // len(keys) * len(keys)) * 1e6


def waiting_cost(cache: SmartCache[str, object], keys: list[str]) -> float:
    """Microseconds of a look-up that would load."""

    async def load(key: str) -> object:
        raise AssertionError(key)

    async def run() -> float:
        loop, spent = asyncio.get_running_loop(), []
        for _ in range(REPEATS):
            begun = loop.time()
            for _ in range(CALLS // len(keys)):
                for key in keys:
                    await cache.get_or_load(key, load)
            spent.append(loop.time() - begun)
        return median(spent) / (CALLS // len(keys) * len(keys)) * 1e6

    return asyncio.run(run())


def costs() -> None:
    """Print what a look-up of a value that is held costs."""
    keys = [str(n) for n in range(HELD)]
    plain: dict[str, object] = dict.fromkeys(keys, "value")
    bare: TTLCache[str, object] = TTLCache(5_000, 300)
    cache = Caches(clock=HandClock(datetime.now(UTC))).subscriptions
    for key in keys:
        bare[key] = "value"
        cache.put(key, "value")
    least = cost(plain.get, keys)
    rows = (
        ("dict", least),
        ("cachetools.TTLCache", cost(bare.get, keys)),
        ("SmartCache.get", cost(cache.get, keys)),
        ("SmartCache.get_or_load", waiting_cost(cache, keys)),
    )
    print(f"\n{'a look-up that hits':<26}{'µs':>8}{'x dict':>9}   (R27: about 100 µs or less)")
    for name, spent in rows:
        print(f"{name:<26}{spent:>8.2f}{spent / least:>9.1f}")


def rates(hours: float) -> bool:
    """Print the hit rates; whether every answer was right."""
    print(f"Zipf {EXPONENT}, {hours:g} h of traffic, every first look-up counted as a miss")
    print(f"{'cache':<14}{'keys':>8}{'look-ups/s':>12}{'hit rate':>10}{'right':>7}")
    all_right = True
    for name, keys, per_second in LOADS:
        rate, right = asyncio.run(hit_rate(name, keys, per_second, hours))
        all_right &= right
        print(f"{name:<14}{keys:>8,}{per_second:>12}{rate:>10.1%}{'yes' if right else 'NO':>7}")
    return all_right


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=float, default=1.0)
    right = rates(options.parse_args().hours)
    costs()
    sys.exit(0 if right else 1)
