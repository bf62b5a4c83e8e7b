"""Telegram's limits as instants, and how far we hold back when it complains."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.pace import (
    CHAT_EVERY,
    FIRST_PAUSE,
    GROUP_MOST,
    GROUP_WINDOW,
    LEAST_SHARE,
    LONGEST_PAUSE,
    OVERALL_EVERY,
    Pace,
    Throttle,
    pause_after,
)
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


def refused(throttle, chats, now, *, retry_after=SECOND, asked_at=None):
    """These chats are refused for speed, all at once."""
    for chat in chats:
        throttle.refused(chat, asked_at=asked_at or now, now=now, retry_after=retry_after)


@given(st.integers(1, 60), st.text(max_size=9), st.sampled_from((SECOND, LONGEST_PAUSE)))
def test_every_failure_doubles_the_pause_up_to_a_bound_and_the_key_adds_at_most_half(failures, key, most):
    plain = min(most, FIRST_PAUSE * 2 ** min(failures - 1, 20))
    assert plain <= pause_after(failures, key, most=most) <= 1.5 * plain


def test_what_failed_together_does_not_come_back_together():
    pauses = {pause_after(3, f"alert {n}") for n in range(100)}
    assert len(pauses) > 90
    assert max(pauses) - min(pauses) > 0.4 * FIRST_PAUSE * 4


def test_without_refusals_nothing_is_held_back():
    throttle = Throttle()
    throttle.started(NOON)
    assert throttle.free_at(NOON) <= NOON
    assert throttle.share(NOON) == 1


@given(st.lists(st.integers(1, 3), max_size=30), st.integers(0, 20))
def test_refusals_in_three_chats_or_in_more_than_ten_seconds_slow_nothing_down(chats, gap):
    throttle, now = Throttle(), NOON
    for chat in chats:
        refused(throttle, [chat], now)
        now += gap * SECOND
    refused(throttle, [4], now + 10 * SECOND)
    assert throttle.share(now) == 1
    assert throttle.free_at(now) < NOON


def test_a_fourth_refused_chat_pauses_everything_for_the_longest_wait_asked_for_and_halves_the_rate():
    throttle = Throttle()
    throttle.started(NOON)
    for chat in range(1, 5):
        refused(throttle, [chat], NOON, retry_after=(5 - chat) * 3 * SECOND)
    assert throttle.free_at(NOON) == NOON + 12 * SECOND
    assert throttle.share(NOON) == 0.5
    began = [NOON + 12 * SECOND]
    while len(began) < 20:
        throttle.started(began[-1])
        began.append(throttle.free_at(began[-1]))
    assert all(1.9 * OVERALL_EVERY <= b - a <= 2 * OVERALL_EVERY for a, b in pairwise(began))


def test_the_rate_comes_back_by_a_tenth_a_minute_from_the_end_of_the_pause_on():
    throttle = Throttle()
    refused(throttle, range(1, 5), NOON, retry_after=MINUTE)
    shares = [round(throttle.share(NOON + minute * MINUTE), 6) for minute in range(8)]
    assert shares == [0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1]


def test_what_was_under_way_when_the_rate_was_halved_does_not_halve_it_again_but_may_prolong_the_pause():
    throttle = Throttle()
    refused(throttle, range(1, 5), NOON)
    refused(throttle, range(5, 30), NOON + SECOND / 2, asked_at=NOON - SECOND, retry_after=9 * SECOND)
    assert throttle.share(NOON) == 0.5
    assert throttle.free_at(NOON) == NOON + 9.5 * SECOND


@given(st.integers(1, 12))
def test_refusals_that_go_on_halve_the_rate_again_and_again_but_never_to_nothing(times):
    throttle, now = Throttle(), NOON
    for _ in range(times):
        refused(throttle, range(1, 5), now)
        now += SECOND / 10
    assert throttle.share(now) == max(0.5**times, LEAST_SHARE)
