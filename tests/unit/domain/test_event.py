from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED, StampedTick, overlaid, stamp_of
from tokenfilter.testing.strategies import events, instants, ticks

TINY = timedelta(microseconds=1)


@given(instants(), instants())
def test_a_recorded_event_keeps_its_own_time_however_long_ago(observed_at, received_at):
    assert stamp_of(observed_at, received_at=received_at, recorded=True) == observed_at


@given(instants(), st.timedeltas(-CLOCK_SKEW_ALLOWED, CLOCK_SKEW_ALLOWED))
def test_a_live_feed_is_believed_within_5_minutes_either_way(observed_at, off):
    assert stamp_of(observed_at, received_at=observed_at + off, recorded=False) == observed_at


@given(instants(), st.timedeltas(CLOCK_SKEW_ALLOWED + TINY, timedelta(days=400)), st.sampled_from([1, -1]))
def test_a_live_feed_further_off_counts_as_of_receipt(observed_at, off, sign):
    received_at = observed_at + sign * off
    assert stamp_of(observed_at, received_at=received_at, recorded=False) == received_at


@given(events(), ticks(), instants(), st.integers(0, 9))
def test_a_price_laid_over_an_event_brings_its_prices_and_stamps_and_nothing_else(event, tick, at, settings_seq):
    price = StampedTick(tick=tick, at=at, settings_seq=settings_seq, received_at=at)
    seen = overlaid(event, price)
    assert seen.heard.market == {**event.heard.market, **tick.market}
    assert (seen.at, seen.received_at, seen.settings_seq) == (at, at, settings_seq)
    assert seen.heard.observed_at == tick.observed_at
    assert (seen.token, seen.heard.calls, seen.heard.facts) == (event.token, event.heard.calls, event.heard.facts)
    assert seen.heard.flags == event.heard.flags


@given(events(), ticks())
def test_events_and_prices_answer_for_what_was_heard(event, tick):
    price = StampedTick(tick=tick, at=event.at, settings_seq=0, received_at=event.at)
    assert (event.token, event.id, price.token) == (event.heard.token, event.heard.id, tick.token)
