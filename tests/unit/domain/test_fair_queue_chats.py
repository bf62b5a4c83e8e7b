"""What becomes of a queue when a chat goes away or moves, and how long the last in it must wait."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.fair_queue import FairQueue
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Lane
from tokenfilter.domain.pace import OVERALL_EVERY, Pace
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

PLAIN = examples.alert(useful_for=timedelta(hours=9))
LOST, NEW = ChatId(-1), ChatId(-9)
PLACES = (Destination(ChatId(1)), Destination(LOST), Destination(LOST, 7), Destination(ChatId(-2)))

arrivals = st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(Lane)), max_size=80)


def alert(number, to, lane=Lane.ALERTS):
    """An alert that its number names."""
    return replace(PLAIN, id=f"n{number}", destination=to, lane=lane)


def filled(story, *, taken=0, most=4):
    """A queue with these, of which some were taken and put back, so that some places rest."""
    queue, pace, back = FairQueue(most=most), Pace(), []
    for number, (to, lane) in enumerate(story):
        queue.put(alert(number, to, lane))
    for _ in range(taken):
        got = queue.take(NOON, pace)
        if got is not None:
            back.append(got)
    for notification in back:
        queue.put_back(notification, until=NOON + timedelta(seconds=3))
    return queue


def emptied(queue):
    """Everything that is left, by place."""
    now, left = NOON + timedelta(hours=1), []
    while (got := queue.take(now, Pace())) is not None:
        left.append(got)
    return [*left, *(n for fold in queue.folds(now, most=100) for n in fold.folded)]


@settings(max_examples=60, deadline=None)
@given(arrivals, st.integers(0, 6))
def test_dropping_a_chat_takes_out_all_that_waits_for_it_and_nothing_else(story, taken):
    queue = filled(story, taken=taken)
    dropped = queue.drop(LOST)
    assert sorted(n.id for n in dropped) == sorted(f"n{i}" for i, (to, _) in enumerate(story) if to.chat == LOST)
    assert len(queue) == len(story) - len(dropped)
    assert sorted(n.id for n in emptied(queue)) == sorted(f"n{i}" for i, (to, _) in enumerate(story) if to.chat != LOST)
    assert len(queue) == 0


@settings(max_examples=60, deadline=None)
@given(arrivals, st.integers(0, 6))
def test_what_waits_for_a_chat_that_moved_goes_to_the_same_topic_of_its_new_id(story, taken):
    queue = filled(story, taken=taken)
    queue.move(LOST, NEW)
    wanted = Counter(replace(to, chat=NEW) if to.chat == LOST else to for to, _ in story)
    assert Counter(n.destination for n in emptied(queue)) == wanted


def test_a_chat_that_was_dropped_may_be_written_to_again():
    queue = filled([(PLACES[1], Lane.ALERTS)] * 3)
    queue.drop(LOST)
    queue.put(alert(0, PLACES[1]))
    assert queue.take(NOON, Pace()) == alert(0, PLACES[1])


@given(arrivals, st.integers(0, 20))
def test_those_who_are_named_as_coming_are_heads_of_different_places_and_no_more_than_asked_for(story, most):
    queue = filled(story)
    coming = queue.coming(most)
    assert len(coming) <= most
    assert len({(n.lane, n.destination) for n in coming}) == len(coming)
    if story and most:
        assert coming
        assert len(queue) == len(story), "looking takes nothing"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(1, 60))
def test_the_wait_of_the_last_recipient_is_as_long_as_was_estimated(waiting_before, recipients):
    queue, pace, now = FairQueue(), Pace(), NOON
    for chat in range(1, waiting_before + 1):
        for n in range(3):
            queue.put(alert(f"{chat}.{n}", Destination(ChatId(chat))))
    estimate = queue.time_to_last(recipients)
    for chat in range(1_001, 1_001 + recipients):
        queue.put(alert(chat, Destination(ChatId(chat))))
    left, last = recipients, NOON
    while left:
        got = queue.take(now, pace)
        pace.spend(got.destination.chat, now)
        if got.destination.chat > 1_000:
            left, last = left - 1, now
        now = pace.overall_free_at()
    assert last - NOON == estimate == OVERALL_EVERY * (waiting_before + recipients - 1)


def test_nobody_has_nothing_to_wait_for():
    assert FairQueue().time_to_last(0) == timedelta(0)
