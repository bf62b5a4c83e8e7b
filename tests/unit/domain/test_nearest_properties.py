"""The nearest pass: one change, no more than needed, and enough."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tokenfilter.domain.call import Call, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, FlagIs, Range, Unknown
from tokenfilter.domain.filter_text import canonical, format_filter, parse_filter
from tokenfilter.domain.ids import ChannelId, EventId, parse_token
from tokenfilter.domain.matching import Matched, judge, matches
from tokenfilter.domain.nearest import nearest_pass
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing import strategies as some

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def called(calls, stats):
    """Evidence of a token of which only its callers (and how long ago) and their statistics are known."""
    heard = Heard(
        token=parse_token("6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"),
        observed_at=AT,
        id=EventId("e"),
        flags={"mint": False},
        calls=tuple(Call(channel=ChannelId(c), called_at=AT - ago) for c, ago in calls),
    )
    lines = {
        ChannelId(c): ChannelStats(channel=ChannelId(c), as_of=AT, values={n: Decimal(v) for n, v in values.items()})
        for c, values in stats.items()
    }
    event = Event(heard=heard, at=AT, settings_seq=0, received_at=AT)
    return gather(event, merge_calls((), heard.calls, at=AT), lines)


def parts(criteria):
    """The criteria of an alternative by what they are about; a rule's lists are one criterion, its quorum another."""
    found = {part.metric: part for part in criteria.ranges}
    found |= {part.flag: part for part in criteria.flags} | {part.field: part for part in criteria.sets}
    if rule := criteria.channel:
        found |= {part.metric: part for part in rule.ranges}
        found["channel"] = (rule.only, rule.exclude)
        found["quorum"] = (rule.quorum, rule.window)
    return found


def changed_alternative(before, after):
    """The one alternative that differs, as it was and as it is."""
    old, new = list(canonical(before).any_of), list(canonical(after).any_of)
    for criteria in canonical(before).any_of:
        if criteria in new:
            old.remove(criteria)
            new.remove(criteria)
    assert (len(old), len(new)) == (1, 1)
    return parts(old[0]), parts(new[0])


@st.composite
def cases(draw):
    """A filter, evidence next to it, and fresh channels or None, as at a first judgement."""
    evidence = draw(some.evidence())
    wanted = draw(some.filters_near(evidence))
    callers = [c.channel for c in evidence.calls]
    fresh = st.lists(st.sampled_from(callers)).map(frozenset) if callers else st.just(frozenset())
    asked = draw(st.none() | fresh)
    return wanted, evidence, asked


@st.composite
def channel_cases(draw):
    """A channel rule whose bounds, lists, quorum and window are those of the callers at hand, give or take a little."""
    few = st.integers(-3, 3)
    callers = draw(st.lists(st.sampled_from(("@a", "@b", "@c", "@d", "@e")), unique=True, min_size=1))
    calls = [(c, timedelta(seconds=draw(st.integers(0, 90) | st.integers(0, 86_399)))) for c in callers]
    stats = {c: {m: draw(few) for m in ("gain", "win") if draw(st.integers(0, 3))} for c in callers}
    bounds = []
    for metric in draw(st.lists(st.sampled_from(("gain", "median", "win")), unique=True, max_size=2)):
        low, high = sorted((draw(few), draw(few)))
        ends = draw(st.sampled_from(((low, None), (None, high), (low, high))))
        low, high = (None if end is None else Decimal(end if metric == "gain" else abs(end)) for end in ends)
        if low is None or high is None or low <= high:
            bounds.append(Range(metric=metric, low=low, high=high, unknown=draw(st.sampled_from(Unknown))))
    ago = draw(st.sampled_from(calls))[1]
    lists = st.frozensets(st.sampled_from((*callers, "@other")), max_size=2)
    rule = ChannelRule(
        ranges=tuple(bounds),
        only=frozenset(map(ChannelId, draw(lists))),
        exclude=frozenset(map(ChannelId, draw(lists))),
        quorum=draw(st.integers(1, len(callers) + 1)),
        window=draw(st.sampled_from((timedelta(hours=24), max(timedelta(seconds=1), ago)))),
    )
    stats = {c: {m: abs(v) if m == "win" else v for m, v in values.items()} for c, values in stats.items()}
    other = draw(st.sampled_from(((), (Criteria(flags=(FlagIs(flag="mint", wanted=True),)),))))
    fresh = draw(st.none() | st.lists(st.sampled_from(callers)).map(lambda names: frozenset(map(ChannelId, names))))
    return Filter(any_of=(Criteria(channel=rule), *other)), called(calls, stats), fresh


any_case = channel_cases() | cases()


@given(any_case)
def test_the_changed_filter_matches(case):
    wanted, evidence, fresh = case
    nearest = nearest_pass(wanted, evidence, fresh=fresh)
    if matches(wanted, evidence, fresh=fresh):
        assert nearest is None
    else:
        assert nearest is None or isinstance(judge(nearest.changed, evidence, fresh=fresh), Matched)


@given(any_case)
def test_one_criterion_is_changed_and_no_other(case):
    wanted, evidence, fresh = case
    nearest = nearest_pass(wanted, evidence, fresh=fresh)
    if nearest:
        old, new = changed_alternative(wanted, nearest.changed)
        names = {name for name in old | new if old.get(name) != new.get(name)}
        assert names == {nearest.text.split()[0]}
        assert nearest.changed.recheck == wanted.recheck
        assert 0 < nearest.cost <= 2 + len(old)


@settings(max_examples=40)
@given(any_case)
def test_the_change_and_the_changed_filter_can_be_written(case):
    wanted, evidence, fresh = case
    nearest = nearest_pass(wanted, evidence, fresh=fresh)
    if nearest:
        assert parse_filter(format_filter(nearest.changed)) == nearest.changed
        assert len(parse_filter(nearest.text).any_of) == 1


@settings(max_examples=40)
@given(any_case)
def test_putting_the_text_in_place_of_the_criterion_lets_the_event_pass(case):
    wanted, evidence, fresh = case
    nearest = nearest_pass(wanted, evidence, fresh=fresh)
    if nearest:
        name = nearest.text.split()[0]
        replaced = [
            ", ".join([*(p for p in text.split(", ") if p and p.split()[0] != name), nearest.text])
            for text in format_filter(wanted).removesuffix("recheck always").split("\nor\n")
        ]
        assert any(matches(parse_filter(text), evidence, fresh=fresh) for text in replaced)


@settings(max_examples=40)
@given(any_case, some.evidence())
def test_the_changed_filter_wants_all_that_the_first_one_wanted(case, other):
    wanted, evidence, _ = case
    nearest = nearest_pass(wanted, other)
    if nearest and matches(wanted, evidence):
        assert matches(nearest.changed, evidence)


@given(any_case)
def test_a_bound_moves_no_further_than_it_must(case):
    wanted, evidence, fresh = case
    nearest = nearest_pass(wanted, evidence, fresh=fresh)
    if nearest is None:
        return
    old, new = changed_alternative(wanted, nearest.changed)
    was, now = (side.get(nearest.text.split()[0]) for side in (old, new))
    if not isinstance(was, Range) or (was.low, was.high) == (now.low, now.high):
        return
    less = replace(
        was,
        low=None if was.low is None else rounded(now.low + (was.low - now.low) / 1000),
        high=None if was.high is None else rounded(now.high + (was.high - now.high) / 1000),
    )
    assume((less.low, less.high) != (now.low, now.high))
    narrower = [
        replace(
            criteria,
            ranges=tuple(less if r == now else r for r in criteria.ranges),
            channel=criteria.channel
            and replace(criteria.channel, ranges=tuple(less if r == now else r for r in criteria.channel.ranges)),
        )
        for criteria in nearest.changed.any_of
        if now in (*criteria.ranges, *(criteria.channel.ranges if criteria.channel else ()))
    ]
    assert not all(matches(Filter(any_of=(criteria,)), evidence, fresh=fresh) for criteria in narrower)


@settings(max_examples=40)
@given(any_case)
def test_where_one_criterion_about_the_token_fails_there_is_a_change(case):
    wanted, evidence, _ = case
    failing = [[f for f in j.findings if not f.holds] for j in judge(wanted, evidence).judged]
    if not any(len(f) == 1 and not isinstance(f[0].criterion, ChannelRule) for f in failing):
        return
    assert nearest_pass(wanted, evidence) or matches(wanted, evidence)
