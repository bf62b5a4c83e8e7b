"""How the strategies here draw: much from one choice, because every choice costs time and most events need dozens.

Each shrinks to the least: nothing picked, the smallest of the plainest values.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import TypeVar

from hypothesis import strategies as st

from tokenfilter.domain.market import METRICS, Unit
from tokenfilter.domain.numbers import rounded

_T = TypeVar("_T")
_WORD = 2**64
_SCATTER = 0x9E3779B97F4A7C15  # the golden ratio of 2**64: multiples of it lie far apart
_PARTS = 999_983  # a prime, so that parts of a range are rarely round numbers


@cache
def below(limit: int) -> st.SearchStrategy[int]:
    """Numbers from 0 up to `limit`, all alike: of a wide range hypothesis by itself draws mostly small ones."""
    return st.integers(0, 2**32 - 1).map(lambda choice: choice * _SCATTER % _WORD * limit // _WORD)


@st.composite
def several(draw: st.DrawFn, strategy: st.SearchStrategy[_T], most: int, *, least: int = 0) -> list[_T]:
    """From `least` to `most` draws, every number of them as likely: lists of hypothesis's own are mostly short here."""
    return [draw(strategy) for _ in range(least + draw(below(most - least + 1)))]


def some(names: Sequence[_T], most: int) -> st.SearchStrategy[list[_T]]:
    """Up to `most` of `names`, in their order."""
    return _places(len(names), most).map(lambda places: [names[place] for place in places])


@cache
def _places(size: int, most: int) -> st.SearchStrategy[list[int]]:
    def picked(choice: int) -> list[int]:
        rest, count = divmod(choice, most + 1)
        places = set()
        for _ in range(count):
            rest, place = divmod(rest, size)
            places.add(place)
        return sorted(places)

    return below((most + 1) * size**most).map(picked) if size and most else st.just([])


@cache
def three_valued(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, bool]]:
    """True or false for some of `names`; those left out are unknown."""

    def told(choice: int) -> dict[str, bool]:
        found = {}
        for name in names:
            choice, answer = divmod(choice, 3)
            if answer:
                found[name] = answer == 1
        return found

    return below(3 ** len(names)).map(told)


@cache
def values(metric: str) -> st.SearchStrategy[Decimal]:
    """Numbers a feed may say of a metric: mostly sensible, sometimes zero, tiny, huge or beyond the sensible range."""
    about = METRICS[metric]
    middle = rounded((about.low + about.high) / 2)
    plain = [Decimal(n) for n in (0, 1, 2, 10, 100, 10_000)] + [about.low, middle, about.high]
    if about.signed:
        plain += [-number for number in plain]

    def value(choice: int) -> Decimal:
        rest, kind = divmod(choice, 4)
        if kind == 0:
            return rounded(plain[rest % len(plain)])
        if kind == 1:  # from 1e-26 to 1e+19, all 15 digits used
            digits = Decimal(rest + 1)
            return rounded(digits.scaleb(rest % 45 - 26 - digits.adjusted()))
        inside = about.low + (about.high - about.low) * (rest % _PARTS) / _PARTS
        return rounded(inside.to_integral_value()) if about.unit is Unit.COUNT else rounded(inside)

    return below(2**50).map(value)
