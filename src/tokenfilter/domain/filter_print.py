"""A filter as canonical text: every criterion spelled exactly, in one order, so that equal filters read the same.

The reading side is filter_text.py.
"""

from dataclasses import replace
from decimal import Decimal

from tokenfilter.domain.filter import (
    LONGEST_WINDOW,
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
from tokenfilter.domain.filter_values import spell_members, spell_number, spell_window
from tokenfilter.domain.market import FLAGS, METRICS
from tokenfilter.domain.numbers import plain

ANYTHING = "any"
"""An alternative without criteria, and after a criterion's name: no limit."""

_METRIC_PLACE = {name: place for place, name in enumerate(METRICS)}
_FLAG_PLACE = {name: place for place, name in enumerate(FLAGS)}


def format_filter(wanted: Filter) -> str:
    """Print a filter; the filter that matches everything prints as nothing."""
    alternatives = [_criteria_text(c) for c in canonical(wanted).any_of]
    if len(alternatives) > 1:
        alternatives = [text or ANYTHING for text in alternatives]
    if wanted.recheck is Recheck.ALWAYS:
        alternatives[-1] = ", ".join(filter(None, (alternatives[-1], "recheck always")))
    return "\nor\n".join(alternatives)


def canonical(wanted: Filter) -> Filter:
    """The same filter with its criteria in catalogue order and its alternatives sorted by their text."""
    alternatives = list(map(_sorted, wanted.any_of))
    if len(alternatives) > 1:
        alternatives.sort(key=_criteria_text)
    return replace(wanted, any_of=tuple(alternatives))


def criterion_name(criterion: Range | FlagIs | OneOf | ChannelRule) -> str:
    """What the criterion is over: a metric, a flag, a set; a channel rule goes by its quorum."""
    match criterion:
        case Range(metric=name) | FlagIs(flag=name) | OneOf(field=name):
            return name
        case _:
            return "quorum"


def criterion_text(criterion: Range | FlagIs | OneOf | ChannelRule) -> str:
    """One criterion as it stands in a filter: `mcap 10k..200k`, `mint revoked unknown pass`.

    A channel rule is the list of its criteria.
    """
    if isinstance(criterion, ChannelRule):
        return ", ".join(_rule_texts(criterion))
    policy = " unknown pass" if criterion.unknown is Unknown.PASS else ""
    return f"{criterion_name(criterion)} {limit_text(criterion)}{policy}"


def limit_text(criterion: Range | FlagIs | OneOf | ChannelRule) -> str:
    """What the criterion asks for, without its name and its policy: `10k..200k`, `revoked`, `only solana`, `2 in 30m`.

    A channel rule asks for its quorum.
    """
    match criterion:
        case Range():
            return _range_limit(criterion)
        case FlagIs():
            flag = FLAGS[criterion.flag]
            return flag.yes if criterion.wanted else flag.no
        case OneOf():
            return spell_members(criterion.only, criterion.exclude)
        case _:
            within = "" if criterion.window == LONGEST_WINDOW else f" in {spell_window(criterion.window)}"
            return f"{criterion.quorum}{within}"


def channels_text(rule: ChannelRule) -> str:
    """The rule's lists as a criterion: `channel only @alpha not @spam`, `channel any` without lists."""
    return f"channel {spell_members(frozenset(rule.only), frozenset(rule.exclude)) or ANYTHING}"


def value_text(name: str, value: Decimal | bool | str | tuple[str, ...]) -> str:  # noqa: FBT001 - an observed flag
    """What was observed under a metric's, flag's or set's name, exactly and without units: `164197.2`, `revoked`."""
    match value:
        case bool():
            return FLAGS[name].yes if value else FLAGS[name].no
        case Decimal():
            return plain(value)
        case str():
            return value
        case _:
            return " ".join(value)


def _criteria_text(criteria: Criteria) -> str:
    parts = (*criteria.ranges, *criteria.flags, *criteria.sets, *((criteria.channel,) if criteria.channel else ()))
    return ", ".join(map(criterion_text, parts))


def _rule_texts(rule: ChannelRule) -> list[str]:
    texts = [criterion_text(r) for r in rule.ranges]
    if rule.only or rule.exclude:
        texts.append(channels_text(rule))
    if not texts or rule.quorum > 1 or rule.window != LONGEST_WINDOW:
        texts.append(f"quorum {limit_text(rule)}")
    return texts


def _range_limit(bound: Range) -> str:
    metric = METRICS[bound.metric]
    low, high = (None if b is None else spell_number(metric, b) for b in (bound.low, bound.high))
    if low is None:
        return f"<= {high}"
    return f">= {low}" if high is None else f"{low}..{high}"


def _sorted(criteria: Criteria) -> Criteria:
    rule = criteria.channel
    return Criteria(
        ranges=_in_catalogue_order(criteria.ranges),
        flags=tuple(sorted(criteria.flags, key=lambda f: _FLAG_PLACE[f.flag])),
        sets=tuple(sorted(criteria.sets, key=lambda s: SET_FIELDS.index(s.field))),
        channel=replace(rule, ranges=_in_catalogue_order(rule.ranges)) if rule else None,
    )


def _in_catalogue_order(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    return tuple(sorted(ranges, key=lambda r: _METRIC_PLACE[r.metric]))
