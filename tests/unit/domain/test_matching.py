"""The rule of matching: what tightening, adding, order, missing facts and freshness do to a verdict."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter import LONGEST_WINDOW, ChannelRule, Criteria, Filter, FlagIs, Unknown
from tokenfilter.domain.market import FLAGS, METRICS, Scope
from tokenfilter.domain.matching import (
    Matched,
    Outcome,
    Refused,
    judge,
    matches,
    qualifying,
    tolerates,
)
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing import strategies as some


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


@settings(max_examples=40)
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


@settings(max_examples=40)
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


@settings(max_examples=40)
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


@settings(max_examples=40)
@given(with_some_fresh())
def test_without_a_channel_rule_freshness_does_not_matter(case):
    wanted, evidence, fresh = case
    without = replace(wanted, any_of=tuple(replace(c, channel=None) for c in wanted.any_of))
    assert matches(without, evidence, fresh=fresh) == matches(without, evidence)


# Missing facts


@settings(max_examples=40)
@given(filters_and_evidence())
def test_a_missing_fact_holds_exactly_where_the_policy_lets_it_pass(case):
    wanted, evidence = case
    for judged in judge(wanted, evidence).judged:
        for finding in judged.findings:
            if finding.outcome is Outcome.UNKNOWN:
                assert finding.holds == tolerates(finding.criterion)
            else:
                assert finding.holds == (finding.outcome is Outcome.PASS)


@settings(max_examples=40)
@given(filters_and_evidence())
def test_no_event_is_too_old_for_the_widest_window(case):
    _, evidence = case
    rule = ChannelRule(window=LONGEST_WINDOW)
    assert len(qualifying(rule, evidence)) == len(evidence.calls)
