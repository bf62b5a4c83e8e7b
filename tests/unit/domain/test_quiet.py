"""Quiet hours and caps by a person's own clock, also on the days on which it is put forward or back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.quiet import MOST_PER_HOUR, QuietHours, Told, hour_start, quiet_until, zone_of
from tokenfilter.testing.examples import NOON

HOUR, MINUTE, MOMENT = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago")
ANNE, BERT = Destination(ChatId(1)), Destination(ChatId(2))

CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin puts its clocks forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # and back
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 4, 5, 3, tzinfo=UTC),  # Santiago, at midnight
    datetime(2026, 9, 6, 4, tzinfo=UTC),
)
near_changes = st.builds(
    lambda at, minutes: at + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-1_500, 1_500)
)
instants = near_changes | st.integers(-600_000, 900_000).map(lambda minutes: NOON + minutes * MINUTE)
hours = st.integers(0, 23)
quiets = st.tuples(hours, hours).filter(lambda pair: pair[0] != pair[1]).map(lambda p: QuietHours(start=p[0], end=p[1]))


def wall(instant, zone):
    """The hour on the wall."""
    return instant.astimezone(ZoneInfo(zone)).hour


def is_quiet(quiet, hour):
    """By counting hours from the start to the end."""
    held, at = set(), quiet.start
    while at != quiet.end:
        held.add(at)
        at = (at + 1) % 24
    return hour in held


@given(quiets, st.sampled_from(ZONES), instants)
def test_quiet_hours_hold_exactly_while_the_clock_on_the_wall_says_so(quiet, zone, now):
    assert (quiet_until(quiet, zone, now) is not None) == is_quiet(quiet, wall(now, zone))


@given(quiets, st.sampled_from(ZONES), instants, st.floats(0, 1, exclude_max=True))
def test_they_hold_without_a_gap_until_the_instant_that_was_said_and_not_at_it(quiet, zone, now, part):
    until = quiet_until(quiet, zone, now)
    assume(until is not None)
    assert now < until <= now + 25 * HOUR
    assert until.tzinfo is UTC
    between = now + (until - now) * part
    assert is_quiet(quiet, wall(min(between, until - MOMENT), zone))
    assert not is_quiet(quiet, wall(until, zone))


def test_a_night_is_an_hour_shorter_when_the_clocks_go_forward_and_longer_when_they_go_back():
    night = QuietHours(start=22, end=7)
    lengths = []
    for year, month, day in ((2026, 3, 28), (2026, 6, 1), (2026, 10, 24)):
        start = datetime(year, month, day, 22, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
        lengths.append((quiet_until(night, "Europe/Berlin", start) - start) / HOUR)
    assert lengths == [8, 9, 10]


@pytest.mark.parametrize(("start", "end"), [(3, 3), (-1, 5), (22, 24)])
def test_hours_that_are_none_are_refused(start, end):
    with pytest.raises(ValueError, match="different hours"):
        QuietHours(start=start, end=end)


@given(st.sampled_from(ZONES), instants)
def test_every_instant_lies_in_an_hour_that_begins_full_on_the_wall(zone, now):
    start = hour_start(zone, now)
    assert timedelta(0) <= now - start < HOUR
    local = start.astimezone(ZoneInfo(zone))
    assert zone == "Australia/Lord_Howe" or (local.minute, local.second, local.microsecond) == (0, 0, 0)


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../etc", "x\x00y"])
def test_a_zone_that_means_nothing_is_utc(name):
    assert zone_of(name) is UTC


@given(
    st.lists(st.tuples(st.sampled_from((ANNE, BERT)), st.integers(0, 30), st.integers(0, 2)), max_size=50),
    st.integers(-1, 101),
)
def test_told_are_as_many_different_ones_as_went_to_a_place_since(story, after):
    told, now, first, start = Told(), NOON, {}, NOON + after * MINUTE
    for place, number, minutes in story:
        now += minutes * MINUTE
        told.note(place, f"n{number}", now)
        first.setdefault((place, number), now)
    for place in (ANNE, BERT):
        assert told.since(place, start) == sum(at >= start for (to, _), at in first.items() if to == place)


def test_what_is_sent_again_counts_once():
    told = Told()
    for name in ("a", "b", "a", "a"):
        told.note(ANNE, name, NOON)
    assert (told.since(ANNE, NOON), told.since(BERT, NOON)) == (2, 0)


def test_only_so_many_are_remembered_as_a_cap_may_allow():
    told = Told()
    for number in range(5 * MOST_PER_HOUR):
        told.note(ANNE, f"n{number}", NOON)
    assert told.since(ANNE, NOON) == MOST_PER_HOUR


def test_places_long_silent_are_forgotten():
    told = Told()
    for chat in range(1, 100):
        told.note(Destination(ChatId(chat)), "n", NOON)
    told.note(ANNE, "later", NOON + 3 * HOUR)
    assert len(told._told) == 1
