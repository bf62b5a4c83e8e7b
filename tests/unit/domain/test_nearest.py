"""The nearest pass, kind by kind: which change is offered, how it reads and what it costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, example, given

from tokenfilter.domain.call import Call, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, TokenFacts
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter import MAX_MEMBERS, ChannelRule, Criteria, Filter, OneOf, Range
from tokenfilter.domain.filter_text import format_filter, parse_filter
from tokenfilter.domain.ids import ChannelId, EventId, parse_token
from tokenfilter.domain.matching import matches
from tokenfilter.domain.nearest import nearest_pass
from tokenfilter.testing import strategies as some

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = parse_token("6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN")
LAMB = TokenFacts(symbol="LAMB", name="Lamb Coin", dex="PumpSwap", created_at=AT - timedelta(minutes=90))
MARKET = {"mcap": "100000", "price": "0.000000164", "chg1h": "-12.5", "liq": "0"}
CALLS = (("@alpha", timedelta(minutes=1)), ("@beta", timedelta(minutes=10)), ("@none", timedelta(hours=3)))
STATS = {"@alpha": {"win": "57", "gain": "-5"}, "@beta": {"win": "40", "record": "12"}}


def known(*, market=MARKET, facts=LAMB, calls=CALLS, stats=STATS):
    heard = Heard(
        token=TOKEN,
        observed_at=AT,
        id=EventId("e"),
        facts=facts,
        market={name: Decimal(value) for name, value in market.items()},
        flags={"mint": False, "lp": True},
        calls=tuple(Call(channel=ChannelId(c), called_at=AT - ago) for c, ago in calls),
    )
    event = Event(heard=heard, at=AT, settings_seq=0, received_at=AT)
    lines = {
        ChannelId(c): ChannelStats(
            channel=ChannelId(c), as_of=AT, values={name: Decimal(v) for name, v in values.items()}
        )
        for c, values in stats.items()
    }
    return gather(event, merge_calls((), heard.calls, at=AT), lines)


@pytest.mark.parametrize(
    ("text", "nearest", "cost"),
    [
        ("mcap >= 125k", "mcap >= 100k", "0.2"),
        ("mcap 10k..80k", "mcap 10k..100k", "0.2"),
        ("mcap 200k..300k unknown pass", "mcap 100k..300k unknown pass", "0.5"),
        ("liq >= 5k", "liq >= 0", "1"),
        ("chg1h >= 12.5", "chg1h >= -12.5", "2"),
        ("chg1h <= -25", "chg1h <= -12.5", "0.5"),
        ("price >= 0.000000328", "price >= 0.000000164", "0.5"),
        ("age <= 1h", "age <= 90m", None),
        ("holders >= 100", "holders >= 100 unknown pass", "0.25"),
        ("mint revoked", "mint any", "1"),
        ("freeze revoked", "freeze revoked unknown pass", "0.25"),
        ("chain base", "chain only base solana", "0.5"),
        ("chain not solana not base", "chain not base", "0.5"),
        ("chain not solana", "chain any", "0.5"),
        ("chain base not solana", "chain only base solana", "1"),
        ("dex orca", "dex only orca pumpswap", "0.5"),
        ("launchpad bonk", "launchpad only bonk unknown pass", "0.25"),
        ("word cat", "word only cat lamb", "0.5"),
        ("word not amb not coin not cat", "word not cat", "1"),
        ("word lamb not coin", "word only lamb", "0.5"),
        (f"token not {TOKEN.address}", "token any", "0.5"),
        ("win >= 59", "win >= 57", None),
        ("win >= 59, quorum 2", "win >= 40", None),
        ("win >= 50, quorum 2 in 30m", "win >= 40", "0.2"),
        ("win <= 32", "win <= 40", "0.2"),
        ("win <= 30", "win <= 30 unknown pass", "0.25"),
        ("win >= 50 unknown pass, quorum 3", "win >= 40 unknown pass", "0.2"),
        ("win >= 57, gain >= 0", "gain >= -5", "1"),
        ("win >= 57, gain >= -4", "gain >= -5", "0.2"),
        ("quorum 4", "quorum 3", "0.25"),
        ("quorum 3 in 2h", "quorum 2 in 2h", None),
        ("quorum 3 in 170m", "quorum 3 in 181m", None),
        ("quorum 1 in 30s", "quorum 1 in 2m", "0.75"),
        ("channel @gamma", "channel only @gamma @none", "0.5"),
        ("channel not @alpha @beta @none", "channel not @alpha @beta", "0.5"),
        ("channel not @alpha, win >= 57, gain <= 0", "channel any", "0.5"),
        ("channel @gamma, win >= 55", "channel only @alpha @gamma", "0.5"),
        ("channel @gamma, win >= 90", None, None),
        ("mcap >= 125k, mint revoked", None, None),
        ("mcap >= 125k, mint revoked\nor\nchain base", "chain only base solana", "0.5"),
        ("mcap >= 125k\nor\nchain base", "mcap >= 100k", "0.2"),
        ("mcap >= 1\nor\nchain base", None, None),
    ],
)  # fmt: skip
def test_the_nearest_change_is(text, nearest, cost):
    found = nearest_pass(parse_filter(text), known())
    assert (found and found.text) == nearest
    assert cost is None or found.cost == Decimal(cost)


def test_without_a_caller_no_single_change_helps_a_channel_rule():
    assert nearest_pass(parse_filter("win >= 50 unknown pass"), known(calls=())) is None


def test_a_window_under_a_minute_widens_by_seconds():
    evidence = known(calls=[("@alpha", timedelta(seconds=40, microseconds=1))])
    assert nearest_pass(parse_filter("quorum 1 in 30s"), evidence).text == "quorum 1 in 41s"


def test_a_window_never_widens_past_24_hours():
    evidence = known(calls=[("@alpha", timedelta(hours=23, minutes=59, seconds=59))])
    assert nearest_pass(parse_filter("quorum 1 in 1h"), evidence).text == "quorum 1"
    kept = replace(evidence.calls[0], last_at=AT - timedelta(hours=24))
    assert nearest_pass(parse_filter("quorum 1 in 1h"), replace(evidence, calls=(kept,))) is None


@pytest.mark.parametrize(
    ("symbol", "name", "nearest"),
    [
        (None, "Shiba inu, 2", "word only cat shiba"),
        ("\u200b", "x" * 65, "word any"),
        ("not", None, 'word only cat "not"'),
        ('"', None, 'word only """ cat'),
    ],
)
def test_a_word_that_joins_is_the_longest_that_can_be_written(symbol, name, nearest):
    evidence = known(facts=TokenFacts(symbol=symbol, name=name))
    found = nearest_pass(parse_filter("word cat"), evidence)
    assert found.text == nearest
    assert matches(parse_filter(format_filter(found.changed)), evidence)


def test_a_venue_that_cannot_be_written_makes_the_list_be_given_up():
    evidence = known(facts=TokenFacts(dex="Raydium CLMM"))
    assert nearest_pass(parse_filter("dex orca"), evidence).text == "dex any"
    assert nearest_pass(parse_filter("dex orca not cetus"), evidence).text == "dex not cetus"


def test_a_filter_that_is_full_takes_no_member():
    words = OneOf(field="word", only=frozenset(f"{n}x" for n in range(MAX_MEMBERS)))
    assert nearest_pass(Filter(any_of=(Criteria(sets=(words,)),)), known()).text == "word any"
    others = frozenset(ChannelId(f"@{n}") for n in range(MAX_MEMBERS))
    assert nearest_pass(Filter(any_of=(Criteria(channel=ChannelRule(only=others)),)), known()) is None


def test_at_a_recheck_the_change_lets_a_fresh_channel_qualify():
    wanted, fresh = parse_filter("win >= 50"), frozenset({ChannelId("@beta")})
    assert nearest_pass(wanted, known()) is None
    assert nearest_pass(wanted, known(), fresh=fresh).text == "win >= 40"
    assert nearest_pass(wanted, known(), fresh=frozenset()) is None


@example(Decimal("1e-30"), Decimal("1e30"))
@example(Decimal("0.000000000123456789012345"), Decimal(0))
@given(some.values("mcap"), some.values("mcap"))
def test_the_cost_of_a_bound_lies_between_nothing_and_2_and_does_not_depend_on_the_direction(one, other):
    assume(one != other)
    low, high = sorted((one, other))
    too_low = nearest_pass(
        Filter(any_of=(Criteria(ranges=(Range(metric="mcap", low=high),)),)), known(market={"mcap": low})
    )
    too_high = nearest_pass(
        Filter(any_of=(Criteria(ranges=(Range(metric="mcap", high=low),)),)), known(market={"mcap": high})
    )
    assert 0 < too_low.cost == too_high.cost <= 2
