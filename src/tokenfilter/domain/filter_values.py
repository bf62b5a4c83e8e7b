"""How the values of a filter are written: numbers with their units, times, windows and the members of sets.

Each is read and spelled here, side by side, so that what is printed reads back as the same value. What the criteria
around them look like stands in filter_text.py and filter_print.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Context, Decimal

from tokenfilter.domain.filter import LONGEST_WINDOW, InvalidFilterError
from tokenfilter.domain.ids import parse_chain, parse_channel, parse_token
from tokenfilter.domain.market import Metric, Unit
from tokenfilter.domain.numbers import MAX_TEXT, plain, rounded

RESERVED = frozenset({"only", "not", "unknown", "or", "any"})
"""Words of the text form; a set member that is one of them is written in double quotes."""

MAX_MEMBER = 64

NUMBER = r"([-−+]?) ?(\$?) ?([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?([a-z]*%?)"
"""A number as a person writes it, in lower case: sign, dollar, digits, unit; at most one blank between them."""

_NUMBER = re.compile(NUMBER)
_SMALLEST, _LARGEST = Decimal("1e-80"), Decimal("1e80")  # what is derived from feeds' numbers lies well within
_EXACT = Context(prec=100)  # enough for any bound in any unit
_SIZES = {"b": Decimal(10**9), "m": Decimal(10**6), "k": Decimal(10**3)}
_TIMES = {"d": Decimal(86_400), "h": Decimal(3_600), "m": Decimal(60), "s": Decimal(1)}
_MARK = {Unit.PERCENT: "%", Unit.MULTIPLE: "x"}
_EXAMPLE = {
    Unit.USD: "an amount such as 10k, 1.5m or 2b",
    Unit.PERCENT: "a percentage such as 55 or 55%",
    Unit.COUNT: "a number such as 12 or 1k",
    Unit.SECONDS: "a time such as 30s, 5m, 2h or 7d",
    Unit.MULTIPLE: "a multiple such as 2 or 1.8x",
    Unit.SCORE: "a number such as 40",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it was written, before its unit is understood."""

    sign: str
    dollar: str
    digits: str
    unit: str


def read_number(metric: Metric, written: Written) -> Decimal:
    """Understand a bound of a metric, rounded to 15 digits.

    Raises:
        InvalidFilterError: a unit or a minus the metric does not have, too many digits, or out of range.
    """
    number = _scaled(metric.unit, written, of=metric.name)
    if number < 0 and not metric.signed:
        raise InvalidFilterError(f"{metric.name} is never negative: expected {_EXAMPLE[metric.unit]}")
    return number


def spell_number(metric: Metric, value: Decimal) -> str:
    """Spell a bound exactly: `10k`, `30m`, `0.0000012`."""
    if metric.unit is Unit.SECONDS:
        return _spell_time(value)
    if metric.unit in (Unit.USD, Unit.COUNT):
        decimals = 2 if metric.unit is Unit.USD else 0
        for letter, size in _SIZES.items():
            scaled = _EXACT.divide(value, size)
            if abs(scaled) >= 1 and _is_whole(scaled.scaleb(decimals, _EXACT)):
                return plain(scaled) + letter
    return plain(value)


def example_of(metric: Metric) -> str:
    """A criterion over the metric as one would write it, for errors."""
    low, high = rounded(metric.low), rounded(metric.high)
    return f"{metric.name} {spell_number(metric, low)}..{spell_number(metric, high)}"


def read_window(text: str) -> timedelta:
    """Understand a quorum's window, to the microsecond.

    Raises:
        InvalidFilterError: not a time, or not within 24 hours.
    """
    found = _NUMBER.fullmatch(text.lower())
    if not found:
        raise InvalidFilterError(f"expected {_EXAMPLE[Unit.SECONDS]} after `in`")
    seconds = _scaled(Unit.SECONDS, Written(*found.groups()), of="a window")
    longest = Decimal(LONGEST_WINDOW // timedelta(seconds=1))
    window = timedelta(microseconds=int(min(seconds, longest + 1).scaleb(6))) if seconds > 0 else timedelta(0)
    if not timedelta(0) < window <= LONGEST_WINDOW:
        raise InvalidFilterError("a window is longer than nothing and at most 24h")
    return window


def spell_window(window: timedelta) -> str:
    """Spell a window exactly."""
    return _spell_time(_EXACT.divide(Decimal(window // timedelta(microseconds=1)), Decimal(10**6)))


def read_member(field: str, text: str) -> str:
    """Understand one value of a set; in lower case, but for base58 addresses.

    A word, DEX or launchpad is up to 64 visible characters without blanks and commas. Double quotes around a value
    are taken off: `"not"` is the word not.

    Raises:
        InvalidFilterError: not such a value.
        InvalidIdError: no such chain, channel name or address.
    """
    if text.startswith('"'):
        if len(text) < len('"x"') or not text.endswith('"'):
            raise InvalidFilterError(f"{field}: a value has no blanks and no commas, with quotes or without")
        text = text[1:-1]
    elif text.lower() in RESERVED:
        raise InvalidFilterError(f'{field}: {text.lower()} is a word of the filter language: write "{text.lower()}"')
    match field:
        case "chain":
            return parse_chain(text).value
        case "channel":
            return parse_channel(text)
        case "token":
            # The chain only decides which spelling is an address; a set of tokens holds addresses of any chain.
            return parse_token(text, "base" if text.lower().startswith("0x") else None).address
        case _:
            if not can_be_member(text.lower()):
                raise InvalidFilterError(f"{field}: expected a value of at most {MAX_MEMBER} visible characters")
            return text.lower()


def can_be_member(text: str) -> bool:
    """Whether a word, DEX or launchpad can be written in a filter."""
    return 0 < len(text) <= MAX_MEMBER and text.isprintable() and not any(c.isspace() or c == "," for c in text)


def spell_members(only: frozenset[str], exclude: frozenset[str]) -> str:
    """Spell a set's members in alphabetical order: `only a b not c`."""
    lists = (("only", only), ("not", exclude))
    return " ".join(" ".join([word, *map(_spell_member, sorted(members))]) for word, members in lists if members)


def _spell_member(member: str) -> str:
    return f'"{member}"' if member in RESERVED or member.startswith('"') else member


def _scaled(unit: Unit, written: Written, *, of: str) -> Decimal:
    """The number in the unit's base, rounded once, at the end."""
    scales: Mapping[str, Decimal] = _TIMES if unit is Unit.SECONDS else _SIZES
    letter = written.unit.removesuffix(_MARK.get(unit, "\0"))
    scale = scales.get(letter) if letter else Decimal(1)
    if scale is None or (written.dollar and unit is not Unit.USD):
        wrong = written.dollar or written.unit[:12]
        raise InvalidFilterError(f"{of} is not counted in {wrong}: expected {_EXAMPLE[unit]}")
    if len(written.digits.replace(".", "").strip("0")) > MAX_TEXT:
        raise InvalidFilterError(f"a number has at most {MAX_TEXT} digits")
    size = rounded(_EXACT.multiply(Decimal(written.digits), scale))
    if size and not _SMALLEST <= size <= _LARGEST:
        raise InvalidFilterError(f"expected a number between {_SMALLEST:E} and {_LARGEST:E}")
    return -size if written.sign in ("-", "−") else size


def _spell_time(seconds: Decimal) -> str:
    for letter, size in _TIMES.items():
        if seconds and not _EXACT.remainder(seconds, size):
            return f"{_EXACT.divide(seconds, size):f}{letter}"
    return f"{plain(seconds)}s"


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value()
