"""Numbers that lie in given ranges, as round as the ranges allow; where nothing fits, the reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from tokenfilter.domain.filter import Range
from tokenfilter.domain.market import METRICS, Unit
from tokenfilter.domain.numbers import plain, rounded

_ENDLESS = Decimal("1e30")
_HUNDRED = Decimal(100)
_SMALLEST = Decimal("1e-9")


class CannotBeError(Exception):
    """No fact can satisfy what is asked; the message says what is in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The values that a metric may take; `whole` ones are counts."""

    low: Decimal
    high: Decimal
    whole: bool = False

    @classmethod
    def of(cls, metric: str, ranges: Iterable[Range]) -> Self:
        """What the ranges leave of a metric.

        Raises:
            CannotBeError: nothing is left.
        """
        known = METRICS[metric]
        low, high = (-_ENDLESS if known.signed else Decimal(0)), _ENDLESS
        for bound in (r for r in ranges if r.metric == metric):
            low = low if bound.low is None else max(low, bound.low)
            high = high if bound.high is None else min(high, bound.high)
        return cls(low=low, high=high, whole=known.unit is Unit.COUNT).checked(metric)

    def checked(self, about: str) -> Self:
        """Itself.

        Raises:
            CannotBeError: no value lies in it.
        """
        if self.low > self.high or (self.whole and self.low.to_integral_value("ROUND_CEILING") > self.high):
            kind = "whole number" if self.whole else "value"
            raise CannotBeError(f"{about}: no possible {kind} lies between {plain(self.low)} and {plain(self.high)}")
        return self

    def within(self, low: Decimal, high: Decimal, about: str) -> "Span":
        """What lies in both.

        Raises:
            CannotBeError: nothing does.
        """
        return Span(low=max(self.low, low), high=min(self.high, high), whole=self.whole).checked(about)

    def pick(self, usual: Decimal) -> Decimal:
        """The usual value where it fits, else a round one near the usual side, else a bound."""
        return next(self.candidates(usual))

    def candidates(self, usual: Decimal) -> Iterator[Decimal]:
        """Values in the span, the most believable first; never none."""
        if self.whole:
            floor = self.low.to_integral_value("ROUND_CEILING")
            ceiling = self.high.to_integral_value("ROUND_FLOOR")
            yield min(max(usual.to_integral_value(), floor), ceiling)
            return
        if self.low <= usual <= self.high:
            yield rounded(usual)
        near, far = (self.low, self.high) if usual < self.low else (self.high, self.low)
        inner = near + max(min(far - near, abs(near)), -abs(near)) / 5
        shaped = (Decimal(f"{inner:.{digits}g}") for digits in (2, 3, 6))
        yield from (value for value in shaped if self.low <= value <= self.high)
        yield from (self.low, self.high)


def part_and_whole(
    *, part: Span, whole: Span, ratio: Span, usual: tuple[Decimal, Decimal], about: str
) -> tuple[Decimal, Decimal]:
    """A part and a whole, each in its span, whose ratio lies in `ratio`.

    Raises:
        CannotBeError: there are none.
    """
    top, bottom = max(ratio.high, Decimal(0)), max(ratio.low, Decimal(0))
    least = part.low / top if top else (_SMALLEST if part.low <= 0 else _ENDLESS)
    most = part.high / bottom if bottom else _ENDLESS
    wholes = whole.within(max(least, _SMALLEST), most, about)
    round_ones = (Decimal(10) ** n for n in range(15, -4, -1))
    for value in (*wholes.candidates(usual[1]), *(r for r in round_ones if wholes.low <= r <= wholes.high)):
        low, high = max(part.low, rounded(value * bottom)), min(part.high, rounded(value * top))
        if low <= high:
            return Span(low=low, high=high).pick(usual[0]), value
    raise CannotBeError(f"{about}: no pair of values fits")


def just_outside(bound: Range) -> Iterator[Range]:
    """Ranges that begin a little beyond a bound, for values that miss it narrowly."""
    metric = METRICS[bound.metric]
    for limit, sign in ((bound.low, -1), (bound.high, 1)):
        if limit is None:
            continue
        near, far = rounded(limit + sign * abs(limit) / 200), rounded(limit + sign * abs(limit) / 25)
        if metric.unit is Unit.COUNT or not limit:
            near, far = rounded(limit + sign), rounded(limit + sign * (1 + abs(limit) / 25))
        low, high = sorted((near, far))
        too_much = metric.unit is Unit.PERCENT and not metric.signed and high > _HUNDRED
        if not too_much and (metric.signed or low >= 0):
            yield Range(metric=bound.metric, low=low, high=high)
