"""How one field of a feed line is read: numbers, flags, instants, foreign text, names.

Which fields a line has stands in feed_line.py. A field that is missing or null is unknown (None), never zero.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from tokenfilter.domain.ids import ChannelId, InvalidIdError, parse_channel
from tokenfilter.domain.market import FLAG_OF_FIELD, METRIC_OF_FIELD, Metric, Scope
from tokenfilter.domain.numbers import MAX_TEXT, InvalidNumberError, parse_number, rounded

LONGEST_NAME = 256
"""Longer symbols and names are cut here, the last character being an ellipsis: real ones have at most a few dozen."""

_LONGEST_ID = 256
_LONGEST_URL = 2_048
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)", flags=re.ASCII
)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_URL = re.compile(r"https?://[^\s\x00-\x20\x7f\"<>\\^`{|}\ud800-\udfff]+", flags=re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no text column and no UTF-8 holds these

Object = Mapping[str, object]


class UnreadableLineError(ValueError):
    """A line that cannot be understood: `reason` is a stable slug to count by, `field` the path of what is wrong."""

    def __init__(self, message: str, *, reason: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.reason = reason
        self.field = field


def member(parent: Object, key: str, path: str) -> Object:
    """Read an object within an object; empty where it is missing."""
    value = parent.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UnreadableLineError("expected an object", reason="bad_object", field=path)
    return value


def required_text(parent: Object, key: str, path: str) -> str:
    """Read a text that must be there."""
    value = parent.get(key)
    if value is None:
        raise UnreadableLineError("is missing", reason="missing_field", field=path)
    return _text(value, path)


def optional_text(parent: Object, key: str, path: str) -> str | None:
    """Read a text that may be missing; an empty one says nothing."""
    value = parent.get(key)
    return None if value is None else _text(value, path) or None


def foreign_text(parent: Object, key: str, path: str) -> str | None:
    """Read a symbol, a name or the like: cut to `LONGEST_NAME`, what cannot be stored replaced by U+FFFD."""
    text = optional_text(parent, key, path)
    if text is None:
        return None
    text = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
    return _UNSTORABLE.sub("\ufffd", text)


def event_id(parent: Object, key: str, path: str) -> str | None:
    """Read an id the sender gave."""
    text = optional_text(parent, key, path)
    if text is not None and (len(text) > _LONGEST_ID or not text.isprintable()):
        raise UnreadableLineError(f"expected up to {_LONGEST_ID} printable characters", reason="bad_id", field=path)
    return text


def link(parent: Object, key: str) -> str | None:
    """Read the address of a message; anything but a web address counts as unknown."""
    value = parent.get(key)
    fits = isinstance(value, str) and len(value) <= _LONGEST_URL and _URL.fullmatch(value)
    return value if isinstance(value, str) and fits else None


def channel(parent: Object, key: str, path: str) -> ChannelId:
    """Read a channel's name, which must be there."""
    try:
        return parse_channel(required_text(parent, key, path))
    except InvalidIdError as wrong:
        raise UnreadableLineError(str(wrong), reason="bad_channel", field=path) from None


def required_instant(parent: Object, key: str, path: str) -> datetime:
    """Read an instant that must be there."""
    return _instant(required_text(parent, key, path), path)


def optional_instant(parent: Object, key: str, path: str) -> datetime | None:
    """Read an instant that may be missing."""
    text = optional_text(parent, key, path)
    return None if text is None else _instant(text, path)


def number(parent: Object, key: str, path: str, *, signed: bool = False) -> Decimal | None:
    """Read a JSON number or a decimal string."""
    value = parent.get(key)
    if value is None:
        return None
    try:
        read = _number(value)
    except InvalidNumberError as wrong:
        raise UnreadableLineError(str(wrong), reason="bad_number", field=path) from None
    if read < 0 and not signed:
        raise UnreadableLineError("cannot be negative", reason="bad_number", field=path)
    return read


def metrics(parent: Object, path: str, scope: Scope) -> dict[str, Decimal]:
    """Read every known number of `market` or `stats`, by metric name."""
    found: dict[str, Decimal] = {}
    for key in parent:
        metric: Metric | None = METRIC_OF_FIELD.get((scope, key))
        if metric is not None:
            value = number(parent, key, f"{path}.{key}", signed=metric.signed)
            if value is not None:
                found[metric.name] = value
    return found


def flags(parent: Object, path: str) -> dict[str, bool]:
    """Read every known flag, by its name."""
    found: dict[str, bool] = {}
    for key, value in parent.items():
        flag = FLAG_OF_FIELD.get(key)
        if flag is not None and value is not None:
            if not isinstance(value, bool):
                raise UnreadableLineError("expected true, false or null", reason="bad_flag", field=f"{path}.{key}")
            found[flag.name] = value
    return found


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise UnreadableLineError("expected a text", reason="bad_text", field=path)
    return value


def _number(value: object) -> Decimal:
    match value:
        case bool():
            raise InvalidNumberError("true and false are no numbers")
        case str():
            return parse_number(value)
        case int() if value.bit_length() > MAX_TEXT * 4:  # such a number is too long to be worth spelling
            raise InvalidNumberError(f"expected at most {MAX_TEXT} digits")
        case int():
            return parse_number(str(value))
        case float():
            return parse_number(repr(value))
        case Decimal():
            return parse_number(str(_shortened(value)))
        case _:
            raise InvalidNumberError("expected a number or a decimal string")


def _shortened(value: Decimal) -> Decimal:
    """Round first: a long number's spelling with an exponent may be longer than it was as JSON."""
    try:
        return rounded(value)
    except ArithmeticError:
        raise InvalidNumberError("out of range") from None


def _instant(text: str, path: str) -> datetime:
    shape = _INSTANT.fullmatch(text.strip())
    if shape is None:
        problem = "expected an instant with its zone, such as 2026-11-23T10:04:02.120Z"
        raise UnreadableLineError(problem, reason="bad_instant", field=path)
    day, minute, second, fraction, zone = shape.groups(default="0")
    microsecond = fraction.ljust(6, "0")[:6]
    try:
        spelt = f"{day}T{minute}:{second.zfill(2)}.{microsecond}{'+00:00' if zone in 'Zz' else zone}"
        instant = datetime.fromisoformat(spelt).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableLineError("no such day or time", reason="bad_instant", field=path) from None
    if not _EARLIEST <= instant < _LATEST:
        raise UnreadableLineError("expected a year from 2000 to 2099", reason="bad_instant", field=path)
    return instant
