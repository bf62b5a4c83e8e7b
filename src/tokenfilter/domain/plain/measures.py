"""How instants and numbers are spelt in stored forms and read back, exactly.

Every reader raises `NotStoredFormError`; what their names mean is said in fields.py.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tokenfilter.domain.plain.fields import Plain, member, not_stored

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_DAY_SECONDS, _SECOND_MICROS = 86_400, 1_000_000
_NO_NUMBER = Decimal("NaN")
_MOST_EXPONENT = 90  # filters' bounds reach 1e80, feeds' numbers 1e30: what is beyond was never written


def micros(at: datetime) -> int:
    """Spell an instant as microseconds since 1970."""
    span = at - _EPOCH
    return (span.days * _DAY_SECONDS + span.seconds) * _SECOND_MICROS + span.microseconds


def instant(plain: Plain, key: str) -> datetime:
    """Read an instant that `micros` spelt."""
    value = plain.get(key)
    if type(value) is int:
        try:
            return _EPOCH + value * _MICRO
        except OverflowError:
            pass
    raise not_stored(key, "microseconds since 1970", value)


def optional_instant(plain: Plain, key: str) -> datetime | None:
    """Read an instant that `micros` spelt and that may be missing."""
    return None if plain.get(key) is None else instant(plain, key)


def iso(at: datetime) -> str:
    """Spell an instant for people: ISO 8601 in UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def optional_iso(at: datetime | None) -> str | None:
    """Spell an instant for people where there is one."""
    return None if at is None else iso(at)


def optional_iso_instant(plain: Plain, key: str) -> datetime | None:
    """Read an instant that `iso` spelt and that may be missing."""
    value = plain.get(key)
    if value is None:
        return None
    if isinstance(value, str) and value.endswith("Z"):
        try:
            at = datetime.fromisoformat(value)
            if iso(at) == value:
                return at
        except ValueError:
            pass
    raise not_stored(key, "an instant such as 2026-11-23T10:04:02.120000Z", value)


def spelt_numbers(values: Mapping[str, Decimal]) -> dict[str, str]:
    """Spell numbers by name."""
    return {name: str(value) for name, value in values.items()}


def numbers(plain: Plain, key: str) -> dict[str, Decimal]:
    """Read numbers by name."""
    found = member(plain, key)
    read: dict[str, Decimal] = {}
    try:
        for name, value in found.items():  # most of what is stored is numbers, so that a call for each would be felt
            number = Decimal(value) if type(value) is str else _NO_NUMBER
            if not (number.is_finite() and -_MOST_EXPONENT <= number.adjusted() <= _MOST_EXPONENT):
                raise not_stored(name, "a decimal number", value)
            read[name] = number
    except ArithmeticError:
        raise not_stored(key, "decimal numbers", found) from None
    return read


def optional_spelt(value: Decimal | None) -> str | None:
    """Spell a number where there is one."""
    return None if value is None else str(value)


def optional_number(plain: Plain, key: str) -> Decimal | None:
    """Read a decimal number that may be missing."""
    value = plain.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            number = Decimal(value)
            if number.is_finite() and -_MOST_EXPONENT <= number.adjusted() <= _MOST_EXPONENT:
                return number
        except ArithmeticError:
            pass
    raise not_stored(key, "a decimal number", value)


def optional_float(plain: Plain, key: str) -> float | None:
    """Read a measured number that may be missing; stores may have made a whole number of it."""
    value = plain.get(key)
    if value is None:
        return None
    try:
        measured = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        measured = math.inf
    if math.isfinite(measured):
        return measured
    raise not_stored(key, "a number", value)
