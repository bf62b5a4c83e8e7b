"""One message that stands for many, and how a notification ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.delivery import MOST_LISTED, digest_of, ended, fold_reason, is_foldable, joined
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.notification import FoldReason, Lane, PlaceLost
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)


def alert(number, **more):
    """An alert about a token of its own, heard that many seconds after noon."""
    said = examples.heard(f"e{number}", about=examples.token(number), at=NOON + number * SECOND)
    return replace(examples.alert(about=examples.stamped(said), **more), id=f"n{number}")


ALERTS = [alert(number) for number in range(1, 201)]


@pytest.mark.parametrize("reason", FoldReason)
def test_a_digest_holds_every_folded_alert_oldest_first(reason):
    folded = [replace(ALERTS[n], owners=(n % 2, 7)) for n in (3, 0, 2, 1)]
    digest = digest_of(folded, reason, now=NOON)
    assert digest.body.reason is reason
    assert digest.body.alerts == tuple(n.body for n in ALERTS[:4])
    assert (digest.destination, digest.lane) == (folded[0].destination, Lane.REPORTS)
    assert set(digest.owners) == {0, 1, 7}
    assert (digest.queued_at, digest.useful_until) == (NOON, NOON + timedelta(hours=6))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_digests_of_digests_lose_no_count_and_list_the_newest(sizes):
    rest, digest = list(ALERTS), None
    for size in sizes:
        batch, rest = rest[:size], rest[size:]
        digest = digest_of([*batch, *([digest] if digest else [])], FoldReason.QUIET, now=NOON)
    number = min(sum(sizes), len(ALERTS))
    assert digest.body.number == number
    assert digest.body.alerts == tuple(n.body for n in ALERTS[:number][-MOST_LISTED:])


@given(st.lists(st.integers(1, 40), min_size=2, max_size=8))
def test_what_joins_a_digest_is_told_in_it_as_if_it_had_been_there_from_the_beginning(sizes):
    rest, digest = list(ALERTS), None
    for size in sizes:
        batch, rest = rest[:size], rest[size:]
        if batch:
            digest = joined(digest, batch, FoldReason.QUIET) if digest else digest_of(batch, FoldReason.QUIET, now=NOON)
    first = digest_of(ALERTS[: sizes[0]], FoldReason.QUIET, now=NOON)
    at_once = digest_of(ALERTS[: sum(sizes)], FoldReason.QUIET, now=NOON)
    assert digest == replace(first, owners=at_once.owners, body=at_once.body)
    assert len(digest.body.alerts) <= MOST_LISTED


@given(st.integers(1, MOST_LISTED), st.data())
def test_what_is_listed_already_joins_a_digest_without_being_told_twice(size, data):
    digest = digest_of(ALERTS[:size], FoldReason.QUIET, now=NOON)
    again = data.draw(st.lists(st.sampled_from(ALERTS[:size]), min_size=1, unique_by=lambda n: n.id))
    assert joined(digest, again, FoldReason.QUIET) == digest
    assert joined(digest, [*again, ALERTS[-1]], FoldReason.QUIET).body.number == size + 1


@pytest.mark.parametrize(("before", "more", "reason"), [(3, 2, "QUIET"), (2, 2, "TOO_OLD"), (1, 4, "TOO_OLD")])
def test_a_digest_says_why_most_of_it_was_folded(before, more, reason):
    digest = digest_of(ALERTS[:before], FoldReason.QUIET, now=NOON)
    assert joined(digest, ALERTS[50 : 50 + more], FoldReason.TOO_OLD).body.reason is FoldReason[reason]


def test_events_of_different_tokens_that_a_feed_gave_one_id_are_each_told():
    same = [
        replace(examples.alert(about=examples.stamped(examples.heard("1", about=examples.token(n)))), id=f"n{n}")
        for n in (1, 2, 3)
    ]
    assert digest_of(same[:2], FoldReason.QUIET, now=NOON).body.number == 2
    assert joined(digest_of(same[:1], FoldReason.QUIET, now=NOON), same[1:], FoldReason.QUIET).body.number == 3


@given(st.data())
def test_digests_of_different_things_have_different_ids_and_one_of_the_same_has_the_same(data):
    some = st.lists(st.sampled_from(ALERTS[:9]), min_size=1, max_size=6, unique_by=lambda n: n.id)
    one, other = data.draw(some), data.draw(some)
    ids = [digest_of(folded, FoldReason.TOO_MANY, now=NOON).id for folded in (one, other)]
    assert (ids[0] == ids[1]) == ({n.id for n in one} == {n.id for n in other})


def test_alerts_and_digests_can_be_folded_and_notices_cannot():
    digest = digest_of(ALERTS[:2], FoldReason.TOO_MANY, now=NOON)
    assert is_foldable(ALERTS[0])
    assert is_foldable(digest)
    assert not is_foldable(replace(digest, body=PlaceLost(title="x")))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=5))
def test_what_is_folded_is_too_old_if_any_of_it_is(left):
    folded = [replace(ALERTS[n], useful_until=NOON + seconds * SECOND) for n, seconds in enumerate(left)]
    expected = FoldReason.TOO_OLD if min(left) <= 0 else FoldReason.TOO_MANY
    assert fold_reason(folded, now=NOON) is expected


def test_the_end_of_an_alert_names_its_event_and_its_delay_up_to_when_it_was_asked_for():
    end = ended(ALERTS[2], DeliveryOutcome.SENT, at=NOON + 9 * SECOND, message_id=5, asked_at=NOON + 8 * SECOND)
    assert (end.notification, end.event, end.token, end.message_id) == ("n3", "e3", examples.token(3), 5)
    assert (end.at, end.call_to_sent) == (NOON + 9 * SECOND, 5)
    assert ended(ALERTS[2], DeliveryOutcome.MUTED, at=NOON + 9 * SECOND).call_to_sent == 6


def test_the_end_of_what_is_no_alert_names_no_event():
    digest = digest_of(ALERTS[:2], FoldReason.TOO_MANY, now=NOON)
    end = ended(digest, DeliveryOutcome.SENT, at=NOON)
    assert (end.token, end.event, end.call_to_sent) == (None, None, None)
