"""A filter as a plain value: its canonical text, or criterion by criterion where the text does not say all.

The text does not keep the order of alternatives, and has an end (FORMATS 3) beyond which a criterion that passes until
known may lengthen it.
"""

from datetime import timedelta
from functools import lru_cache

from tokenfilter.domain.filter import (
    SET_FIELDS,
    ChannelRule,
    Criteria,
    Filter,
    FlagIs,
    InvalidFilterError,
    OneOf,
    Range,
    Recheck,
    SetField,
    Unknown,
)
from tokenfilter.domain.filter_text import format_filter, parse_filter
from tokenfilter.domain.market import FLAGS, METRICS
from tokenfilter.domain.plain.fields import (
    NotStoredFormError,
    Plain,
    choice,
    known,
    listed,
    object_of,
    texts,
    truth,
    whole,
)
from tokenfilter.domain.plain.measures import optional_number, optional_spelt
from tokenfilter.domain.plain.names import channel_of

_POLICIES = {policy.value: policy for policy in Unknown}
_RECHECKS = {recheck.value: recheck for recheck in Recheck}
_METRICS = {name: name for name in METRICS}
_FLAGS = {name: name for name in FLAGS}
_SETS: dict[str, SetField] = {field: field for field in SET_FIELDS}
_MICRO = timedelta(microseconds=1)


@lru_cache(maxsize=8_192)
def filter_to_plain(wanted: Filter) -> str | dict[str, object]:
    """Spell a filter; what is returned is shared and must stay as it is.

    A subscriber's filter is spelt several times at every change, and many have the same.
    """
    text = format_filter(wanted)
    return text if _is_all_of(wanted, text) else _filter_to_plain(wanted)


def filter_from_plain(plain: object) -> Filter:
    """Read what `filter_to_plain` spelt.

    Raises:
        NotStoredFormError: it is not of the form.
    """
    try:
        return _parsed(plain) if isinstance(plain, str) else _filter_from_plain(object_of(plain, "filter"))
    except InvalidFilterError as wrong:
        raise NotStoredFormError(f"filter: {wrong}") from None


@lru_cache(maxsize=8_192)
def _parsed(text: str) -> Filter:
    """Read a text; many subscribers keep the same one, and each of them keeps it in several earlier lists."""
    return parse_filter(text)


def _is_all_of(wanted: Filter, text: str) -> bool:
    try:
        return _parsed(text) == wanted
    except InvalidFilterError:
        return False


def _filter_to_plain(wanted: Filter) -> dict[str, object]:
    return {"any_of": [_criteria_to_plain(criteria) for criteria in wanted.any_of], "recheck": wanted.recheck.value}


def _filter_from_plain(plain: Plain) -> Filter:
    any_of = tuple([_criteria_from_plain(criteria) for criteria in listed(plain, "any_of")])
    return Filter(any_of=any_of, recheck=choice(plain, "recheck", _RECHECKS))


def _criteria_to_plain(criteria: Criteria) -> dict[str, object]:
    return known(
        ranges=[_range_to_plain(bounds) for bounds in criteria.ranges],
        flags=[{"flag": f.flag, "wanted": f.wanted, "unknown": f.unknown.value} for f in criteria.flags],
        sets=[{"field": s.field, **_lists(s), "unknown": s.unknown.value} for s in criteria.sets],
        channel=_rule_to_plain(criteria.channel) if criteria.channel else None,
    )


def _criteria_from_plain(plain: Plain) -> Criteria:
    plain = object_of(plain, "any_of")
    rule = plain.get("channel")
    return Criteria(
        ranges=_ranges_from_plain(plain),
        flags=tuple([_flag_from_plain(flag) for flag in listed(plain, "flags")]),
        sets=tuple([_set_from_plain(members) for members in listed(plain, "sets")]),
        channel=None if rule is None else _rule_from_plain(rule),
    )


def _range_to_plain(bounds: Range) -> dict[str, object]:
    low, high = optional_spelt(bounds.low), optional_spelt(bounds.high)
    return known(metric=bounds.metric, low=low, high=high, unknown=bounds.unknown.value)


def _ranges_from_plain(plain: Plain) -> tuple[Range, ...]:
    return tuple([_range_from_plain(bounds) for bounds in listed(plain, "ranges")])


def _range_from_plain(plain: Plain) -> Range:
    plain = object_of(plain, "ranges")
    return Range(
        metric=choice(plain, "metric", _METRICS),
        low=optional_number(plain, "low"),
        high=optional_number(plain, "high"),
        unknown=choice(plain, "unknown", _POLICIES),
    )


def _flag_from_plain(plain: Plain) -> FlagIs:
    plain = object_of(plain, "flags")
    return FlagIs(
        flag=choice(plain, "flag", _FLAGS), wanted=truth(plain, "wanted"), unknown=choice(plain, "unknown", _POLICIES)
    )


def _set_from_plain(plain: Plain) -> OneOf:
    plain = object_of(plain, "sets")
    return OneOf(
        field=choice(plain, "field", _SETS),
        only=frozenset(texts(plain, "only")),
        exclude=frozenset(texts(plain, "exclude")),
        unknown=choice(plain, "unknown", _POLICIES),
    )


def _rule_to_plain(rule: ChannelRule) -> dict[str, object]:
    ranges = [_range_to_plain(bounds) for bounds in rule.ranges]
    return {"ranges": ranges, **_lists(rule), "quorum": rule.quorum, "window": rule.window // _MICRO}


def _rule_from_plain(plain: Plain) -> ChannelRule:
    plain = object_of(plain, "channel")
    try:
        window = whole(plain, "window") * _MICRO
    except OverflowError:
        raise NotStoredFormError("window: expected microseconds of at most a day") from None
    return ChannelRule(
        ranges=_ranges_from_plain(plain),
        only=frozenset([channel_of(value, "only") for value in listed(plain, "only")]),
        exclude=frozenset([channel_of(value, "exclude") for value in listed(plain, "exclude")]),
        quorum=whole(plain, "quorum"),
        window=window,
    )


def _lists(criterion: OneOf | ChannelRule) -> dict[str, object]:
    return {"only": sorted(criterion.only), "exclude": sorted(criterion.exclude)}
