"""Exact numbers: every value is a `Decimal` of at most 15 significant digits.

Fifteen digits survive the way through a float64 and back, so a column of floats orders values exactly as the domain
does.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, Underflow

DIGITS = 15
MAX_TEXT = 40
"""Longer spellings of a number are refused, not rounded (FORMATS 1)."""

_LARGEST = Decimal("1e30")
_SMALLEST = Decimal("1e-30")
_CONTEXT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow, Underflow])


class InvalidNumberError(ValueError):
    """A number from outside that we cannot hold; the message says what was expected."""


def rounded(value: Decimal) -> Decimal:
    """Round half-even to 15 significant digits; the exponent is normalised, so equal values look equal."""
    number = _CONTEXT.normalize(value)
    return number or Decimal(0)


def ratio(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """Divide to 15 digits; None where the denominator is zero."""
    return _CONTEXT.normalize(_CONTEXT.divide(numerator, denominator)) if denominator else None


def parse_number(text: str) -> Decimal:
    """Read a decimal number.

    Raises:
        InvalidNumberError: not a number, NaN, infinite, over 40 characters, or beyond 1e30 or below 1e-30 in size.
    """
    if len(text) > MAX_TEXT:
        raise InvalidNumberError(f"expected at most {MAX_TEXT} digits")
    if not text.isascii() or "_" in text:
        raise InvalidNumberError(f"not a number: {text!r}")
    try:
        number = rounded(Decimal(text.strip()))
    except (InvalidOperation, Overflow, Underflow):
        raise InvalidNumberError(f"not a number: {text!r}") from None
    if not number.is_finite():
        raise InvalidNumberError(f"not a finite number: {text!r}")
    if number and not _SMALLEST <= abs(number) <= _LARGEST:
        raise InvalidNumberError(f"out of range: {text!r}")
    return number


def plain(value: Decimal) -> str:
    """Spell a number without an exponent and without trailing zeros."""
    return format(rounded(value), "f")
