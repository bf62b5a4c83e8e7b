"""The rule of matching: what tightening, adding, order, missing facts and freshness do to a verdict."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.call import Call, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, TokenFacts
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter import LONGEST_WINDOW, ChannelRule, Criteria, Filter, FlagIs, OneOf, Range, Unknown
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChannelId, EventId, parse_token
from tokenfilter.domain.market import FLAGS, METRICS, Scope
from tokenfilter.domain.matching import (
    Matched,
    Outcome,
    Refused,
    channel_findings,
    is_listed,
    judge,
    matches,
    qualifying,
    tolerates,
)
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing import strategies as some

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


@st.composite
def filters_and_evidence(draw):
    evidence = draw(some.evidence())
    return draw(some.filters_near(evidence)), evidence


@st.composite
def with_some_fresh(draw):
    wanted, evidence = draw(filters_and_evidence())
    callers = [c.channel for c in evidence.calls]
    return wanted, evidence, frozenset(draw(st.lists(st.sampled_from(callers)))) if callers else frozenset()


# Tightening and adding


def tighter_range(draw, bound):
    if draw(st.booleans()):
        return replace(bound, unknown=Unknown.REFUSE)
    step = abs(draw(some.values(bound.metric)))
    low, high = bound.low, bound.high
    if low is not None and draw(st.booleans()):
        low = rounded(low + step)
    elif high is not None:
        high = rounded(high - step)
    else:
        high = low
    bounds = [b for b in (low, high) if b is not None]
    return replace(bound, low=low, high=high) if bounds == sorted(bounds) else replace(bound, unknown=Unknown.REFUSE)


def tighter_rule(draw, rule, callers):
    kind = draw(st.sampled_from(("quorum", "window", "exclude", "only", "range", "new range")))
    if kind == "range" and rule.ranges:
        return replace(rule, ranges=(tighter_range(draw, rule.ranges[0]), *rule.ranges[1:]))
    if kind == "new range" and "streak" not in [r.metric for r in rule.ranges]:
        return replace(rule, ranges=(*rule.ranges, draw(some.ranges("streak"))))
    if kind == "window":
        return replace(rule, window=max(timedelta(seconds=1), rule.window / draw(st.integers(2, 100))))
    if kind == "exclude" and callers:
        return replace(rule, exclude=rule.exclude | {draw(st.sampled_from(callers))})
    if kind == "only" and callers and not rule.only:
        return replace(rule, only=frozenset({draw(st.sampled_from(callers))}))
    return replace(rule, quorum=rule.quorum + 1)


def tighter(draw, criteria, evidence):
    """The criteria with one of them narrowed, or one more."""
    kind = draw(st.sampled_from(("range", "flag", "set", "rule", "new")))
    if kind == "range" and criteria.ranges:
        return replace(criteria, ranges=(tighter_range(draw, criteria.ranges[0]), *criteria.ranges[1:]))
    if kind == "flag" and criteria.flags:
        return replace(criteria, flags=(replace(criteria.flags[0], unknown=Unknown.REFUSE), *criteria.flags[1:]))
    if kind == "set" and criteria.sets:
        old, other = criteria.sets[0], draw(some.one_of_sets(criteria.sets[0].field))
        return replace(criteria, sets=(replace(old, exclude=old.exclude | other.exclude), *criteria.sets[1:]))
    if kind == "rule" and criteria.channel:
        return replace(criteria, channel=tighter_rule(draw, criteria.channel, [c.channel for c in evidence.calls]))
    return added(draw, criteria)


def added(draw, criteria):
    """The criteria and one more."""
    choices = [
        lambda m=m: replace(criteria, ranges=(*criteria.ranges, draw(some.ranges(m))))
        for m, metric in METRICS.items()
        if metric.scope is Scope.TOKEN and m not in [r.metric for r in criteria.ranges]
    ]
    choices += [
        lambda f=f: replace(criteria, flags=(*criteria.flags, FlagIs(flag=f, wanted=draw(st.booleans()))))
        for f in FLAGS
        if f not in [flag.flag for flag in criteria.flags]
    ]
    if "word" not in [s.field for s in criteria.sets]:
        choices.append(lambda: replace(criteria, sets=(*criteria.sets, draw(some.one_of_sets("word")))))
    if criteria.channel is None:
        choices.append(lambda: replace(criteria, channel=draw(some.channel_rules())))
    return draw(st.sampled_from(choices))()


@given(filters_and_evidence(), st.data())
def test_tightening_a_criterion_never_adds_a_match(case, data):
    wanted, evidence = case
    first, *others = wanted.any_of
    narrowed = replace(wanted, any_of=(tighter(data.draw, first, evidence), *others))
    assert matches(wanted, evidence) or not matches(narrowed, evidence)


@given(filters_and_evidence(), st.data())
def test_adding_a_criterion_only_removes_matches(case, data):
    wanted, evidence = case
    more = replace(wanted, any_of=tuple(added(data.draw, criteria) for criteria in wanted.any_of))
    assert matches(wanted, evidence) or not matches(more, evidence)


@given(filters_and_evidence(), some.criteria())
def test_adding_an_alternative_only_adds_matches(case, other):
    wanted, evidence = case
    more = replace(wanted, any_of=(*wanted.any_of, other))
    assert matches(more, evidence) == (matches(wanted, evidence) or matches(Filter(any_of=(other,)), evidence))


# Order


@given(filters_and_evidence(), st.randoms())
def test_the_order_of_channels_and_criteria_does_not_matter(case, random):
    wanted, evidence = case

    def shuffled(items):
        return tuple(random.sample(items, len(items)))

    def reordered(criteria):
        rule = criteria.channel and replace(criteria.channel, ranges=shuffled(criteria.channel.ranges))
        ranges, flags, sets = map(shuffled, (criteria.ranges, criteria.flags, criteria.sets))
        return Criteria(ranges=ranges, flags=flags, sets=sets, channel=rule)

    heard = replace(evidence.event.heard, calls=shuffled(evidence.event.heard.calls))
    event = replace(evidence.event, heard=heard)
    calls = merge_calls((), heard.calls, at=event.at)
    stats = dict(shuffled(list(evidence.stats.items())))
    other = replace(wanted, any_of=shuffled(tuple(map(reordered, wanted.any_of))))
    assert matches(other, gather(event, calls, stats)) == matches(wanted, evidence)


# The two ways of asking


@given(with_some_fresh())
def test_matches_agrees_with_judge(case):
    wanted, evidence, fresh = case
    for asked in (None, fresh):
        assert matches(wanted, evidence, fresh=asked) == isinstance(judge(wanted, evidence, fresh=asked), Matched)


@given(filters_and_evidence())
def test_a_verdict_shows_every_alternative_with_every_criterion(case):
    wanted, evidence = case
    verdict = judge(wanted, evidence)
    assert tuple(j.criteria for j in verdict.judged) == wanted.any_of
    assert verdict.by in verdict.judged
    for judged in verdict.judged:
        rule = judged.criteria.channel
        shown = [f.criterion for f in judged.findings]
        parts = (*judged.criteria.ranges, *judged.criteria.flags, *judged.criteria.sets, *((rule,) if rule else ()))
        assert shown == list(parts)
        assert judged.matched == all(f.holds for f in judged.findings)


@given(filters_and_evidence())
def test_a_refusal_is_explained_by_the_alternative_with_the_fewest_failures(case):
    wanted, evidence = case
    verdict = judge(wanted, evidence)
    failures = [sum(not f.holds for f in j.findings) for j in verdict.judged]
    shown = sum(not f.holds for f in verdict.by.findings)
    assert shown == (min(failures) if isinstance(verdict, Refused) else 0)


# Freshness


@given(with_some_fresh())
def test_a_recheck_never_accepts_what_a_full_judgement_refuses(case):
    wanted, evidence, fresh = case
    assert matches(wanted, evidence) or not matches(wanted, evidence, fresh=fresh)


@given(with_some_fresh(), st.data())
def test_with_channel_criteria_and_quorum_1_a_recheck_judges_the_fresh_channels_alone(case, data):
    wanted, evidence, fresh = case
    rules = [c.channel or data.draw(some.channel_rules()) for c in wanted.any_of]
    of_channels = replace(wanted, any_of=tuple(Criteria(channel=replace(r, quorum=1)) for r in rules))
    alone = replace(evidence, calls=tuple(c for c in evidence.calls if c.channel in fresh))
    assert matches(of_channels, evidence, fresh=fresh) == matches(of_channels, alone)


@given(with_some_fresh())
def test_without_a_channel_rule_freshness_does_not_matter(case):
    wanted, evidence, fresh = case
    without = replace(wanted, any_of=tuple(replace(c, channel=None) for c in wanted.any_of))
    assert matches(without, evidence, fresh=fresh) == matches(without, evidence)


def test_at_a_recheck_an_old_caller_counts_for_the_quorum_but_does_not_suffice_alone():
    evidence = known(calls=[("@old", 5), ("@new", 1)], stats={"@old": {"win": 60}, "@new": {"win": 50}})
    new = frozenset({ChannelId("@new")})
    assert matches(parse_filter("win >= 50, quorum 2"), evidence, fresh=new)
    assert matches(parse_filter("win >= 55"), evidence)
    verdict = judge(parse_filter("win >= 55"), evidence, fresh=new)
    assert isinstance(verdict, Refused)
    assert verdict.by.stale


# Missing facts


@given(filters_and_evidence())
def test_a_missing_fact_holds_exactly_where_the_policy_lets_it_pass(case):
    wanted, evidence = case
    for judged in judge(wanted, evidence).judged:
        for finding in judged.findings:
            if finding.outcome is Outcome.UNKNOWN:
                assert finding.holds == tolerates(finding.criterion)
            else:
                assert finding.holds == (finding.outcome is Outcome.PASS)


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


# Single criteria


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


@given(filters_and_evidence())
def test_no_event_is_too_old_for_the_widest_window(case):
    _, evidence = case
    rule = ChannelRule(window=LONGEST_WINDOW)
    assert len(qualifying(rule, evidence)) == len(evidence.calls)


def test_a_member_on_both_lists_is_unwanted():
    both = OneOf(field="chain", only=frozenset({"solana"}), exclude=frozenset({"solana"}))
    assert not matches(Filter(any_of=(Criteria(sets=(both,)),)), known())
