"""What the provider claims of a channel, against what it knows by then."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.simulator.cast import Channel, ChannelTruth, Style, draw_cast
from tokenfilter.domain.ids import parse_channel

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
calls = st.lists(st.tuples(st.timedeltas(-DAY * 40, DAY * 3), st.floats(1, 100), st.floats(0.01, 1)), max_size=60)


def channel(called, *, hiding=0.0):
    truth = ChannelTruth(channel=parse_channel("@one"), style=Style.CALLER, skill=0.4, honest=not hiding)
    made = Channel(truth=truth, calls_a_day=5, subscribers=900, loser_hiding=hiding, messages=1)
    random = Random(1)
    for ago, peak, close in sorted(called):
        made.remember(random, called_at=NOW + ago, peak=peak, close=min(close * 2, peak), first=True)
    return made


@given(calls)
def test_a_claim_says_the_same_when_nothing_had_happened_since_a_day_before_it(called):
    matured = [call for call in called if call[0] <= -DAY]
    assert channel(called).claim(NOW) == channel(matured).claim(NOW)


@given(calls)
def test_a_claim_counts_every_call_that_matured_within_thirty_days(called):
    counted = sum(timedelta(days=-30) <= ago <= -DAY for ago, _, _ in called)
    assert channel(called).claim(NOW).values["record"] == counted


@given(calls)
def test_rates_need_five_calls_and_stay_within_their_range(called):
    values = channel(called).claim(NOW).values
    assert ("hit" in values) is (values["record"] >= 5)
    assert 0 <= values.get("hit", 0) <= values.get("win", 100) <= 100


@given(calls, st.floats(0.4, 0.9))
def test_deleting_losers_never_lowers_the_claimed_hit_rate(called, hiding):
    honest, hidden = channel(called).claim(NOW).values, channel(called, hiding=hiding).claim(NOW).values
    assert hidden["record"] <= honest["record"]
    if "hit" in hidden:
        assert hidden["hit"] >= honest["hit"]


def test_claims_of_the_cast_follow_skill_where_it_is_honest_and_flatter_where_it_is_not():
    cast = draw_cast(Random(5), start=NOW, rate=1.0)
    gap = {True: [], False: []}
    for one in cast:
        values = one.claim(NOW).values
        if values["record"] >= 30:
            gap[one.truth.honest].append(float(values["hit"]) - 100 * one.truth.skill)
    honest, dishonest = (sum(g) / len(g) for g in (gap[True], gap[False]))
    assert abs(honest) < 4
    assert dishonest > honest + 8


def test_some_channels_are_too_young_to_be_judged_and_most_are_not():
    records = [one.claim(NOW).values["record"] for one in draw_cast(Random(5), start=NOW, rate=1.0)]
    assert 0 < sum(r < 10 for r in records) < len(records) / 4
