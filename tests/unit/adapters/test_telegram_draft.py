"""Editing a filter by buttons and typed values: pure, and never more than what was asked."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.telegram import draft
from tokenfilter.adapters.telegram.dialogue.criteria import typed
from tokenfilter.adapters.telegram.menus import CATEGORIES, LABELS, LISTS, QUORUM, STEPS_OFFERED, steps
from tokenfilter.domain.filter import SET_FIELDS, Filter, InvalidFilterError, Range, Unknown
from tokenfilter.domain.filter_print import canonical, format_filter
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import Chain
from tokenfilter.domain.market import FLAGS, METRICS
from tokenfilter.testing import strategies

SIDES = st.sampled_from(["low", "high"])
METRIC = st.sampled_from(sorted(METRICS))


@st.composite
def drafts(draw: st.DrawFn) -> draft.Draft:
    wanted = draw(strategies.filters())
    return draft.draft_of(wanted, draw(st.integers(0, 3)))


def test_every_criterion_stands_in_exactly_one_category():
    offered = [key for category in CATEGORIES for key in category.keys]
    assert sorted(offered) == sorted([*METRICS, *FLAGS, *SET_FIELDS, LISTS, QUORUM])
    assert set(offered) == set(LABELS)


@given(METRIC.flatmap(lambda m: st.tuples(st.just(METRICS[m]), st.none() | strategies.values(m))))
def test_steps_are_few_in_order_and_within_the_sensible_range(case):
    metric, current = case
    offered = steps(metric, current)
    assert 2 <= len(offered) <= STEPS_OFFERED
    assert list(offered) == sorted(set(offered))
    assert all(metric.low <= step <= metric.high for step in offered)


@given(METRIC)
def test_the_present_step_is_among_those_offered(name):
    for step in steps(METRICS[name], None):
        assert step in steps(METRICS[name], step)


@given(drafts(), METRIC, SIDES, st.integers(-100, 10**6).map(Decimal))
def test_a_bound_is_what_was_chosen_and_nothing_else_changes(before, metric, side, value):
    try:
        after = draft.with_bound(before, metric, side, value)
    except InvalidFilterError:
        old = draft.found(before.criteria, metric)
        other = old and (old.high if side == "low" else old.low)
        assert other is None or (value > other if side == "low" else value < other) or len(before.criteria) >= 60
        return
    bound = draft.found(after.criteria, metric)
    assert isinstance(bound, Range)
    assert (bound.low if side == "low" else bound.high) == value
    assert set(draft.keys(after.criteria)) - {metric, QUORUM} == set(draft.keys(before.criteria)) - {metric, QUORUM}
    assert len(after.wanted.any_of) == len(before.wanted.any_of)


@given(drafts())
def test_what_was_taken_away_is_gone_and_the_rest_stays(before):
    for key in draft.keys(before.criteria):
        left = draft.keys(draft.without(before, key).criteria)
        assert key not in left or key == QUORUM
        assert set(left) - {QUORUM} == set(draft.keys(before.criteria)) - {key, QUORUM}


@given(drafts())
def test_without_any_criterion_everything_matches(before):
    for key in draft.keys(before.criteria):
        before = draft.without(before, key)
    assert draft.keys(draft.without(before, QUORUM).criteria) == ()


@given(drafts())
def test_switching_what_unknown_does_twice_changes_nothing(before):
    for key in draft.keys(before.criteria):
        again = draft.with_policy_toggled(draft.with_policy_toggled(before, key), key)
        assert again.wanted == before.wanted


@given(drafts())
def test_every_draft_is_in_canonical_order_and_can_be_kept_as_text(before):
    after = draft.with_recheck_toggled(draft.with_chain_toggled(before, Chain.BASE))
    assert canonical(after.wanted) == after.wanted
    assert draft.draft_of(parse_filter(format_filter(after.wanted)), after.part) == after


@given(drafts(), st.integers(1, 20), st.sampled_from([300, 900, 86_400]))
def test_a_quorum_and_its_window_are_what_was_chosen(before, quorum, seconds):
    after = draft.with_rule(before, quorum=quorum, window=timedelta(seconds=seconds))
    rule = after.criteria.channel
    assert rule is not None
    assert (rule.quorum, rule.window) == (quorum, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("key", "side", "words", "text"),
    [
        ("liq", "low", "5.7k", "liq >= 5.7k"),
        ("liq", "low", "$5.7k", "liq >= 5.7k"),
        ("liq", "high", "5k..50k", "liq 5k..50k"),
        ("mcap", "both", "10k-200k", "mcap 10k..200k"),
        ("mcap", "low", "mcap 10k..200k", "mcap 10k..200k"),
        ("mcap", "low", ">= 10k", "mcap >= 10k"),
        ("age", "high", "30m", "age <= 30m"),
        ("win", "low", "55%", "win >= 55"),
        ("word", "both", "not inu, elon", "word not elon inu"),
        ("channel", "both", "only @Alpha", "channel only @alpha"),
        ("chain", "both", "only solana", "chain only solana"),
    ],
)
def test_a_typed_value_is_understood(key, side, words, text):
    assert format_filter(typed(draft.draft_of(Filter()), key, side, words).wanted) == format_filter(parse_filter(text))


def test_a_typed_bound_leaves_the_other_one_and_the_policy():
    before = draft.draft_of(parse_filter("top10 10..30 unknown pass"))
    after = draft.found(typed(before, "top10", "high", "25").criteria, "top10")
    assert after == Range(metric="top10", low=Decimal(10), high=Decimal(25), unknown=Unknown.PASS)


@pytest.mark.parametrize(
    ("key", "side", "words"),
    [
        ("liq", "low", "5k, mcap >= 1"),
        ("liq", "low", "5,7k"),
        ("liq", "low", "5m\nor\nmcap >= 1"),
        ("age", "low", "$5"),
        ("word", "both", "not a, recheck always\nor\nmcap >= 2"),
        ("win", "low", "abc"),
        ("win", "low", ""),
    ],
)
def test_more_or_other_than_was_asked_for_is_refused(key, side, words):
    with pytest.raises(InvalidFilterError):
        typed(draft.draft_of(Filter()), key, side, words)


@given(drafts(), st.sampled_from(sorted(LABELS)), st.sampled_from(["low", "high", "both"]), st.text(max_size=60))
def test_any_typed_text_is_understood_or_refused(before, key, side, words):
    if key == QUORUM or (key not in METRICS and side != "both"):
        return
    try:
        after = typed(before, key, side, words)
    except InvalidFilterError:
        return
    assert set(draft.keys(after.criteria)) - {key, QUORUM} == set(draft.keys(before.criteria)) - {key, QUORUM}
