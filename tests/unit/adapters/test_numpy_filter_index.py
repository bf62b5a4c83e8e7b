"""What an index of many filters answers, whichever way it is cut into pieces, and what it keeps of those that went."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.numpy import callers
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.domain.event import TokenFacts
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import matches
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

LARGE = {"few_slots": 0}
SMALL = {"few_slots": 0, "stretch": 5}
EITHER = pytest.mark.parametrize("how", [LARGE, SMALL], ids=["long stretches", "short stretches"])


def index_of(texts, **how):
    """An index of a person for each filter."""
    index = NumpyFilterIndex(**how)
    for number, text in enumerate(texts, start=1):
        route = examples.route(number, text)
        index.replace(route.owner, [route])
    return index


def event(calls=(), stats=None, **said):
    """What is known of an event; calls by channel and minutes ago."""
    heard = examples.heard(calls=[examples.call(c, NOON - timedelta(minutes=ago)) for c, ago in calls], **said)
    return examples.evidence_of(examples.stamped(heard), stats)


def wanting(index, evidence, **how):
    """The owners that want it."""
    return sorted(route.owner for route in index.matches(evidence, **how))


@EITHER
def test_filters_that_went_leave_room_for_those_that_come(how):
    index = index_of((f"mcap >= {n}" for n in range(1, 701)), **how)
    ever = index._slots._numbers.ever
    for number in range(1, 701):
        index.replace(examples.route(number).owner, [])
    assert wanting(index, event(mcap=999)) == []
    for number in range(1, 701):
        route = examples.route(number, f"liq >= {number}")
        index.replace(route.owner, [route])
    assert wanting(index, event(mcap=999, liq=3)) == [1, 2, 3]
    assert index._slots._numbers.ever == ever


@EITHER
def test_the_edge_of_every_stretch_is_kept_and_the_next_number_is_not(how):
    index = index_of((f"mcap {n}..{n + 3}" for n in range(1, 401)), **how)
    for mcap in range(1, 405):
        expected = [n for n in range(1, 401) if n <= mcap <= n + 3]
        assert wanting(index, event(mcap=mcap)) == expected


@EITHER
def test_criteria_on_many_facts_are_all_asked(how):
    many = "mcap 1..9, liq 1..9, fdv 1..9, vol1h 1..9, vol6h 1..9, holders 1..9, top10 1..9, buys1h 1..9, risk >= {}"
    index = index_of((many.format(n) for n in range(1, 400)), **how)
    names = ("mcap", "liq", "fdv", "vol1h", "vol6h", "holders", "top10", "buys1h")
    assert wanting(index, event(**dict.fromkeys(names, 5), risk=3)) == [1, 2, 3]
    for name in names:
        assert wanting(index, event(**{**dict.fromkeys(names, 5), name: 10}, risk=3)) == []


@EITHER
def test_a_statistic_that_only_some_callers_have_takes_out_nobody_who_tolerates_that(how):
    texts = [f"win >= {n} unknown {policy}" for n in range(1, 91) for policy in ("pass", "refuse")]
    index = index_of(texts, **how)
    calls = [("@alpha", 1), ("@beta", 2)]
    known = {ChannelId("@alpha"): examples.stats("@alpha", win=30)}
    tolerant, strict = range(1, 181, 2), range(2, 61, 2)
    assert wanting(index, event(calls, known)) == sorted([*tolerant, *strict])
    assert wanting(index, event(calls[:1], known)) == list(range(1, 61))
    assert wanting(index, event(calls[1:])) == list(tolerant)


@EITHER
def test_lists_of_many_channels_are_kept_the_other_way_round(how):
    texts = [f"channel only @c{n} @c{n + 1}" for n in range(100)] + [f"channel not @c{n} @d" for n in range(100)]
    index = index_of(texts, **how)
    denied = {n for n in range(100) if n != 7}
    expected = sorted([7, 8, *(101 + n for n in denied)])
    assert wanting(index, event([("@c7", 1)])) == expected
    assert wanting(index, event([("@c7", 1), ("@d", 1)])) == expected
    assert wanting(index, event([("@c7", 1), ("@d", 1), ("@e", 1)])) == sorted([7, 8, *range(101, 201)])
    for number in range(1, 201):
        index.replace(examples.route(number).owner, [])
    lists = index._slots.callers._lists
    assert lists._allowing == lists._denying == {}


@EITHER
@pytest.mark.parametrize("field", ["dex", "word"])
def test_members_beyond_those_with_a_bitmap_of_their_own_are_asked_one_by_one(how, field):
    names = [f"n{number}x" for number in range(400)]
    texts = [f"{field} only {name}" for name in names] + [f"{field} not {name}" for name in names]
    index = index_of(texts, **how)
    for n in (0, 20, 30, 399):
        facts = TokenFacts(dex=names[n]) if field == "dex" else TokenFacts(symbol=f"the{names[n]}")
        evidence = examples.evidence_of(examples.stamped(replace(examples.heard(), facts=facts)))
        assert wanting(index, evidence) == [n + 1, *(401 + m for m in range(400) if m != n)]
    unknown = event()
    assert wanting(index, unknown) == [
        n for n, text in enumerate(texts, start=1) if matches(examples.route(1, text).wanted, unknown)
    ]


@EITHER
@pytest.mark.parametrize("changes", [1, 60, 200], ids=["one", "some", "many"])
def test_what_is_kept_of_a_caller_follows_every_change(how, changes):
    index = index_of((f"win >= {n}" for n in range(1, 301)), **how)
    called = event([("@alpha", 1)], {ChannelId("@alpha"): examples.stats("@alpha", win=50)})
    assert wanting(index, called) == list(range(1, 51))
    for number in range(1, changes + 1):
        route = examples.route(number, ("win >= 51", "channel not @alpha", "mcap >= 1")[number % 3])
        index.replace(route.owner, [route])
    again = replace(called)
    left = {n for n in range(1, 51) if n > changes} | {n for n in range(1, changes + 1) if n % 3 == 2}
    assert wanting(index, replace(again, values={"mcap": 5})) == sorted(left)


@EITHER
def test_a_caller_whose_statistics_change_is_asked_about_anew(how):
    index = index_of((f"win >= {n}" for n in range(1, 301)), **how)
    for win in (50, 20, 90):
        called = event([("@alpha", 1)], {ChannelId("@alpha"): examples.stats("@alpha", win=win)})
        assert wanting(index, called) == list(range(1, win + 1))


def test_who_is_always_judged_anew_is_found_without_the_others():
    always = ["mcap >= 5, recheck always", "mcap >= 500, recheck always"]
    index = index_of([f"mcap >= {n}" for n in range(1, 50)] + always)
    assert wanting(index, event(mcap=10), only_always=True) == [50]
    assert index.has_always
    index.replace(examples.route(50).owner, [])
    index.replace(examples.route(51).owner, [])
    assert not index.has_always
    assert wanting(index, event(mcap=10), only_always=True) == []


def test_what_an_event_was_found_to_match_is_found_anew_after_a_change():
    index, evidence = index_of(["mcap >= 1"]), event(mcap=5)
    assert wanting(index, evidence) == [1]
    route = examples.route(2, "mcap >= 2")
    index.replace(route.owner, [route])
    assert wanting(index, evidence) == [1, 2]


def test_no_more_is_kept_of_callers_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(callers, "_MOST", 8)
    index = index_of([f"channel not @c{n}" for n in range(1, 21)], **LARGE)
    for _ in range(2):
        for number in range(1, 21):
            assert len(wanting(index, event([(f"@c{number}", 1)]))) == 19
            assert len(index._slots.callers._answers) <= 8
    assert wanting(index, event([(f"@c{n}", 1) for n in range(1, 21)])) == list(range(1, 21))


@EITHER
def test_what_is_kept_of_a_caller_grows_with_the_slots(how):
    index = index_of((f"win >= {n}" for n in range(1, 61)), **how)
    called = {ChannelId("@alpha"): examples.stats("@alpha", win=50)}
    for number in range(61, 400):
        route = examples.route(number, f"win >= {number}" if number % 2 else "mcap >= 1")
        index.replace(route.owner, [route])
        if number % 50 == 0:
            expected = [*range(1, 51), *(n for n in range(61, number + 1) if n % 2 == 0)]
            assert wanting(index, event([("@alpha", 1)], called, mcap=5)) == expected
