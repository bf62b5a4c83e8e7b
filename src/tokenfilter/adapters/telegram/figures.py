"""How numbers look: three significant digits, a unit, an en dash for the unknown, never a 0 that is not one."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tokenfilter.domain.channel import wilson
from tokenfilter.domain.filter_values import spell_number
from tokenfilter.domain.market import METRICS, Unit
from tokenfilter.domain.numbers import rounded

UNKNOWN = "–"
MINUS = "−"

_THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_EVEN)
_SUFFIXES = ((Decimal("1e12"), "T"), (Decimal("1e9"), "B"), (Decimal("1e6"), "M"), (Decimal(1000), "k"))
_LARGEST = Decimal("999e12")
_CENT, _TENTH = Decimal("0.01"), Decimal("0.1")
_NEAR = Decimal("0.05")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LONGEST = Decimal("1e9")
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def value(metric: str, number: Decimal | None) -> str:
    """A metric's number with the unit that the catalogue gives it."""
    match METRICS[metric].unit:
        case Unit.USD:
            return money(number)
        case Unit.PERCENT:
            return change(number) if METRICS[metric].signed else percent(number)
        case Unit.SECONDS:
            return UNKNOWN if number is None else duration(_span(number))
        case Unit.MULTIPLE:
            return multiple(number)
        case Unit.SCORE:
            return UNKNOWN if number is None else f"{_short(number)}/100"
        case Unit.COUNT:
            return count(number)


def exact(metric: str, number: Decimal) -> str:
    """All the digits, for where three would hide a difference."""
    spelled = f"{rounded(number):,f}".replace("-", MINUS)
    match METRICS[metric].unit:
        case Unit.USD:
            return f"{MINUS}${spelled[1:]}" if number < 0 else f"${spelled}"
        case Unit.PERCENT:
            return f"{spelled}%"
        case Unit.SECONDS:
            return f"{spelled} s"
        case Unit.MULTIPLE:
            return f"{spelled}x"
        case Unit.SCORE:
            return f"{spelled}/100"
        case Unit.COUNT:
            return spelled


def limit(metric: str, number: Decimal) -> str:
    """A bound exactly as a filter spells it, with its unit: `$200k`, `59%`, `30m`."""
    spelled = spell_number(METRICS[metric], number).replace("-", MINUS)
    match METRICS[metric].unit:
        case Unit.USD:
            return f"${spelled}"
        case Unit.PERCENT:
            return f"{spelled}%"
        case Unit.MULTIPLE:
            return f"{spelled}x"
        case Unit.SCORE:
            return f"{spelled}/100"
        case Unit.SECONDS | Unit.COUNT:
            return spelled


def beside(metric: str, number: Decimal | None, bounds: Iterable[Decimal]) -> str:
    """A number next to its bounds: with all its digits where three could hide on which side of them it is."""
    if number is None:
        return UNKNOWN
    coarse = _TENTH if METRICS[metric].unit in (Unit.PERCENT, Unit.MULTIPLE) else Decimal(0)
    if any(number != bound and abs(number - bound) <= max(abs(bound) * _NEAR, coarse) for bound in bounds):
        return exact(metric, number)
    if METRICS[metric].unit is Unit.SECONDS:
        return long_duration(_span(number))
    return value(metric, number)


def money(number: Decimal | None) -> str:
    """Dollars: `$164k`, `$1.21M`, `$870`, `$0.0₄164`."""
    if number is None:
        return UNKNOWN
    sign = MINUS if number < 0 else ""
    return f"{sign}${_short(abs(number))}"


def count(number: Decimal | None) -> str:
    """A number of things: `612`, `1.2k`."""
    return UNKNOWN if number is None else _signed(number)


def percent(number: Decimal | None) -> str:
    """A share: `47%`, `21.4%`, `0.3%`; what is under a tenth says so."""
    if number is None:
        return UNKNOWN
    return "<0.1%" if 0 < number < _TENTH else f"{_signed(_to_tenths(number))}%"


def change(number: Decimal | None) -> str:
    """A change, with its sign: `+47%`, `−12%`."""
    if number is None:
        return UNKNOWN
    sign = MINUS if number < 0 else "+"
    if abs(number) < _TENTH:
        return f"{sign}0%"
    size = _THREE_DIGITS.plus(abs(number))
    return f"{sign}{f'{size:,.0f}' if 1_000 <= size < 1_000_000 else _short(_to_tenths(size))}%"


def multiple(number: Decimal | None) -> str:
    """A ratio to an earlier value: `2.0x`, `12x`."""
    if number is None:
        return UNKNOWN
    if 0 < number < Decimal("0.1"):
        return "under 0.1x"
    number = _THREE_DIGITS.plus(number)
    if abs(number) >= 1000:
        return f"{_signed(number)}x"
    digits = format(round(number, 1 if abs(number) < Decimal("9.95") else 0), "f")
    return f"{digits.replace('-', MINUS)}x"


def duration(span: timedelta) -> str:
    """A span in its largest whole unit: `45 s`, `4 min`, `3 h`, `2 d`; under ten seconds with a tenth."""
    seconds = max(0.0, span.total_seconds())
    if seconds < 10:
        return f"{int(seconds * 10) / 10:.1f} s"
    if seconds < _MINUTE:
        return f"{int(seconds)} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    return f"{int(seconds // _HOUR)} h" if seconds < 2 * _DAY else f"{int(seconds // _DAY)} d"


def seconds(number: float) -> str:
    """A delay in seconds: `0.4 s`, `12 ms`."""
    return f"{round(number * 1_000)} ms" if 0 <= number < 0.1 else duration(timedelta(seconds=max(0.0, number)))


def long_duration(span: timedelta) -> str:
    """A span in its two largest units: `2 h 30 min`, `14 d`."""
    seconds = int(max(0.0, span.total_seconds()))
    for size, name, smaller, small_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", 1, "s"),
    ):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {name} {rest} {small_name}" if rest else f"{seconds // size} {name}"
    return duration(span)


def rate(share: Decimal | None, sample: Decimal | None) -> str:
    """A rate in percent with its sample and 95 % interval: `64% (n=41, 48–77%)`."""
    if share is None:
        return UNKNOWN
    shown = f"{whole_percent(share)}"
    if sample is None or sample < 1 or not 0 <= share <= 100:
        return f"{shown} (n={count(sample)})"
    low, high = wilson(float(share) / 100 * float(sample), float(sample))
    return f"{shown} (n={count(sample)}, {round(low * 100)}–{round(high * 100)}%)"


def whole_percent(share: Decimal) -> str:
    """A rate, whose own uncertainty makes a decimal idle."""
    return f"{_signed(round(share, 0))}%" if abs(share) < 1000 else percent(share)


def per_day(alerts: float | None) -> str:
    """Alerts a day: `14 a day`, `0.5 a day`."""
    return UNKNOWN if alerts is None else f"{_short(Decimal(str(round(alerts, 1))))} a day"


def instant(at: datetime, zone: str, *, now: datetime | None = None) -> str:
    """A time in a person's zone, the zone not named: `14:03`, or `12 Nov 14:03` where the day is not that of `now`."""
    local = at.astimezone(zone_of(zone))
    if now is not None and local.date() == now.astimezone(zone_of(zone)).date():
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}"


def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name; UTC where the name means nothing."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _span(number: Decimal) -> timedelta:
    return timedelta(seconds=float(max(Decimal(0), min(number, _LONGEST))))


def _short(number: Decimal) -> str:
    """Three significant digits of a number that is not negative, with `k M B T` or subscript zeros."""
    number = _THREE_DIGITS.plus(number)
    if number > _LARGEST:
        return "999T+"
    for size, suffix in _SUFFIXES:
        if number >= size:
            return f"{_trimmed(_THREE_DIGITS.divide(number, size))}{suffix}"
    if 0 < number < _CENT:
        zeros = -number.adjusted() - 1
        digits = str(int(number.scaleb(2 - number.adjusted()))).rstrip("0")
        return f"0.0{str(zeros).translate(_SUBSCRIPTS)}{digits}"
    return _trimmed(number)


def _to_tenths(number: Decimal) -> Decimal:
    return round(number, 1) if abs(number) < 100 else number


def _trimmed(number: Decimal) -> str:
    spelled = format(number, "f")
    return spelled.rstrip("0").rstrip(".") if "." in spelled else spelled


def _signed(number: Decimal) -> str:
    return (MINUS if number < 0 else "") + _short(abs(number))
