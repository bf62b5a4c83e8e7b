from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.channel import CHANNEL_METRICS, ChannelStats, latest_as_of, wilson, win_lower_bound
from tokenfilter.domain.ids import ChannelId
from tokenfilter.testing.strategies import channel_stats, instants
from tokenfilter.testing.strategies.names import EPOCH

ALPHA = ChannelId("@alpha")
lines = st.lists(channel_stats(ALPHA), max_size=6, unique_by=lambda line: line.as_of)


def stats(**values):
    return ChannelStats(channel=ALPHA, as_of=EPOCH, values={name: Decimal(value) for name, value in values.items()})


@given(lines, instants())
def test_statistics_are_never_looked_up_in_the_future(told, at):
    found = latest_as_of(told, at)
    assert found is None or found.as_of <= at


@given(lines, instants())
def test_no_line_between_the_one_that_counts_and_the_instant_is_passed_over(told, at):
    found = latest_as_of(told, at)
    past = [line for line in told if line.as_of <= at]
    assert (found is None) == (not past)
    assert all(line.as_of <= found.as_of for line in past)


@given(lines, instants(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(told, at, random):
    assert latest_as_of(told, at) == latest_as_of(random.sample(told, len(told)), at)


@given(lines, instants(), channel_stats(ALPHA), st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_a_line_of_a_later_time_changes_nothing(told, at, later, ahead):
    assert latest_as_of([*told, replace(later, as_of=at + ahead)], at) == latest_as_of(told, at)


def test_a_line_holds_from_its_own_instant_on():
    line = stats(win=50)
    assert latest_as_of([line], EPOCH) is line
    assert latest_as_of([line], EPOCH - timedelta(microseconds=1)) is None


# Newcombe 1998, "Two-sided confidence intervals for the single proportion", Table I, method 3 (score, no correction).
@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_score_interval_equals_published_values(successes, total, low, high):
    assert wilson(successes, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(sample):
    successes, total = sample
    low, high = wilson(successes, total)
    assert 0 <= low <= successes / total + 1e-12
    assert successes / total - 1e-12 <= high <= 1


@given(st.integers(0, 100), st.integers(1, 5000), st.integers(1, 5000))
def test_a_longer_record_at_the_same_win_rate_never_lowers_the_lower_bound(win, record, more):
    assert stats(win=win, record=record + more).value("winlow") >= stats(win=win, record=record).value("winlow")


def test_the_lower_bound_is_in_percent():
    assert win_lower_bound(stats(win=0, record=249).values) == 0
    assert float(win_lower_bound(stats(win=64, record=41).values)) == pytest.approx(48.6, abs=0.3)


@pytest.mark.parametrize(
    "values", [{}, {"win": 50}, {"record": 9}, {"win": 50, "record": 0}, {"win": 101, "record": 5}]
)
def test_without_a_record_or_a_sane_win_rate_there_is_no_lower_bound(values):
    assert stats(**values).value("winlow") is None


@given(channel_stats())
def test_every_other_statistic_is_as_the_feed_said_or_unknown(line):
    for metric in CHANNEL_METRICS:
        if metric != "winlow":
            assert line.value(metric) == line.values.get(metric)
