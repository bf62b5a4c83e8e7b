"""When the price of a called coin is told: often at first, thinning with age, for a day."""

from bisect import bisect_left
from collections.abc import Iterator

from tokenfilter.adapters.simulator.price_path import DAY, PricePath

_AFTER_S = (
    4, 9, 15, 22, 30, 40, 52, 66, 85, 110, 140, 180, 240, 300, 420, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 7_200,
    10_800, 14_400, 21_600, 32_400, 43_200, 64_800,
)  # fmt: skip
_WORTH_CONFIRMING = 1.5


def deciding(path: PricePath) -> Iterator[float]:
    """Seconds after the first call of the ticks that decide outcomes.

    The peak, what confirms it, the rug, the end of the day.
    """
    yield path.peak_at - path.called_at
    if path.multiple >= _WORTH_CONFIRMING:
        yield path.held_until - path.called_at
    if path.rug_at is not None and path.rug_at - path.called_at < DAY:
        yield path.rug_at + 30 - path.called_at
    yield DAY


def ordinary(since_call: float) -> Iterator[float]:
    """Seconds after the first call of the ordinary ticks, those from `since_call` on."""
    yield from _AFTER_S[bisect_left(_AFTER_S, since_call) :]
