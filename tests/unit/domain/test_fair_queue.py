"""Sending order: within Telegram's limits on any pattern of arrivals, fair, and nothing lost or doubled."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.domain.sending import MINUTE, PLACES, SECOND, Sender, alert, arrivals, played, resting, rests

from tokenfilter.domain.fair_queue import LOWER_LANE_EVERY, FairQueue
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Digest, Lane
from tokenfilter.domain.pace import CHAT_EVERY, GROUP_MOST, GROUP_WINDOW, OVERALL_EVERY, Pace
from tokenfilter.testing.examples import NOON


@settings(max_examples=60, deadline=None)
@given(arrivals, st.sets(st.integers(0, 119), max_size=10), st.integers(1, 20))
def test_no_limit_of_telegram_is_ever_passed(story, replies, most):
    sent = played(story, most=most, replies=replies).sent
    assert all(b - a >= OVERALL_EVERY for (a, _), (b, _) in pairwise(sent))
    by_chat = defaultdict(list)
    for at, n in sent:
        by_chat[n.destination.chat].append(at)
    for chat, times in by_chat.items():
        assert all(b - a >= CHAT_EVERY for a, b in pairwise(times))
        assert chat > 0 or all(b - a >= GROUP_WINDOW for a, b in zip(times, times[GROUP_MOST:], strict=False))


@settings(max_examples=60, deadline=None)
@given(arrivals, st.integers(1, 20), st.integers(0, 9), rests)
def test_whatever_comes_and_whatever_is_put_back_is_told_exactly_once(story, most, excess, put_back):
    sender = played(story, most=most, excess=excess, unsent=resting(put_back))
    assert sorted(n.id for n in sender.told()) == sorted(f"n{number}" for number in range(len(story)))
    assert len(sender.queue) == 0
    assert sender.queue.take(sender.now + timedelta(days=1), sender.pace) is None


@settings(max_examples=60, deadline=None)
@given(arrivals)
def test_messages_of_one_lane_to_one_place_go_in_the_order_in_which_they_came(story):
    by_place = defaultdict(list)
    for _, n in played(story).sent:
        if not isinstance(n.body, Digest):
            by_place[n.destination, n.lane].append(int(n.id[1:]))
    assert all(numbers == sorted(numbers) for numbers in by_place.values())


@given(st.lists(st.integers(1, 8), min_size=2, max_size=50))
@settings(max_examples=40, deadline=None)
def test_places_take_turns_until_they_have_nothing_left(lengths):
    sender = Sender()
    for chat, length in enumerate(lengths, start=1):
        for n in range(length):
            sender.queue.put(alert(f"{chat}.{n}", Destination(ChatId(chat))))
    sender.run(NOON + timedelta(hours=1))
    served = Counter()
    for _, n in sender.sent:
        served[n.destination.chat] += 1
        for chat, length in enumerate(lengths, start=1):
            assert served[chat] == length or served[chat] >= served[n.destination.chat] - 1
    assert served == dict(enumerate(lengths, start=1))


def test_more_urgent_lanes_go_first_and_the_least_urgent_still_has_every_fifth_turn():
    sender = Sender()
    for chat in range(1, 41):
        for lane in (Lane.REPORTS, Lane.ALERTS):
            sender.queue.put(
                alert(f"{lane}{chat}", Destination(ChatId(chat + 100 * (lane is Lane.REPORTS))), lane=lane)
            )
    sender.queue.put(alert("money", Destination(ChatId(999)), lane=Lane.MONEY))
    sender.run(NOON + MINUTE)
    lanes = [n.lane for _, n in sender.sent]
    assert lanes[0] is Lane.MONEY
    for start in range(0, 40, LOWER_LANE_EVERY):
        assert lanes[start : start + LOWER_LANE_EVERY].count(Lane.REPORTS) == 1
    assert lanes[-30:] == [Lane.REPORTS] * 30


def test_the_same_notification_is_queued_once_and_may_come_back_after_it_left():
    queue, pace = FairQueue(), Pace()
    queue.put(alert(1))
    queue.put(alert(1))
    assert len(queue) == 1
    assert queue.take(NOON, pace) == alert(1)
    assert queue.take(NOON, pace) is None
    queue.put(alert(1))
    assert queue.take(NOON, pace) == alert(1)


def test_what_was_put_back_goes_first_after_its_rest_and_its_place_rests_meanwhile():
    queue, pace = FairQueue(), Pace()
    for n in range(2):
        queue.put(alert(n))
    taken = queue.take(NOON, pace)
    queue.put_back(taken, until=NOON + SECOND)
    assert queue.take(NOON, pace) is None
    assert queue.wake_at() == NOON + SECOND
    assert queue.take(NOON + SECOND, pace) == taken
    assert queue.take(NOON + SECOND, pace) == alert(1)


def test_a_place_that_rests_for_one_message_rests_for_a_second_one_too():
    queue, pace = FairQueue(), Pace()
    for n in range(2):
        queue.put(alert(n))
    first, second = queue.take(NOON, pace), queue.take(NOON, pace)
    queue.put_back(second, until=NOON + SECOND)
    queue.put_back(first, until=NOON + 2 * SECOND)
    assert queue.take(NOON, pace) is None
    assert [queue.take(NOON + 2 * SECOND, pace) for _ in range(2)] == [first, second]


def test_an_empty_queue_has_nothing_to_wake_for():
    assert FairQueue().take(NOON, Pace()) is None
    assert FairQueue().wake_at() is None


def test_one_chat_that_must_wait_does_not_hold_another_up():
    sender = Sender()
    sender.pace.halt(PLACES[0].chat, NOON + MINUTE)
    for place in PLACES[:2]:
        sender.queue.put(alert(place, place))
    sender.run(NOON + SECOND)
    assert [n.destination for _, n in sender.sent] == [PLACES[1]]


def test_topics_of_one_group_share_its_limits():
    sender = Sender()
    for n in range(30):
        sender.queue.put(alert(n, Destination(ChatId(-1), n + 1)))
    sender.run(NOON + GROUP_WINDOW - SECOND)
    assert len(sender.sent) == GROUP_MOST
