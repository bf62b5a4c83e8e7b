"""A subscriber's filters, where they go, and how an edit is taken back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import (
    MAX_FILTERS,
    MAX_NAME,
    UNDO_STEPS,
    InvalidSettingError,
    Standing,
    Subscriber,
    checked_name,
    moved,
    renewed,
    routes,
    undone,
    with_changed,
    with_filter,
    without_filter,
    without_place,
)

ANNE = Subscriber(chat=ChatId(1))
OWN, GROUP, CHANNEL = ANNE.own_chat, Destination(ChatId(-5)), Destination(ChatId(-6), 2)
CHEAP, SAFE = parse_filter("mcap <= 50k"), parse_filter("mint revoked")

edits = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(("A", "a", "Bb", "x" * MAX_NAME)), st.sampled_from((CHEAP, SAFE))),
        st.tuples(st.just("change"), st.integers(0, 4), st.sampled_from((CHEAP, SAFE))),
        st.tuples(st.just("pause"), st.integers(0, 4), st.booleans()),
        st.tuples(st.just("route"), st.integers(0, 4), st.sampled_from(((OWN,), (GROUP,), (OWN, CHANNEL)))),
        st.tuples(st.just("delete"), st.integers(0, 4), st.none()),
    ),
    max_size=15,
)


def edited(subscriber, edit):
    """The subscriber after one edit; what names no filter changes nothing."""
    kind, what, value = edit
    if kind == "add":
        return with_filter(subscriber, what, value)
    if what >= len(subscriber.filters):
        return subscriber
    found = subscriber.filters[what]
    if kind == "delete":
        return without_filter(subscriber, found.id)
    field = {"change": "wanted", "pause": "paused", "route": "destinations"}[kind]
    return with_changed(subscriber, replace(found, **{field: value}))


@given(edits)
def test_undoing_as_often_as_something_changed_leads_back_step_by_step(story):
    states = [ANNE]
    for edit in story:
        after = edited(states[-1], edit)
        if after.filters != states[-1].filters:
            states.append(after)
    subscriber = states.pop()
    for before in reversed(states[-UNDO_STEPS:]):
        subscriber = undone(subscriber)
        assert subscriber.filters == before.filters
    assert undone(subscriber) is None


@given(edits)
def test_filters_never_share_an_id_or_a_name(story):
    subscriber, used = ANNE, set()
    for edit in story:
        before, subscriber = subscriber, edited(subscriber, edit)
        names = [f.name.casefold() for f in subscriber.filters]
        assert len(set(names)) == len(names)
        new = {f.id for f in subscriber.filters} - {f.id for f in before.filters}
        assert not new & used
        used |= new
        assert all(1 <= len(f.name) <= MAX_NAME for f in subscriber.filters)


@given(edits, st.sampled_from(Standing))
def test_exactly_the_filters_that_are_not_paused_of_an_active_subscriber_are_judged(story, standing):
    subscriber = replace(ANNE, standing=standing)
    for edit in story:
        subscriber = edited(subscriber, edit)
    judged = {(r.filter_id, r.destination, r.wanted) for r in routes(subscriber)}
    active = [f for f in subscriber.filters if not f.paused] if standing is Standing.ACTIVE else []
    assert judged == {(f.id, d, f.wanted) for f in active for d in f.destinations}
    assert all(r.owner == 1 for r in routes(subscriber))


@given(edits)
def test_a_destination_is_renewed_exactly_if_something_new_may_be_told_there(story):
    subscriber = ANNE
    for edit in story:
        before, subscriber = subscriber, edited(subscriber, edit)
        had = {(r.filter_id, r.destination, r.wanted) for r in routes(before)}
        new = {(r.filter_id, r.destination, r.wanted) for r in routes(subscriber)} - had
        assert renewed(before, subscriber) == {destination for _, destination, _ in new}


@given(edits, st.sampled_from((GROUP, CHANNEL)))
def test_nothing_goes_to_a_place_that_was_taken_away_now_or_after_any_undo(story, gone):
    subscriber = replace(ANNE, places={GROUP: "g", CHANNEL: "c"})
    for edit in story:
        subscriber = edited(subscriber, edit)
    subscriber = without_place(subscriber, gone)
    assert gone not in subscriber.places
    while subscriber is not None:
        for f in subscriber.filters:
            assert gone not in f.destinations
            assert f.destinations
        subscriber = undone(subscriber)


@given(edits, st.sampled_from((GROUP, CHANNEL)), st.booleans())
def test_what_went_to_a_chat_goes_to_the_same_topic_of_its_new_id_now_and_after_any_undo(story, place, is_known):
    new = replace(place, chat=ChatId(-77))
    subscriber = replace(ANNE, places={GROUP: "g", CHANNEL: "c"} | ({new: "n"} if is_known else {}))
    for edit in story:
        subscriber = edited(subscriber, edit)
    after = moved(subscriber, place.chat, new.chat)
    assert set(after.places) == {new if d == place else d for d in subscriber.places}
    while subscriber is not None:
        for f, there in zip(subscriber.filters, after.filters, strict=True):
            assert there == replace(f, destinations=tuple(new if d == place else d for d in f.destinations))
        subscriber, after = undone(subscriber), undone(after)
    assert after is None


def test_two_routes_that_meet_in_the_new_chat_are_one():
    new = replace(GROUP, chat=ChatId(-77))
    had = with_filter(replace(ANNE, places={GROUP: "g", new: "n"}), "A", CHEAP)
    both = with_changed(had, replace(had.filters[0], destinations=(GROUP, OWN, new)))
    assert moved(both, GROUP.chat, new.chat).filters[0].destinations == (new, OWN)


@given(edits)
def test_a_chat_nobody_goes_to_may_move_and_nothing_is_different(story):
    subscriber = ANNE
    for edit in story:
        subscriber = edited(subscriber, edit)
    assert moved(subscriber, ChatId(-99), ChatId(-77)) == subscriber


def test_a_first_subscriber_renews_everything_it_is_judged_by():
    assert renewed(None, with_filter(ANNE, "A", CHEAP)) == {OWN}
    assert renewed(None, ANNE) == frozenset()


def test_renaming_or_taking_away_forgets_nothing_and_resuming_does():
    had = with_filter(ANNE, "A", CHEAP)
    assert renewed(had, with_changed(had, replace(had.filters[0], name="B"))) == frozenset()
    assert renewed(had, without_filter(had, had.filters[0].id)) == frozenset()
    stopped = replace(had, standing=Standing.STOPPED)
    assert renewed(had, stopped) == frozenset()
    assert renewed(stopped, had) == {OWN}


def test_a_filter_is_found_by_its_id():
    had = with_filter(ANNE, "A", CHEAP)
    assert had.filter(had.filters[0].id) == had.filters[0]
    assert had.filter("1.99") is None


def test_changing_to_the_same_is_no_step_to_undo():
    had = with_filter(ANNE, "A", CHEAP)
    assert with_changed(had, had.filters[0]) == had
    assert without_filter(had, "1.99") == had


def test_a_filter_beyond_the_most_is_refused_with_what_to_do():
    subscriber = ANNE
    for _ in range(MAX_FILTERS):
        subscriber = with_filter(subscriber, "A" * MAX_NAME, CHEAP)
    assert len({f.name for f in subscriber.filters}) == MAX_FILTERS
    with pytest.raises(InvalidSettingError, match="Delete one first"):
        with_filter(subscriber, "B", CHEAP)


@pytest.mark.parametrize("typed", ["Early gems", "  Early \n gems ", "x" * MAX_NAME, "ü", "<b>"])
def test_a_name_is_kept_with_its_blanks_put_in_order(typed):
    assert checked_name(typed) == " ".join(typed.split())


@pytest.mark.parametrize("typed", ["", "   ", "x" * (MAX_NAME + 1), "a\u200bb", "a\u202eb", "a\x00b"])
def test_what_cannot_be_printed_or_is_too_long_is_no_name(typed):
    with pytest.raises(InvalidSettingError, match="1 to 40"):
        checked_name(typed)
