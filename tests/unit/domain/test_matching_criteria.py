"""What each kind of criterion says of a known event, and of one with facts missing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tokenfilter.domain.call import Call, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, TokenFacts
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, OneOf, Range
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChannelId, EventId, parse_token
from tokenfilter.domain.matching import (
    Outcome,
    Refused,
    channel_findings,
    is_listed,
    judge,
    matches,
    qualifying,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = parse_token("6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN")


def known(*, market=(), flags=(), facts=None, calls=(), stats=()):
    """Evidence of one token; `calls` are (channel, minutes ago), `stats` channel -> values."""
    heard = Heard(
        token=TOKEN,
        observed_at=AT,
        id=EventId("e"),
        facts=facts or TokenFacts(symbol="LAMB", name="Lamb Coin", dex="PumpSwap"),
        market={name: Decimal(value) for name, value in dict(market).items()},
        flags=dict(flags),
        calls=tuple(Call(channel=ChannelId(c), called_at=AT - timedelta(minutes=ago)) for c, ago in calls),
    )
    event = Event(heard=heard, at=AT, settings_seq=0, received_at=AT)
    lines = {
        ChannelId(c): ChannelStats(
            channel=ChannelId(c), as_of=AT, values={name: Decimal(v) for name, v in values.items()}
        )
        for c, values in dict(stats).items()
    }
    return gather(event, merge_calls((), heard.calls, at=AT), lines)


def outcome(text, evidence):
    (finding,) = judge(parse_filter(text), evidence).by.findings
    return finding.outcome


def test_at_a_recheck_an_old_caller_counts_for_the_quorum_but_does_not_suffice_alone():
    evidence = known(calls=[("@old", 5), ("@new", 1)], stats={"@old": {"win": 60}, "@new": {"win": 50}})
    new = frozenset({ChannelId("@new")})
    assert matches(parse_filter("win >= 50, quorum 2"), evidence, fresh=new)
    assert matches(parse_filter("win >= 55"), evidence)
    verdict = judge(parse_filter("win >= 55"), evidence, fresh=new)
    assert isinstance(verdict, Refused)
    assert verdict.by.stale


@pytest.mark.parametrize("text", ["mcap >= 1", "mint revoked", "mint active", "launchpad bonk", "word not inu"])
def test_without_the_fact_only_unknown_pass_holds(text):
    evidence = known(facts=TokenFacts())
    assert outcome(text, evidence) is Outcome.UNKNOWN
    assert not matches(parse_filter(text), evidence)
    assert not matches(parse_filter(f"{text} unknown refuse"), evidence)
    assert matches(parse_filter(f"{text} unknown pass"), evidence)
    assert matches(parse_filter(f"{text}, unknown pass"), evidence)


def test_a_caller_without_statistics_counts_only_with_unknown_pass():
    evidence = known(calls=[("@alpha", 1)])
    assert outcome("win >= 50", evidence) is Outcome.UNKNOWN
    assert not matches(parse_filter("win >= 50"), evidence)
    assert matches(parse_filter("win >= 50 unknown pass"), evidence)


def test_without_a_caller_a_channel_rule_fails_and_is_never_unknown():
    assert outcome("win >= 50 unknown pass", known()) is Outcome.FAIL
    assert outcome("quorum 1", known()) is Outcome.FAIL


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mcap >= 100", Outcome.PASS),
        ("mcap <= 100", Outcome.PASS),
        ("mcap >= 100.000000000001", Outcome.FAIL),
        ("mcap <= 99.9999999999999", Outcome.FAIL),
        ("mint revoked", Outcome.PASS),
        ("mint active", Outcome.FAIL),
        ("honeypot no", Outcome.PASS),
        ("honeypot yes", Outcome.FAIL),
        ("chain solana base", Outcome.PASS),
        ("chain not solana", Outcome.FAIL),
        ("dex PUMPSWAP", Outcome.PASS),
        ("dex orca", Outcome.FAIL),
        ("dex orca not pumpswap", Outcome.FAIL),
        ("dex only pumpswap not pumpswap", Outcome.FAIL),
        ("dex not orca", Outcome.PASS),
        ("launchpad not bonk", Outcome.UNKNOWN),
        ("word amb", Outcome.PASS),
        ("word COIN", Outcome.PASS),
        ("word cat", Outcome.FAIL),
        ("word not cat not lamb", Outcome.FAIL),
        (f"token {TOKEN.address}", Outcome.PASS),
        (f"token not {TOKEN.address}", Outcome.FAIL),
        ("win >= 60", Outcome.PASS),
        ("win >= 60.1", Outcome.UNKNOWN),
        ("win >= 60.1, channel not @none", Outcome.FAIL),
        ("win >= 60, quorum 2", Outcome.UNKNOWN),
        ("win >= 10, quorum 2", Outcome.PASS),
        ("win >= 10, quorum 3", Outcome.UNKNOWN),
        ("win >= 10, quorum 4", Outcome.FAIL),
        ("win >= 10, gain <= 5", Outcome.UNKNOWN),
        ("channel @alpha", Outcome.PASS),
        ("channel not @alpha @beta @none", Outcome.FAIL),
        ("channel only @alpha not @alpha", Outcome.FAIL),
        ("quorum 2 in 10m", Outcome.FAIL),
        ("quorum 2 in 10.1m", Outcome.PASS),
    ],
)
def test_a_criterion_says(text, expected):
    evidence = known(
        market={"mcap": 100},
        flags={"mint": True, "honeypot": False},
        calls=[("@alpha", 1), ("@beta", 10), ("@none", 30)],
        stats={"@alpha": {"win": 60}, "@beta": {"win": 10, "gain": 900}},
    )
    assert outcome(text, evidence) is expected


def test_an_empty_venue_is_known_and_is_no_member():
    evidence = known(facts=TokenFacts(dex=""))
    assert outcome("dex orca", evidence) is Outcome.FAIL
    assert outcome("dex not orca", evidence) is Outcome.PASS


def test_the_channels_that_qualify_come_in_order_of_their_first_call():
    evidence = known(calls=[("@b", 1), ("@a", 2), ("@c", 3)], stats={"@b": {"win": 60}, "@c": {"win": 60}})
    rule = ChannelRule(ranges=(Range(metric="win", low=Decimal(50)),))
    assert qualifying(rule, evidence) == ("@c", "@b")
    assert judge(Filter(any_of=(Criteria(channel=rule),)), evidence).by.qualifying == ("@c", "@b")
    assert judge(Filter(), evidence).by.qualifying == ("@c", "@a", "@b")


def test_each_statistic_of_a_channel_can_be_shown():
    evidence = known(calls=[("@a", 1)], stats={"@a": {"win": 60}})
    rule = ChannelRule(ranges=(Range(metric="win", low=Decimal(70)), Range(metric="gain", low=Decimal(1))))
    shown = [(f.observed, f.outcome) for f in channel_findings(rule, ChannelId("@a"), evidence)]
    assert shown == [(Decimal(60), Outcome.FAIL), (None, Outcome.UNKNOWN)]
    assert is_listed(rule, ChannelId("@a"))


def test_a_member_on_both_lists_is_unwanted():
    both = OneOf(field="chain", only=frozenset({"solana"}), exclude=frozenset({"solana"}))
    assert not matches(Filter(any_of=(Criteria(sets=(both,)),)), known())
