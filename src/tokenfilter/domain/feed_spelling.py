"""Feed format v1 (FORMATS 1) the other way: an event, a price or a channel's statistics becomes one line of JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import assert_never

from tokenfilter.domain.call import Call
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import FeedLine, Heard, Tick
from tokenfilter.domain.market import FLAGS, METRICS, Unit
from tokenfilter.domain.numbers import MAX_TEXT, plain

TICK_FIELDS: Mapping[str, str] = MappingProxyType(
    {"price_usd": "price", "market_cap_usd": "mcap", "fdv_usd": "fdv", "liquidity_usd": "liq"}
)
"""What a price line may say: fields and their metrics."""

_EXACT_AS_JSON_NUMBER = 2**53  # readers that hold JSON numbers as floats read integers exactly up to here
_LINE_BREAKS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}  # JSON allows them, line readers split there

Spelt = dict[str, object]


def encode(line: FeedLine) -> str:
    """Spell a line, without any line break; `decode(encode(line)) == line` for every line that was decoded."""
    match line:
        case Heard():
            spelt = _heard(line)
        case Tick():
            where = {"type": "price", "chain": line.token.chain.value, "address": line.token.address}
            numbers = {f: _number(line.market[m]) for f, m in TICK_FIELDS.items() if m in line.market}
            spelt = {**where, **numbers, "observed_at": spell_instant(line.observed_at)}
        case ChannelStats():
            spelt = {"type": "channel", "channel": line.channel, "stats": _metrics(line.values)}
            spelt["as_of"] = spell_instant(line.as_of)
        case _:
            assert_never(line)
    return json.dumps(spelt, ensure_ascii=False, separators=(",", ":")).translate(_LINE_BREAKS)


def spell_instant(at: datetime) -> str:
    """Spell an instant in UTC, to the microsecond where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _heard(heard: Heard) -> Spelt:
    facts = heard.facts
    token = {
        "chain": heard.token.chain.value,
        "address": heard.token.address,
        "symbol": facts.symbol,
        "name": facts.name,
        "created_at": facts.created_at and spell_instant(facts.created_at),
        "dex": facts.dex,
        "launchpad": facts.launchpad,
    }
    return {
        "type": "token",
        "id": heard.id,
        "token": _told(token),
        "market": _metrics(heard.market),
        "flags": {FLAGS[name].field: value for name, value in heard.flags.items()},
        "calls": [_call(call) for call in heard.calls],
        "observed_at": spell_instant(heard.observed_at),
    }


def _call(call: Call) -> Spelt:
    return _told(
        {
            "channel": call.channel,
            "called_at": spell_instant(call.called_at),
            "market_cap_usd": None if call.market_cap_usd is None else _number(call.market_cap_usd),
            "fdv_usd": None if call.fdv_usd is None else _number(call.fdv_usd),
            "message_url": call.message_url,
        }
    )


def _metrics(values: Mapping[str, Decimal]) -> Spelt:
    return {
        metric.field: _count(values[name]) if metric.unit is Unit.COUNT else _number(values[name])
        for name, metric in METRICS.items()
        if metric.field and name in values
    }


def _count(value: Decimal) -> int | str:
    whole = abs(value) < _EXACT_AS_JSON_NUMBER and value == int(value)
    return int(value) if whole else _number(value)


def _number(value: Decimal) -> str:
    spelt = plain(value)
    return spelt if len(spelt) <= MAX_TEXT else str(value)


def _told(fields: Mapping[str, object]) -> Spelt:
    return {key: value for key, value in fields.items() if value is not None}
