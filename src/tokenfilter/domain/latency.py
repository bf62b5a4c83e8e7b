"""How long many calls took, in few numbers: a percentile to within 5 %, whatever their number.

When to begin anew, and what is worth a line, is up to whoever keeps one.
"""

from collections import Counter
from collections.abc import Iterable
from math import ceil, log

_SHORTEST = 1e-6
_STEP = 1.05
_LONGEST = 1_000.0
_BY_STEP = 1 / log(_STEP)
_LAST = ceil(log(_LONGEST / _SHORTEST) * _BY_STEP)


class Spread:
    """Mutable: counts of durations in steps of 5 %."""

    __slots__ = ("_counts",)

    def __init__(self, parts: Iterable["Spread"] = ()) -> None:
        self._counts: Counter[int] = Counter()
        for part in parts:
            self._counts.update(part._counts)

    @property
    def n(self) -> int:
        """How many there were."""
        return self._counts.total()

    def add(self, seconds: float) -> None:
        """Count a duration, above 1,000 s as that much. What is none (not a number) counts as the shortest."""
        if not seconds > _SHORTEST:
            step = 0
        elif seconds >= _LONGEST:
            step = _LAST
        else:
            step = ceil(log(seconds / _SHORTEST) * _BY_STEP)
        self._counts[step] += 1

    def percentile(self, percent: int) -> float | None:
        """Seconds that `percent` of them did not exceed, rounded up by at most 5 %; None without any."""
        left = max(1, ceil(self.n * percent / 100))
        for step in sorted(self._counts):
            left -= self._counts[step]
            if left <= 0:
                return _SHORTEST * _STEP**step
        return None
