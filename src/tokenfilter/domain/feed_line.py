"""Feed format v1 (FORMATS 1): a JSON object a line becomes an event, a price or a channel's statistics.

How single fields are read stands in feed_fields.py, how a line is written in feed_spelling.py. Nothing here raises
anything but `UnreadableLineError`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tokenfilter.domain import feed_fields as fields
from tokenfilter.domain.call import Call
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import FeedLine, Heard, Tick, TokenFacts
from tokenfilter.domain.feed_fields import Object, UnreadableLineError
from tokenfilter.domain.feed_spelling import TICK_FIELDS, encode, spell_instant
from tokenfilter.domain.ids import EventId, InvalidIdError, Token, parse_token
from tokenfilter.domain.market import FLAG_OF_FIELD, METRIC_OF_FIELD, Scope
from tokenfilter.domain.numbers import MAX_TEXT

__all__ = [
    "MAX_FRAME",
    "Ignored",
    "UnreadableLineError",
    "decode",
    "decode_object",
    "encode",
    "parse_frame",
    "unknown_fields",
]

MAX_FRAME = 256 * 1024
"""Bytes; longer frames are refused (FORMATS 1)."""

_MAX_UNKNOWN = 20  # how many unknown fields of one line are worth telling apart
_KNOWN = {
    "token": frozenset({"type", "id", "token", "market", "flags", "calls", "observed_at"}),
    "price": frozenset({"type", "chain", "address", "observed_at", *TICK_FIELDS}),
    "channel": frozenset({"type", "channel", "stats", "as_of"}),
}
_KNOWN_WITHIN = {
    "token": frozenset({"chain", "address", "symbol", "name", "created_at", "dex", "launchpad"}),
    "market": frozenset(field for scope, field in METRIC_OF_FIELD if scope is Scope.TOKEN),
    "stats": frozenset(field for scope, field in METRIC_OF_FIELD if scope is Scope.CHANNEL),
    "flags": frozenset(FLAG_OF_FIELD),
    "calls[]": frozenset({"channel", "called_at", "market_cap_usd", "fdv_usd", "message_url"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A line of a type that we do not know: counted, nothing more. `said` is what it called itself, cut short."""

    reason: str
    said: str


def decode(raw: bytes | str) -> FeedLine | Ignored:
    """Read one line.

    Raises:
        UnreadableLineError: it cannot be understood.
    """
    return decode_object(parse_frame(raw))


def parse_frame(raw: bytes | str) -> object:
    """Read JSON of at most `MAX_FRAME` bytes, its numbers exactly; one that no Decimal of 40 digits holds becomes NaN.

    Raises:
        UnreadableLineError: too large, not UTF-8, nested too deeply, or not JSON.
    """
    if _size(raw) > MAX_FRAME:
        raise UnreadableLineError(f"expected at most {MAX_FRAME} bytes", reason="too_large")
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        return json.loads(text, parse_float=_exact, parse_int=_exact, parse_constant=_exact)
    except UnicodeDecodeError:
        raise UnreadableLineError("expected UTF-8", reason="not_utf8") from None
    except RecursionError:
        raise UnreadableLineError("nested too deeply", reason="too_deep") from None
    except ValueError:
        raise UnreadableLineError("expected one JSON object", reason="not_json") from None


def decode_object(obj: object) -> FeedLine | Ignored:
    """Read a line that is already parsed.

    Raises:
        UnreadableLineError: it cannot be understood.
    """
    if not isinstance(obj, Mapping):
        raise UnreadableLineError("expected a JSON object", reason="not_an_object")
    match fields.required_text(obj, "type", "type"):
        case "token":
            return _heard(obj)
        case "price":
            return _tick(obj)
        case "channel":
            return _channel_stats(obj)
        case other:
            return Ignored(reason="unknown_type", said=other[:40])


def unknown_fields(obj: object) -> tuple[str, ...]:
    """Paths of the fields of a parsed line that reading passes over, to count them by.

    Sorted, each once, at most 20 and each cut to 64 characters; none for a line that is no object or of unknown type.
    """
    line_type = obj.get("type") if isinstance(obj, Mapping) else None
    if not isinstance(obj, Mapping) or not isinstance(line_type, str) or line_type not in _KNOWN:
        return ()
    known = _KNOWN[line_type]
    found = {key[:64] for key in obj if key not in known}
    for path, within in _parts(obj, known):
        found.update(f"{path}.{key}"[:64] for key in within if key not in _KNOWN_WITHIN[path])
    return tuple(sorted(found)[:_MAX_UNKNOWN])


def _parts(obj: Object, known: frozenset[str]) -> Iterator[tuple[str, Object]]:
    for key in known & _KNOWN_WITHIN.keys():
        part = obj.get(key)
        if isinstance(part, Mapping):
            yield key, part
    calls = obj.get("calls")
    if "calls" in known and isinstance(calls, list | tuple):
        yield from (("calls[]", call) for call in calls if isinstance(call, Mapping))


def _size(raw: bytes | str) -> int:
    if isinstance(raw, bytes) or len(raw) > MAX_FRAME or raw.isascii():
        return len(raw)
    return len(raw.encode("utf-8", "surrogatepass"))


def _exact(literal: str) -> Decimal:
    try:
        return Decimal(literal) if len(literal) <= MAX_TEXT else Decimal("NaN")
    except InvalidOperation:  # an exponent beyond what any Decimal has
        return Decimal("NaN")


def _heard(obj: Object) -> Heard:
    about = fields.member(obj, "token", "token")
    token = _token(about, "token.")
    observed_at = fields.required_instant(obj, "observed_at", "observed_at")
    return Heard(
        token=token,
        observed_at=observed_at,
        id=EventId(fields.event_id(obj, "id", "id") or f"{token}@{spell_instant(observed_at)}"),
        facts=TokenFacts(
            symbol=fields.foreign_text(about, "symbol", "token.symbol"),
            name=fields.foreign_text(about, "name", "token.name"),
            created_at=fields.optional_instant(about, "created_at", "token.created_at"),
            dex=fields.foreign_text(about, "dex", "token.dex"),
            launchpad=fields.foreign_text(about, "launchpad", "token.launchpad"),
        ),
        market=fields.metrics(fields.member(obj, "market", "market"), "market", Scope.TOKEN),
        flags=fields.flags(fields.member(obj, "flags", "flags"), "flags"),
        calls=tuple(_calls(obj)),
    )


def _calls(obj: Object) -> Iterator[Call]:
    calls = obj.get("calls")
    if calls is None:
        return
    if not isinstance(calls, list | tuple):
        raise UnreadableLineError("expected a list", reason="bad_list", field="calls")
    for index, call in enumerate(calls):
        path = f"calls[{index}]"
        if not isinstance(call, Mapping):
            raise UnreadableLineError("expected an object", reason="bad_object", field=path)
        yield Call(
            channel=fields.channel(call, "channel", f"{path}.channel"),
            called_at=fields.required_instant(call, "called_at", f"{path}.called_at"),
            market_cap_usd=fields.number(call, "market_cap_usd", f"{path}.market_cap_usd"),
            fdv_usd=fields.number(call, "fdv_usd", f"{path}.fdv_usd"),
            message_url=fields.link(call, "message_url"),
        )


def _tick(obj: Object) -> Tick:
    told = {metric: fields.number(obj, field, field) for field, metric in TICK_FIELDS.items()}
    return Tick(
        token=_token(obj, ""),
        observed_at=fields.required_instant(obj, "observed_at", "observed_at"),
        market={metric: value for metric, value in told.items() if value is not None},
    )


def _channel_stats(obj: Object) -> ChannelStats:
    return ChannelStats(
        channel=fields.channel(obj, "channel", "channel"),
        as_of=fields.required_instant(obj, "as_of", "as_of"),
        values=fields.metrics(fields.member(obj, "stats", "stats"), "stats", Scope.CHANNEL),
    )


def _token(parent: Object, path: str) -> Token:
    address = fields.required_text(parent, "address", f"{path}address")
    chain = fields.optional_text(parent, "chain", f"{path}chain")
    try:
        return parse_token(address, chain)
    except InvalidIdError as wrong:
        raise UnreadableLineError(str(wrong), reason="bad_address", field=f"{path}address") from None
