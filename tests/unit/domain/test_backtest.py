"""A backtest tells what the live rule would have told."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings

from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import decide
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.examples import NOON, RouteList

HOUR = timedelta(hours=1)


def evidence(name="e1", *, at=NOON, calls=(), **market):
    """What was known of the token at an instant."""
    return examples.evidence_of(examples.stamped(examples.heard(name, at=at, calls=calls, **market)))


@settings(max_examples=30, deadline=None)
@given(strategies.histories(), strategies.filters())
def test_a_backtest_tells_what_deciding_live_tells(history, wanted):
    """From events that nobody judged before, and from the evidence that was judged live."""
    index = RouteList([replace(examples.route(1), wanted=wanted)])
    anew, again, records = Backtest(wanted), Backtest(wanted), {}
    for said in history.events:
        event, stats = replace(said, settings_seq=1), history.stats_as_of(said.at)
        live = decide(event, records.get(event.token, TokenRecords()), stats, index)
        if live.changed:
            records[event.token] = live.records
        told = anew.see_event(event, stats)
        assert bool(live.told) == (told is not None)
        assert told is None or told.evidence == live.evidence
        assert told == again.see(live.evidence)
    assert anew.told == again.told
    assert anew.events == again.events == len(history.events)


def test_a_token_is_told_once_in_14_days():
    test = Backtest(parse_filter("mcap >= 5"))
    told = [test.see(evidence(f"e{n}", at=NOON + at, mcap=5)) for n, at in enumerate((0 * HOUR, HOUR, ACCEPTED_FOR))]
    assert [t is not None for t in told] == [True, False, True]
    assert test.told == [told[0], told[2]]


def test_a_filter_that_is_always_checked_is_judged_without_anything_fresh():
    for text, expected in (("mcap >= 5", False), ("mcap >= 5, recheck always", True)):
        test = Backtest(parse_filter(text))
        assert test.see(evidence("e1", mcap=4)) is None
        assert test.see(evidence("e2", at=NOON + timedelta(minutes=1), mcap=4)) is None
        assert (test.see(evidence("e3", at=NOON + timedelta(minutes=2), mcap=5)) is not None) is expected


def test_a_filter_that_is_always_checked_still_tells_once():
    test = Backtest(parse_filter("mcap >= 5, recheck always"))
    assert [test.see(evidence(f"e{n}", mcap=5)) is not None for n in range(3)] == [True, False, False]


def test_a_rate_needs_an_hour_of_history_whatever_the_order_of_events():
    test = Backtest(parse_filter("mcap >= 5"))
    assert test.alerts_per_day() is None
    test.see(evidence("e1", at=NOON, mcap=5))
    assert test.alerts_per_day() is None
    test.see(evidence("e2", at=NOON + HOUR - timedelta(seconds=1)))
    assert test.alerts_per_day() is None
    test.see(evidence("e3", at=NOON - timedelta(seconds=1)))
    assert test.alerts_per_day() == 24
    assert (test.first_at, test.last_at) == (NOON - timedelta(seconds=1), NOON + HOUR - timedelta(seconds=1))


def test_a_token_never_seen_has_no_calls():
    assert Backtest(parse_filter("mcap >= 5")).calls_of(examples.token()) == ()


def test_an_earlier_call_that_is_told_late_counts_live_as_it_does_in_a_backtest():
    wanted, minute = parse_filter("mcap_at_call <= 60"), timedelta(minutes=1)
    index, test, records = RouteList([replace(examples.route(1), wanted=wanted)]), Backtest(wanted), TokenRecords()
    told = []
    for after, channel, called, cap in ((5, "@a", 5, "100"), (6, "@a", 0, "50"), (7, "@b", 7, "200")):
        call = examples.call(channel, NOON + called * minute, market_cap_usd=cap)
        event = examples.stamped(examples.heard(f"e{after}", at=NOON + after * minute, calls=[call]))
        live = decide(event, records, {}, index)
        records = live.records if live.changed else records
        told.append((bool(live.told), test.see_event(event, {}) is not None))
    assert told == [(False, False), (False, False), (True, True)]
