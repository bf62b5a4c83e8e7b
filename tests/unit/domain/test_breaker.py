"""When something that fails is left alone, and who tries it again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.breaker import Breaker, Circuit
from tokenfilter.testing.examples import NOON

SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
JITTERS = st.floats(0, 1)


def opened(breaker=None, *, at=NOON, jitter=0.0):
    """A breaker that has just opened."""
    breaker = breaker or Breaker()
    for _ in range(breaker.failures):
        breaker.failed(breaker.admit(at), at, jitter=jitter)
    return breaker


@given(st.integers(1, 8), st.lists(st.booleans(), max_size=40))
def test_it_opens_exactly_when_the_last_failures_in_a_row_are_as_many_as_it_bears(bears, outcomes):
    breaker, in_a_row = Breaker(failures=bears), 0
    for well in outcomes:
        admitted = breaker.admit(NOON)
        assert (admitted is None) == (in_a_row >= bears)
        if admitted is None:
            break
        if well:
            breaker.succeeded(admitted)
        else:
            breaker.failed(admitted, NOON, jitter=0)
        in_a_row = 0 if well else in_a_row + 1
    assert (breaker.circuit(NOON) is Circuit.OPEN) == (in_a_row >= bears)


@given(st.integers(2, 50))
def test_half_open_it_admits_one_of_many_who_ask_at_once(many):
    breaker = opened()
    later = NOON + SECOND
    assert breaker.circuit(later) is Circuit.HALF_OPEN
    assert sum(breaker.admit(later) is not None for _ in range(many)) == 1


def test_a_probe_that_succeeds_lets_everybody_ask_again():
    breaker = opened()
    breaker.succeeded(breaker.admit(NOON + SECOND))
    assert breaker.circuit(NOON + SECOND) is Circuit.CLOSED
    assert breaker.since is None
    assert all(breaker.admit(NOON + SECOND) for _ in range(10))


@given(st.lists(JITTERS, min_size=1, max_size=40), st.integers(1, 60), st.integers(1, 600))
def test_each_failed_probe_doubles_the_rest_up_to_the_longest_less_at_most_half(jitters, first, longest):
    breaker = Breaker(failures=1, first=first * SECOND, longest=longest * SECOND)
    now = NOON
    for number, jitter in enumerate(jitters):
        breaker.failed(breaker.admit(now), now, jitter=jitter)
        rest = min(first * 2**number, longest) * SECOND
        assert breaker.circuit(now + rest / 2 - 2 * MICROSECOND) is Circuit.OPEN
        assert breaker.circuit(now + rest) is Circuit.HALF_OPEN
        now += rest


@given(JITTERS, JITTERS)
def test_more_jitter_never_means_a_longer_rest(one, other):
    less, more = sorted((one, other))
    early, late = opened(jitter=more), opened(jitter=less)
    for at in (NOON + n * SECOND / 8 for n in range(9)):
        assert not (late.circuit(at) is Circuit.HALF_OPEN and early.circuit(at) is Circuit.OPEN)


def test_after_it_was_closed_the_rest_is_short_again():
    breaker, now = opened(), NOON
    for _ in range(4):
        now += timedelta(minutes=1)
        breaker.failed(breaker.admit(now), now, jitter=0)
    breaker.succeeded(breaker.admit(now + timedelta(minutes=1)))
    again = now + timedelta(minutes=2)
    opened(breaker, at=again)
    assert breaker.circuit(again + SECOND) is Circuit.HALF_OPEN


def test_a_cancelled_probe_gives_its_place_to_the_next():
    breaker, later = opened(), NOON + SECOND
    cancelled = breaker.admit(later)
    breaker.abandoned(cancelled)
    probe = breaker.admit(later)
    assert probe
    breaker.succeeded(cancelled)
    assert breaker.circuit(later) is Circuit.HALF_OPEN
    breaker.succeeded(probe)
    assert breaker.circuit(later) is Circuit.CLOSED


def test_a_probe_that_is_never_heard_of_again_gives_its_place_to_the_next():
    breaker, later = opened(), NOON + SECOND
    lost = breaker.admit(later)
    assert breaker.admit(later + breaker.probe_lasts - MICROSECOND) is None
    assert breaker.admit(later + breaker.probe_lasts)
    breaker.failed(lost, later + breaker.probe_lasts, jitter=0)
    assert breaker.circuit(later + breaker.probe_lasts) is Circuit.HALF_OPEN


@pytest.mark.parametrize("late", ["succeeded", "failed"])
def test_what_was_asked_before_it_opened_decides_nothing_afterwards(late):
    breaker = Breaker()
    slow = breaker.admit(NOON)
    opened(breaker)
    later = NOON + SECOND
    probe = breaker.admit(later)
    breaker.succeeded(slow) if late == "succeeded" else breaker.failed(slow, later, jitter=0)
    assert breaker.circuit(later) is Circuit.HALF_OPEN
    breaker.succeeded(probe)
    assert breaker.circuit(later) is Circuit.CLOSED


def test_it_says_since_when_it_is_open_however_many_probes_fail():
    breaker, now = opened(), NOON
    for _ in range(3):
        now += timedelta(minutes=1)
        breaker.failed(breaker.admit(now), now, jitter=0.5)
    assert breaker.since == NOON


def test_a_call_given_up_while_it_is_closed_changes_nothing():
    breaker = Breaker()
    for _ in range(10):
        breaker.abandoned(breaker.admit(NOON))
    assert breaker.circuit(NOON) is Circuit.CLOSED


@given(st.lists(st.sampled_from(("ask", "well", "ill", "given up", "wait")), max_size=80))
def test_whatever_happens_it_is_never_shut_for_good(happenings):
    breaker, now, asked = Breaker(), NOON, []
    for happening in happenings:
        match happening:
            case "ask":
                asked += [a] if (a := breaker.admit(now)) else []
            case "wait":
                now += SECOND
            case "well" if asked:
                breaker.succeeded(asked.pop(0))
            case "ill" if asked:
                breaker.failed(asked.pop(0), now, jitter=0.5)
            case "given up" if asked:
                breaker.abandoned(asked.pop(0))
    assert breaker.admit(now + max(breaker.longest, breaker.probe_lasts))
