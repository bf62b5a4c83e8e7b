"""Telegram's limits as instants, and the digest that stands for many alerts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.delivery import CHAT_EVERY, GROUP_MOST, GROUP_WINDOW, Pace, digest_of
from tokenfilter.domain.notification import FoldReason, Lane
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def reserved(pace, chat, now):
    """When a message to a chat goes, its place in the budget taken."""
    at = max(now, pace.overall_free_at(), pace.chat_free_at(chat))
    pace.spend(chat, at)
    return at


@given(st.lists(st.integers(0, 3_000), max_size=80), st.sampled_from((1, -1)))
@settings(max_examples=60)
def test_a_chat_never_waits_longer_than_the_limits_ask(gaps, chat):
    pace, now, places = Pace(), NOON, []
    for gap in gaps:
        now += timedelta(milliseconds=gap)
        earliest = max([now, *(p + CHAT_EVERY for p in places[-1:])])
        if chat < 0 and len(places) >= GROUP_MOST:
            earliest = max(earliest, places[-GROUP_MOST] + GROUP_WINDOW)
        places.append(reserved(pace, chat, now))
        assert places[-1] == earliest


def test_a_halt_is_not_shortened_by_a_later_shorter_one():
    pace = Pace()
    pace.halt(1, NOON + MINUTE)
    pace.halt(1, NOON + SECOND)
    assert pace.chat_free_at(1) == NOON + MINUTE


def test_chats_long_free_are_forgotten_and_the_others_are_not():
    pace = Pace()
    pace.halt(-1, NOON + MINUTE)
    for chat in range(1, 50_010):
        pace.spend(chat, NOON - MINUTE if chat < 50_000 else NOON)
    assert len(pace._chat_free) < 50_000
    assert pace.chat_free_at(-1) == NOON + MINUTE
    assert pace.chat_free_at(50_009) == NOON + CHAT_EVERY


@pytest.mark.parametrize("reason", FoldReason)
def test_a_digest_holds_every_folded_alert_oldest_first(reason):
    about = [examples.stamped(examples.heard(about=examples.token(n))) for n in range(1, 5)]
    folded = tuple(
        replace(examples.alert(about=event, queued_at=NOON - n * SECOND), id=f"n{n}", owners=(n % 2, 7))
        for n, event in enumerate(about)
    )
    digest = digest_of(folded, reason, now=NOON)
    assert digest.id == "digest:n3:4"
    assert digest.body.reason is reason
    assert digest.body.alerts == tuple(n.body for n in reversed(folded))
    assert (digest.destination, digest.lane, digest.owners) == (folded[0].destination, Lane.REPORTS, (1, 7, 0))
    assert (digest.queued_at, digest.useful_until) == (NOON, NOON + timedelta(hours=6))
