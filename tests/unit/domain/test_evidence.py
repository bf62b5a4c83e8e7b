from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from tokenfilter.domain.call import Call, KeptCall
from tokenfilter.domain.event import Event, Heard, TokenFacts
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.ids import ChannelId, EventId, parse_token
from tokenfilter.domain.market import FLAGS, METRICS, Scope
from tokenfilter.testing.strategies import evidence
from tokenfilter.testing.strategies.names import EPOCH

TOKEN_METRICS = {m.name for m in METRICS.values() if m.scope is Scope.TOKEN}
LAMB = parse_token("6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN")


def gathered(*, market=None, calls=(), created=None, at=EPOCH):
    numbers = {name: Decimal(value) for name, value in (market or {}).items()}
    heard = Heard(token=LAMB, observed_at=at, id=EventId("1"), facts=TokenFacts(created_at=created), market=numbers)
    event = Event(heard=heard, at=at, settings_seq=0, received_at=at)
    return gather(event, tuple(calls), {})


def kept(channel="@alpha", *, mcap=None, fdv=None, ago=timedelta(0)):
    def size(value):
        return None if value is None else Decimal(value)

    first = Call(channel=ChannelId(channel), called_at=EPOCH - ago, market_cap_usd=size(mcap), fdv_usd=size(fdv))
    return KeptCall(first=first, last_at=EPOCH)


@given(evidence())
def test_what_the_feed_said_is_seen_as_it_was_said(seen):
    heard = seen.event.heard
    assert {name: seen.values[name] for name in heard.market} == dict(heard.market)
    assert all(seen.flag(name) is heard.flags.get(name) for name in FLAGS)
    assert seen.values.keys() <= TOKEN_METRICS


@given(evidence())
def test_each_metric_and_flag_is_either_known_or_listed_as_unknown(seen):
    metrics = {name for name in seen.missing if ":" not in name}
    assert metrics.isdisjoint(seen.values)
    assert metrics | seen.values.keys() == TOKEN_METRICS
    assert {name for name in FLAGS if seen.flag(name) is None} == {n[5:] for n in seen.missing if n.startswith("flag:")}


@given(evidence())
def test_missing_statistics_are_listed_for_calling_channels_only_and_only_where_there_are_any(seen):
    missing, callers = seen.missing_stats, {c.channel for c in seen.calls}
    assert missing.keys() <= callers
    assert all(missing.values())
    for channel in callers:
        for metric in (m.name for m in METRICS.values() if m.scope is Scope.CHANNEL):
            assert (seen.statistic(channel, metric) is None) == (metric in missing.get(channel, ()))


@given(evidence())
def test_times_since_are_never_negative(seen):
    assert all(seen.values.get(name, Decimal(0)) >= 0 for name in ("age", "since", "callers"))


@given(evidence())
def test_all_is_measured_from_the_instant_the_event_counts_as_of(seen):
    later = replace(seen.event, at=seen.at + timedelta(seconds=90))
    moved = gather(later, seen.calls, seen.stats)
    created = seen.event.heard.facts.created_at
    if created and created <= seen.at:
        exact = Decimal((seen.at - created) // timedelta(microseconds=1)).scaleb(-6)
        assert abs(moved.values["age"] - exact - 90) <= Decimal("1e-6")
    assert moved.values.keys() == seen.values.keys()


@pytest.mark.parametrize(
    ("market", "share"),
    [({"liq": 5, "mcap": 50}, 10), ({"liq": 5}, None), ({"mcap": 50}, None), ({"liq": 5, "mcap": 0}, None)],
)
def test_liquidity_in_percent_needs_both_and_a_market_cap_above_zero(market, share):
    assert gathered(market=market).values.get("liqpct") == share


def test_age_counts_to_the_microsecond_and_a_token_of_the_future_is_new():
    created = EPOCH - timedelta(days=1, microseconds=1)
    assert gathered(created=created).values["age"] == Decimal("86400.000001")
    assert gathered(created=EPOCH + timedelta(seconds=9)).values["age"] == 0
    assert "age" not in gathered().values


def test_the_earliest_kept_call_gives_the_size_at_call_and_the_time_since():
    calls = (kept(mcap=100, fdv=200, ago=timedelta(minutes=2)), kept("@beta", mcap=900, ago=timedelta(minutes=1)))
    values = gathered(calls=calls).values
    assert (values["mcap_at_call"], values["fdv_at_call"], values["since"], values["callers"]) == (100, 200, 120, 2)


def test_without_a_call_nothing_is_known_of_calls_but_that_nobody_called():
    values = gathered(market={"mcap": 5}).values
    assert values["callers"] == 0
    assert values.keys() & {"mcap_at_call", "fdv_at_call", "rise", "since"} == set()


@pytest.mark.parametrize(
    ("market", "call", "rise"),
    [
        ({"fdv": 300, "mcap": 100}, {"fdv": 200, "mcap": 100}, 50),
        ({"mcap": 50}, {"fdv": 200, "mcap": 100}, -50),
        ({"fdv": 300, "mcap": 150}, {"mcap": 100}, 50),
        ({"fdv": 300}, {"mcap": 100}, None),
        ({"fdv": 300}, {"fdv": 0}, None),
        ({}, {}, None),
    ],
)
def test_the_rise_is_measured_on_the_first_basis_known_at_both_ends(market, call, rise):
    assert gathered(market=market, calls=[kept(**call)]).values.get("rise") == rise
