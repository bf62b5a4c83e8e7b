"""What is folded when there is too much of it or it is late: one digest a place, and nothing lost or doubled."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.domain.sending import MINUTE, PLACES, SECOND, Sender, alert, arrivals, resting, rests

from tokenfilter.domain.delivery import digest_of, joined
from tokenfilter.domain.fair_queue import FairQueue
from tokenfilter.domain.notification import Digest, FoldReason
from tokenfilter.domain.pace import Pace
from tokenfilter.testing.examples import NOON


def digests_in(queue):
    """The digests that wait."""
    return [n for n in queue.coming(1_000) if isinstance(n.body, Digest)]


@settings(max_examples=60, deadline=None)
@given(arrivals, st.integers(1, 20), st.integers(0, 9), rests)
def test_a_place_has_at_most_one_digest_waiting_and_its_own_things_in_it(story, most, excess, put_back):
    sender = Sender(most=most, excess=excess)
    unsent = resting(put_back)

    def looked_at(notification):
        assert len(digests_in(sender.queue)) == len({n.destination for n in digests_in(sender.queue)})
        return unsent(notification)

    for number, (_, to, lane, useful_for) in enumerate(story):
        sender.queue.put(alert(number, to, lane=lane, useful_for=useful_for))
        sender.run(NOON, unsent=looked_at)
    sender.run(NOON + timedelta(hours=2), unsent=looked_at)
    for _, one in sender.sent:
        assert {n.destination for n in sender.members.get(one.id, [one])} == {one.destination}


@settings(max_examples=60, deadline=None)
@given(arrivals, st.integers(1, 20), st.integers(0, 130), st.integers(1, 9))
def test_as_much_is_folded_as_there_is_too_much_and_hardly_more(story, most, excess, at_once):
    queue, folded = FairQueue(most=most), 0
    for number, (_, to, _, _) in enumerate(story):
        queue.put(alert(number, to))
    while folds := queue.folds(NOON, most=at_once, excess=excess - folded):
        assert len(folds) <= at_once
        sizes = [len(fold.folded) for fold in folds]
        assert folded + sum(sizes[:-1]) < excess
        folded += sum(sizes)
    assert folded >= min(excess, len(story))
    assert queue.singles == len(story) - folded


def test_of_what_there_is_too_much_of_goes_first_that_for_the_place_with_most():
    queue = FairQueue(most=2)
    for n, place in enumerate((PLACES[0], *(PLACES[1],) * 3, PLACES[2], PLACES[2])):
        queue.put(alert(n, place))
    [first] = queue.folds(NOON, most=9, excess=2)
    assert sorted(n.id for n in first.folded) == ["n1", "n2", "n3"]
    assert [fold.folded[0].id for fold in queue.folds(NOON, most=9, excess=3)] == ["n4", "n0"]
    assert queue.take(NOON, Pace()) is None


def test_a_digest_keeps_its_turn_while_more_joins_it():
    queue, pace = FairQueue(), Pace()
    digests = [digest_of((alert(n, PLACES[n]),), FoldReason.TOO_MANY, now=NOON) for n in range(2)]
    for digest in digests:
        queue.put(digest)
    queue.put(alert("more", PLACES[0]))
    [fold] = queue.folds(NOON, most=9, excess=1)
    assert fold.into == digests[0]
    more = joined(fold.into, fold.folded, FoldReason.TOO_MANY)
    queue.put(more)
    assert [queue.take(NOON, pace) for _ in range(3)] == [more, digests[1], None]


def test_what_joins_while_a_digest_is_under_way_begins_another():
    queue = FairQueue()
    queue.put(digest_of((alert(1),), FoldReason.TOO_MANY, now=NOON))
    under_way = queue.take(NOON, Pace())
    queue.put(alert(2))
    [fold] = queue.folds(NOON, most=9, excess=1)
    assert fold.into is None
    queue.put(digest_of(fold.folded, FoldReason.TOO_MANY, now=NOON))
    queue.put_back(under_way, until=NOON + SECOND)
    [fold] = queue.folds(NOON, most=9)
    assert (fold.into, fold.folded[0].body.number) == (under_way, 1)


def test_what_is_over_the_bound_of_a_place_is_folded_after_the_others():
    sender = Sender(most=3)
    for n in range(8):
        sender.queue.put(alert(n))
    sender.queue.put(alert("other", PLACES[1]))
    assert len(sender.queue) == 9
    sender.run(NOON + MINUTE)
    *single, digest = [n for _, n in sender.sent if n.destination == PLACES[0]]
    assert [n.id for n in single] == ["n0", "n1", "n2"]
    assert [n.id for n in sender.members[digest.id]] == ["n3", "n4", "n5", "n6", "n7"]


def test_what_is_too_old_when_its_turn_comes_is_folded_and_what_is_not_is_sent():
    sender = Sender()
    for n, useful_for in enumerate((SECOND, MINUTE, SECOND)):
        sender.queue.put(alert(n, useful_for=useful_for))
    sender.pace.halt(PLACES[0].chat, NOON + SECOND)
    sender.run(NOON + MINUTE)
    single, digest = [n for _, n in sender.sent]
    assert single.id == "n1"
    assert [n.id for n in sender.members[digest.id]] == ["n0", "n2"]


def test_digests_for_one_place_become_the_first_of_them_however_old_they_are():
    sender = Sender(most=1)
    digests = [digest_of((alert(n),), FoldReason.TOO_OLD, now=NOON - timedelta(days=1)) for n in range(4)]
    for digest in digests:
        sender.queue.put(digest)
    sender.run(NOON + MINUTE)
    [(_, told)] = sender.sent
    assert (told.id, told.body.number) == (digests[0].id, 4)
    assert sender.folded[0].folded == tuple(digests[1:])


def test_under_steady_load_what_is_folded_is_told_within_two_minutes_and_does_not_wait_for_the_end():
    sender = Sender()
    for second in range(600):
        now = NOON + second * SECOND
        for number in range(2):
            sender.queue.put(alert(f"{second}.{number}", queued_at=now))
        sender.run(now)
    told_at = [(now, n) for now, one in sender.sent for n in sender.members.get(one.id, ())]
    assert told_at
    assert max(now - n.queued_at for now, n in told_at) <= 2 * MINUTE
