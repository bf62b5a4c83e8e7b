"""What a token must meet to miss given criteria by a single one, narrowly where that means something."""

from collections.abc import Iterator
from dataclasses import replace

from tokenfilter.adapters.simulator.stage_numbers import just_outside
from tokenfilter.domain.filter import ChannelRule, Criteria, FlagIs, OneOf


def missing_by_one(criteria: Criteria) -> Iterator[Criteria]:
    """The criteria with one of them turned into its near contrary; bounds first, as they can be missed by a little."""
    for bound in criteria.ranges:
        others = tuple(r for r in criteria.ranges if r is not bound)
        yield from (replace(criteria, ranges=(*others, outside)) for outside in just_outside(bound))
    rule = criteria.channel
    if rule is not None:
        yield from (replace(criteria, channel=missed) for missed in _rules_missed(rule))
    for flag in criteria.flags:
        contrary = FlagIs(flag=flag.flag, wanted=not flag.wanted)
        yield replace(criteria, flags=tuple(contrary if f is flag else f for f in criteria.flags))
    for members in criteria.sets:
        yield from (
            replace(criteria, sets=tuple(contrary if s is members else s for s in criteria.sets))
            for contrary in _sets_missed(members)
        )


def _rules_missed(rule: ChannelRule) -> Iterator[ChannelRule]:
    for bound in rule.ranges:
        others = tuple(r for r in rule.ranges if r is not bound)
        yield from (replace(rule, ranges=(*others, outside)) for outside in just_outside(bound))
    if rule.quorum > 1:
        yield replace(rule, quorum=rule.quorum - 1)
    if rule.only:
        yield replace(rule, only=frozenset(), exclude=rule.only | rule.exclude)
    if rule.exclude:
        yield replace(rule, only=rule.exclude, exclude=frozenset())


def _sets_missed(members: OneOf) -> Iterator[OneOf]:
    if members.only:
        yield OneOf(field=members.field, exclude=members.only | members.exclude)
    if members.exclude:
        yield OneOf(field=members.field, only=members.exclude)
