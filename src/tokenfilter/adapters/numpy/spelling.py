"""A filter as few bytes, exactly and in one way only: what it costs to keep a hundred thousand of them.

Only this process reads them: metrics and flags go by their place in the catalogue. What people and stores read is the
text form (filter_print.py).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tokenfilter.domain.filter import (
    SET_FIELDS,
    ChannelRule,
    Criteria,
    Filter,
    FlagIs,
    OneOf,
    Range,
    Recheck,
    Unknown,
)
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.market import FLAGS, METRICS

_METRICS, _FLAGS = tuple(METRICS), tuple(FLAGS)
_METRIC_PLACE = {name: place for place, name in enumerate(_METRICS)}
_FLAG_PLACE = {name: place for place, name in enumerate(_FLAGS)}
_FIELD_PLACE = {name: place for place, name in enumerate(SET_FIELDS)}
_MICROSECOND = timedelta(microseconds=1)
_LOW, _HIGH, _PASS, _KINDS = 1, 2, 4, 8
_EXACT = 10**15


def spelt(wanted: Filter) -> bytes:
    """Spell a filter; equal filters are spelt alike."""
    plain = [int(wanted.recheck is Recheck.ALWAYS), *map(_criteria, wanted.any_of)]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def read(spelling: bytes) -> Filter:
    """Read what `spelt` spelt."""
    always, *alternatives = json.loads(spelling)
    return Filter(any_of=tuple(map(_read_criteria, alternatives)), recheck=Recheck.ALWAYS if always else Recheck.NEW)


def _criteria(criteria: Criteria) -> list[Any]:
    rule = criteria.channel
    return [
        _ranges(criteria.ranges),
        [_FLAG_PLACE[f.flag] * _KINDS + f.wanted + _policy(f.unknown) for f in criteria.flags],
        [
            [_FIELD_PLACE[s.field] * _KINDS + _policy(s.unknown), sorted(s.only), sorted(s.exclude)]
            for s in criteria.sets
        ],
        rule
        and [_ranges(rule.ranges), sorted(rule.only), sorted(rule.exclude), rule.quorum, rule.window // _MICROSECOND],
    ]


def _read_criteria(plain: Sequence[Any]) -> Criteria:
    ranges, flags, sets, rule = plain
    return Criteria(
        ranges=_read_ranges(ranges),
        flags=tuple(FlagIs(flag=_FLAGS[f // _KINDS], wanted=bool(f & 1), unknown=_read_policy(f)) for f in flags),
        sets=tuple(
            OneOf(
                field=SET_FIELDS[kind // _KINDS],
                only=frozenset(only),
                exclude=frozenset(exclude),
                unknown=_read_policy(kind),
            )
            for kind, only, exclude in sets
        ),
        channel=rule and _read_rule(*rule),
    )


def _read_rule(ranges: list[Any], only: list[str], exclude: list[str], quorum: int, window: int) -> ChannelRule:
    return ChannelRule(
        ranges=_read_ranges(ranges),
        only=frozenset(map(ChannelId, only)),
        exclude=frozenset(map(ChannelId, exclude)),
        quorum=quorum,
        window=window * _MICROSECOND,
    )


def _ranges(ranges: Iterable[Range]) -> list[float]:
    """Each as its metric's place with what follows, then its limits."""
    flat: list[float] = []
    for r in ranges:
        kind = (r.low is not None) * _LOW + (r.high is not None) * _HIGH + _policy(r.unknown)
        flat.append(_METRIC_PLACE[r.metric] * _KINDS + kind)
        flat += [_short(float(limit)) for limit in (r.low, r.high) if limit is not None]
    return flat


def _read_ranges(flat: list[float]) -> tuple[Range, ...]:
    rest, found = iter(flat), []
    for kind in map(int, rest):
        low = _limit(next(rest)) if kind & _LOW else None
        high = _limit(next(rest)) if kind & _HIGH else None
        found.append(Range(metric=_METRICS[kind // _KINDS], low=low, high=high, unknown=_read_policy(kind)))
    return tuple(found)


def _short(limit: float) -> float:
    return int(limit) if limit.is_integer() and abs(limit) < _EXACT else limit


def _limit(number: float) -> Decimal:
    """The decimal of at most 15 digits: a float's shortest spelling is that."""
    return Decimal(repr(number))


def _policy(unknown: Unknown) -> int:
    return _PASS if unknown is Unknown.PASS else 0


def _read_policy(kind: int) -> Unknown:
    return Unknown.PASS if kind & _PASS else Unknown.REFUSE
