"""Filters that cannot be, and what a filter says of its size."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, FlagIs, InvalidFilterError, OneOf, Range
from tokenfilter.domain.filter_print import criterion_text
from tokenfilter.domain.ids import ChannelId
from tokenfilter.testing import strategies as some

MCAP = Range(metric="mcap", low=Decimal(1))
WIN = Range(metric="win", low=Decimal(1))
MINT = FlagIs(flag="mint", wanted=True)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Range(metric="mcap"), "mcap needs a lower or an upper bound"),
        (lambda: Range(metric="mcap", low=Decimal(2), high=Decimal(1)), "the lower bound is above the upper one"),
        (lambda: OneOf(field="dex"), "dex needs at least one value"),
        (lambda: ChannelRule(quorum=0), "quorum must be at least 1"),
        (lambda: ChannelRule(window=timedelta(0)), "window must be between"),
        (lambda: ChannelRule(window=timedelta(hours=24, microseconds=1)), "window must be between"),
        (lambda: Criteria(ranges=(MCAP, MCAP)), "given twice"),
        (lambda: Criteria(flags=(MINT, MINT)), "given twice"),
        (lambda: Criteria(channel=ChannelRule(ranges=(WIN, WIN))), "given twice"),
        (lambda: Filter(any_of=()), "expected 1 to 4 alternatives"),
        (lambda: Filter(any_of=(Criteria(),) * 5), "expected 1 to 4 alternatives"),
        (lambda: Filter(any_of=(Criteria(ranges=tuple(Range(metric=f"m{n}", low=Decimal(n)) for n in range(65))),)),
         "at most 64 criteria"),
        (lambda: Filter(any_of=(Criteria(sets=(OneOf(field="word", only=frozenset(map(str, range(501)))),)),)),
         "at most 500 set members"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_refused_with_the_reason(build, message):
    with pytest.raises(InvalidFilterError, match=message):
        build()


@pytest.mark.parametrize(
    ("criteria", "size", "members"),
    [
        (Criteria(), 0, 0),
        (Criteria(ranges=(MCAP,), flags=(MINT,)), 2, 0),
        (Criteria(sets=(OneOf(field="dex", only=frozenset("ab"), exclude=frozenset("c")),)), 1, 3),
        (Criteria(channel=ChannelRule(ranges=(WIN,), exclude=frozenset({ChannelId("@a")}))), 2, 1),
    ],
)
def test_criteria_and_members_are_counted(criteria, size, members):
    assert (len(criteria), criteria.members()) == (size, members)


@given(some.filters())
def test_bounds_are_all_ranges_a_filter_prints(wanted):
    texts = [criterion_text(bound) for bound in wanted.bounds()]
    printed = [
        criterion_text(part)
        for criteria in wanted.any_of
        for part in (*criteria.ranges, *(criteria.channel.ranges if criteria.channel else ()))
    ]
    assert texts == printed
