"""Percentiles of many calls, in little room."""

from math import ceil, inf, nan

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.latency import Spread

seconds = st.floats(1e-6, 500)


def spread_of(durations):
    """A spread of these."""
    spread = Spread()
    for duration in durations:
        spread.add(duration)
    return spread


@given(st.lists(seconds, min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_exact_one_or_up_to_5_percent_more(durations, percent):
    exact = sorted(durations)[ceil(len(durations) * percent / 100) - 1]
    found = spread_of(durations).percentile(percent)
    assert exact * 0.999999 <= found <= exact * 1.050001


@given(st.lists(seconds), st.lists(seconds))
def test_spreads_together_say_what_one_of_all_would_say(some, others):
    together, whole = Spread([spread_of(some), spread_of(others)]), spread_of(some + others)
    assert together.n == whole.n
    assert [together.percentile(p) for p in (50, 95, 99)] == [whole.percentile(p) for p in (50, 95, 99)]


@given(st.lists(st.one_of(st.floats(), st.sampled_from([nan, inf, -inf, 0.0, -1.0, 1e302]))))
def test_whatever_is_added_is_counted(durations):
    assert spread_of(durations).n == len(durations)


def test_of_nothing_nothing_is_known():
    assert Spread().percentile(50) is None
