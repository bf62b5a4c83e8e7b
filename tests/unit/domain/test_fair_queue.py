"""Sending order: within Telegram's limits on any pattern of arrivals, fair, and nothing lost or doubled."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.fair_queue import LOWER_LANE_EVERY, FairQueue
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import FoldReason, Lane, Notification
from tokenfilter.domain.pace import CHAT_EVERY, GROUP_MOST, GROUP_WINDOW, OVERALL_EVERY, Pace
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
PLACES = (
    *(Destination(ChatId(n)) for n in range(1, 6)),
    Destination(ChatId(-1)),
    Destination(ChatId(-1), 7),
    Destination(ChatId(-2)),
)
PLAIN = examples.alert()


def alert(number, to=PLACES[0], *, lane=Lane.ALERTS, queued_at=NOON, useful_for=timedelta(hours=9)):
    """An alert that its number names."""
    useful_until = queued_at + useful_for
    return replace(PLAIN, id=f"n{number}", destination=to, lane=lane, queued_at=queued_at, useful_until=useful_until)


def reserved(pace, chat, now):
    """When a message to a chat goes, its place in the budget taken."""
    at = max(now, pace.overall_free_at(), pace.chat_free_at(chat))
    pace.spend(chat, at)
    return at


class Sender:
    """Sends as app/deliver_notifications does: one after the other, each at its place in the budget."""

    def __init__(self, *, most=20):
        self.queue, self.pace, self.now = FairQueue(most=most), Pace(), NOON
        self.sent = []
        self.folded = []

    def run(self, until, *, unsent=lambda _: None):
        """Send what may go until an instant; `unsent` says for how long a notification must be put back."""
        while self.now <= until:
            taken = self.queue.take(self.now, self.pace)
            if isinstance(taken, Notification):
                self.now = reserved(self.pace, taken.destination.chat, self.now)
                rest = unsent(taken)
                if rest is None:
                    self.sent.append((self.now, taken))
                else:
                    self.queue.put_back(taken, until=self.now + rest)
            elif taken:
                self.folded.append(taken)
            else:
                wake_at = self.queue.wake_at()
                self.now = min(until, wake_at) if wake_at and wake_at > self.now else until
                if self.now == until and (wake_at is None or wake_at > until):
                    return

    def all_ids(self):
        """Everything that left the queue."""
        return [n.id for _, n in self.sent] + [n.id for batch in self.folded for n in batch]


arrivals = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 0, 10, 300, 5_000)),
        st.sampled_from(PLACES),
        st.sampled_from((*(Lane.ALERTS,) * 4, Lane.MONEY, Lane.REPORTS)),
        st.sampled_from((timedelta(hours=9), timedelta(hours=9), SECOND)),
    ),
    max_size=120,
)


def played(story, *, most=20, unsent=lambda _: None, replies=()):
    """A sender that was given a story and all the time it needs."""
    sender, at = Sender(most=most), NOON
    for number, (after, to, lane, useful_for) in enumerate(story):
        at += timedelta(milliseconds=after)
        sender.run(at, unsent=unsent)
        if number in replies:
            sender.pace.spend(to.chat, sender.now)
        sender.queue.put(alert(number, to, lane=lane, queued_at=at, useful_for=useful_for))
    sender.run(at + timedelta(hours=2), unsent=unsent)
    return sender


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
@given(arrivals, st.integers(1, 20), st.dictionaries(st.integers(0, 119), st.lists(st.integers(0, 9), max_size=3)))
def test_whatever_comes_and_whatever_is_put_back_leaves_the_queue_exactly_once(story, most, put_back):
    left = {f"n{number}": list(rests) for number, rests in put_back.items()}

    def unsent(notification):
        rests = left.get(notification.id)
        return timedelta(seconds=rests.pop()) if rests else None

    sender = played(story, most=most, unsent=unsent)
    assert sorted(sender.all_ids()) == sorted(f"n{number}" for number in range(len(story)))
    assert len(sender.queue) == 0
    assert sender.queue.take(sender.now + timedelta(days=1), sender.pace) is None


@settings(max_examples=60, deadline=None)
@given(arrivals, st.integers(1, 20))
def test_what_is_folded_together_goes_to_one_place_and_holds_alerts_alone(story, most):
    for batch in played(story, most=most).folded:
        assert len({n.destination for n in batch}) == 1


@settings(max_examples=60, deadline=None)
@given(arrivals)
def test_messages_of_one_lane_to_one_place_go_in_the_order_in_which_they_came(story):
    by_place = defaultdict(list)
    for _, n in played(story).sent:
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


def test_what_is_over_the_bound_of_a_place_is_folded_after_the_others():
    sender = Sender(most=3)
    for n in range(8):
        sender.queue.put(alert(n))
    sender.queue.put(alert("other", PLACES[1]))
    assert len(sender.queue) == 9
    sender.run(NOON + MINUTE)
    assert [n.id for _, n in sender.sent if n.destination == PLACES[0]] == ["n0", "n1", "n2"]
    assert [[n.id for n in batch] for batch in sender.folded] == [["n3", "n4", "n5", "n6", "n7"]]


def test_what_is_too_old_when_its_turn_comes_is_folded_and_what_is_not_is_sent():
    sender = Sender()
    for n, useful_for in enumerate((SECOND, MINUTE, SECOND)):
        sender.queue.put(alert(n, useful_for=useful_for))
    sender.pace.halt(PLACES[0].chat, NOON + SECOND)
    sender.run(NOON + MINUTE)
    assert [n.id for _, n in sender.sent] == ["n1"]
    assert [[n.id for n in batch] for batch in sender.folded] == [["n0", "n2"]]


def test_a_digest_is_never_folded_however_many_wait_and_however_old_it_is():
    sender = Sender(most=1)
    digests = [
        replace(digest_of((alert(n),), FoldReason.TOO_OLD, now=NOON - timedelta(days=1)), lane=Lane.REPORTS)
        for n in range(4)
    ]
    for digest in digests:
        sender.queue.put(digest)
    sender.run(NOON + MINUTE)
    assert [n for _, n in sender.sent] == digests
    assert sender.folded == []


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


def test_under_steady_load_what_is_folded_is_told_within_two_minutes_and_does_not_wait_for_the_end():
    queue, pace, told_at = FairQueue(), Pace(), {}
    for second in range(600):
        now = NOON + second * SECOND
        for number in range(2):
            queue.put(alert(f"{second}.{number}", queued_at=now))
        taken = queue.take(now, pace)
        if isinstance(taken, tuple):
            told_at.update((n.id, (now, n.queued_at)) for n in taken)
        elif taken is not None:
            pace.spend(taken.destination.chat, now)
    assert told_at
    assert max(now - queued_at for now, queued_at in told_at.values()) <= 2 * MINUTE
