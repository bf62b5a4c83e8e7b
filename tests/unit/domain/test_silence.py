"""One unknown fact that keeps a filter silent: when it is said, and what letting it pass does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.market import FLAGS
from tokenfilter.domain.matching import matches
from tokenfilter.domain.silence import (
    LEAST,
    BlindSpot,
    blind_spot,
    has_become_known,
    lenient,
    named,
    refuses_unknown,
    strict,
)
from tokenfilter.domain.subscriber import (
    InvalidSettingError,
    Subscriber,
    judging_by,
    passing_until_known,
    refusing_again,
    with_filter,
)
from tokenfilter.testing import examples
from tokenfilter.testing import strategies as some


def seen(number, **facts):
    """An event about a token of its own, by facts as `examples.heard` takes them."""
    stats = facts.pop("stats", None)
    said = examples.heard(f"e{number}", about=examples.token(number), **facts)
    return examples.evidence_of(examples.stamped(said), {s.channel: s for s in stats or ()})


def many(number, **facts):
    """So many alike."""
    return [seen(n, **facts) for n in range(1, number + 1)]


def names_in(wanted):
    """Every name a criterion of the filter may go by."""
    single = [c for a in wanted.any_of for c in (*a.ranges, *(a.channel.ranges if a.channel else ()))]
    others = [s.field for a in wanted.any_of for s in a.sets] + [f.flag for a in wanted.any_of for f in a.flags]
    return [r.metric for r in single] + others


@st.composite
def filters_with_events(draw):
    """A filter and events it may want or not."""
    evidence = draw(st.lists(some.evidence(), min_size=1, max_size=4))
    wanted = draw(some.filters() | some.filters_near(evidence[0]))
    return wanted, evidence


def is_missing(evidence, name):
    """Whether a fact is unknown, of the token or of a caller."""
    if name in FLAGS:
        return f"flag:{name}" in evidence.missing
    if name in ("dex", "launchpad"):
        return getattr(evidence.event.heard.facts, name) is None
    if name == "word":
        return not (evidence.event.heard.facts.symbol or evidence.event.heard.facts.name)
    return name in evidence.missing or any(name in found for found in evidence.missing_stats.values())


@given(filters_with_events())
def test_letting_a_criterion_pass_only_adds_matches(drawn):
    wanted, events = drawn
    for name in names_in(wanted):
        eased = lenient(wanted, name)
        assert all(matches(eased, e) for e in events if matches(wanted, e))


@given(some.filters())
def test_refusing_again_gives_the_filter_that_was_where_it_refused_before(wanted):
    for name in names_in(wanted):
        assert named(wanted, name)
        if refuses_unknown(wanted, name):
            assert strict(lenient(wanted, name), name) == wanted
        assert not refuses_unknown(lenient(wanted, name), name)


@given(filters_with_events())
def test_a_blind_spot_is_unknown_in_more_than_half_of_the_refusals(drawn):
    wanted, events = drawn
    refusals = [e for e in events if not matches(wanted, e)] * LEAST
    spot = blind_spot(wanted, refusals)
    if spot is not None:
        assert refuses_unknown(wanted, spot.criterion)
        missing = sum(is_missing(e, spot.criterion) for e in refusals)
        assert len(refusals) == spot.refusals
        assert missing >= spot.unknown > len(refusals) / 2
        assert 0.5 < spot.share <= 1


@given(filters_with_events())
def test_a_filter_that_refuses_nothing_for_being_unknown_has_no_blind_spot(drawn):
    wanted, events = drawn
    for name in names_in(wanted):
        wanted = lenient(wanted, name)
    assert blind_spot(wanted, [e for e in events if not matches(wanted, e)] * LEAST) is None


def test_a_blind_spot_needs_enough_refusals_and_more_than_half_of_them():
    wanted = parse_filter("mcap <= 10, tax <= 5")
    blind, clear = many(LEAST, mcap=50), many(LEAST, mcap=50, tax=3)
    assert blind_spot(wanted, blind[1:]) is None
    assert blind_spot(wanted, blind) == BlindSpot(criterion="tax", unknown=LEAST, refusals=LEAST)
    assert blind_spot(wanted, blind + clear) is None
    assert blind_spot(wanted, blind + clear[1:]) == BlindSpot(criterion="tax", unknown=LEAST, refusals=2 * LEAST - 1)


def test_a_statistic_of_the_callers_can_be_the_blind_spot():
    wanted = parse_filter("win >= 55")
    called = many(LEAST, calls=(examples.call(),))
    assert blind_spot(wanted, called) == BlindSpot(criterion="win", unknown=LEAST, refusals=LEAST)
    told = many(LEAST, calls=(examples.call(),), stats=[examples.stats(win=40)])
    assert blind_spot(wanted, told) is None
    assert has_become_known(wanted, "win", told)
    assert not has_become_known(wanted, "win", called)
    assert not has_become_known(wanted, "win", many(LEAST))


def test_a_fact_has_become_known_once_half_of_those_that_could_tell_know_it():
    wanted = lenient(parse_filter("mcap <= 10, tax <= 5"), "tax")
    known, unknown = many(LEAST, mcap=50, tax=9), many(LEAST, mcap=50)
    assert has_become_known(wanted, "tax", known)
    assert not has_become_known(wanted, "tax", known[1:])
    assert has_become_known(wanted, "tax", known + unknown)
    assert not has_become_known(wanted, "tax", known[1:] + unknown)
    assert has_become_known(wanted, "tax", known + unknown + many(LEAST)), "without a size they tell nothing"


def test_what_passes_until_known_refuses_again_and_an_edit_by_hand_ends_it():
    made = with_filter(Subscriber(chat=1), "Early", parse_filter("mcap <= 10, tax <= 5")).filters[0]
    passing = passing_until_known(made, "tax")
    assert passing.until_known == ("tax",)
    assert passing_until_known(passing, "tax") == passing
    assert refusing_again(passing, "tax") == made
    assert refusing_again(made, "tax") == made
    assert judging_by(passing, parse_filter("mcap <= 99, tax <= 5 unknown pass")).until_known == ("tax",)
    assert judging_by(passing, parse_filter("mcap <= 10, tax <= 9 unknown pass")).until_known == ()
    assert judging_by(passing, made.wanted) == made


@pytest.mark.parametrize("criterion", ["fdv", "mcap", "quorum"])
def test_only_what_is_refused_for_being_unknown_can_pass_until_known(criterion):
    made = with_filter(Subscriber(chat=1), "Early", parse_filter("mcap <= 10 unknown pass, tax <= 5")).filters[0]
    with pytest.raises(InvalidSettingError):
        passing_until_known(replace(made), criterion)
