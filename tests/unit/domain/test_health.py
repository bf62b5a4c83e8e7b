"""Only what is worth a person's attention is told, and all of it; alarms once, each with its all-clear."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.health import (
    AWAY_FOR,
    Alarm,
    Cleared,
    Facts,
    FeedHealth,
    Footprint,
    NeighbourHealth,
    Raised,
    alarms,
    raised_after,
    reasons,
)
from tokenfilter.testing.examples import NOON

WELL = FeedHealth(state="live", silent_for=1)


def found(**changed):
    """What is told of a program that is well but for what changed."""
    well = {"queue": 0, "capacity": 10_000, "lag_ms": 0, "memory": None, "neighbours": {}, "feeds": {"simulator": WELL}}
    return list(reasons(**{**well, "now": NOON, **changed}))


def is_in(state, since):
    """The store in a state since an instant."""
    return {"redis": NeighbourHealth(state=state, since=since)}


def test_nothing_is_told_while_all_is_well():
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"queue": 8_001}, "80% full"),
        ({"lag_ms": 1_001}, "1.0 s late"),
        ({"memory": Footprint(used=81, limit=100)}, "uses 81% of the memory"),
        ({"neighbours": is_in("down", NOON - timedelta(seconds=5))}, "redis down since 11:59:55 UTC"),
        ({"neighbours": is_in("down", NOON - timedelta(days=1))}, "redis down since 2026-03-01 12:00:00 UTC"),
        ({"neighbours": is_in("returning", NOON)}, "redis returning, not up since 12:00:00 UTC"),
        ({"feeds": {"replay": FeedHealth(state="failed", silent_for=None)}}, "Feed replay failed"),
        ({"feeds": {"replay": FeedHealth(state="live", silent_for=180)}}, "said nothing for 3 min"),
    ],
)
def test_each_trouble_is_told_in_words(changed, said):
    (reason,) = found(**changed)
    assert said in reason


@pytest.mark.parametrize(
    "changed",
    [
        {"queue": 8_000},
        {"lag_ms": 1_000},
        {"memory": Footprint(used=80, limit=100)},
        {"memory": Footprint(used=80, limit=None)},
        {"neighbours": is_in("up", NOON)},
        {"feeds": {}},
        {"feeds": {"replay": FeedHealth(state="ended", silent_for=9_999)}},
        {"feeds": {"replay": FeedHealth(state="opening", silent_for=None)}},
        {"feeds": {"replay": FeedHealth(state="live", silent_for=None)}},
        {"feeds": {"replay": FeedHealth(state="live", silent_for=120)}},
    ],
)
def test_what_is_usual_is_not_told(changed):
    assert found(**changed) == []


@given(st.floats(0, 20_000), st.floats(0, 20_000))
def test_a_fuller_queue_is_never_less_of_a_trouble(one, other):
    less, more = sorted((one, other))
    assert len(found(queue=less)) <= len(found(queue=more))


def test_several_troubles_are_all_told():
    failed = FeedHealth(state="failed", silent_for=None)
    assert len(found(queue=9_999, lag_ms=5_000, feeds={"a": failed, "b": failed})) == 4


SECOND = timedelta(seconds=1)
shares = st.one_of(st.none(), st.integers(0, 120))
looks = st.lists(
    st.builds(
        lambda step, queue, memory, redis, websocket: (step, queue, memory, {"redis": redis, "websocket": websocket}),
        st.integers(1, 200),
        shares,
        shares,
        st.booleans(),
        st.booleans(),
    ),
    max_size=40,
)


def told_over(looks):
    """Every change in order, each with the facts it was told of."""
    now, raised, away, told = NOON, {}, {}, []
    for step, queue, memory, down in looks:
        now += step * SECOND
        away = {name: away.get(name, now) for name, is_down in down.items() if is_down}
        footprint = None if memory is None else Footprint(used=memory, limit=100)
        facts = Facts(queue=queue, capacity=100, memory=footprint, away=away)
        changes = alarms(raised, facts, now)
        raised = raised_after(raised, changes)
        assert alarms(raised, facts, now) == ()
        told += [(change, facts) for change in changes]
    return told


@given(looks)
def test_each_alarm_is_raised_once_and_cleared_once_in_turn(looks):
    for alarm in Alarm:
        kinds = [type(change) for change, _ in told_over(looks) if change.alarm is alarm]
        assert kinds == [(Raised, Cleared)[n % 2] for n in range(len(kinds))]


@given(looks)
def test_an_all_clear_names_the_alarm_it_ends(looks):
    raised = {}
    for change, _ in told_over(looks):
        if isinstance(change, Raised):
            raised[change.alarm] = change.at
        else:
            assert change.raised_at == raised.pop(change.alarm)


@given(looks)
def test_nothing_is_raised_within_its_limit_nor_cleared_at_it(looks):
    for change, facts in told_over(looks):
        share = {Alarm.QUEUE: facts.queue, Alarm.MEMORY: facts.memory and facts.memory.used}.get(change.alarm)
        if change.alarm in AWAY_FOR and isinstance(change, Raised):
            assert change.at - facts.away[change.alarm] > AWAY_FOR[change.alarm]
        elif change.alarm in AWAY_FOR:
            assert change.alarm not in facts.away
        elif isinstance(change, Raised):
            assert share > 80
        else:
            assert share < 70


@pytest.mark.parametrize(("alarm", "limit"), [(Alarm.REDIS, 300), (Alarm.WEBSOCKET, 60)])
def test_who_is_away_is_told_of_just_after_the_limit(alarm, limit):
    facts = Facts(queue=0, capacity=100, memory=None, away={alarm.value: NOON})
    assert alarms({}, facts, NOON + limit * SECOND) == ()
    (raised,) = alarms({}, facts, NOON + (limit + 1) * SECOND)
    assert (raised.alarm, raised.reason) == (alarm, f"{alarm} has been away for more than {limit // 60} min")


def test_a_level_that_stays_around_the_limit_is_told_once():
    raised, told = {}, 0
    for n, queue in enumerate([81, 79, 82, 71, 90, 70, 85]):
        changes = alarms(raised, Facts(queue=queue, capacity=100, memory=None, away={}), NOON + n * SECOND)
        raised, told = raised_after(raised, changes), told + len(changes)
    assert told == 1


def test_a_neighbour_without_a_limit_raises_nothing():
    facts = Facts(queue=0, capacity=100, memory=None, away={"postgres": NOON})
    assert alarms({}, facts, NOON + timedelta(days=1)) == ()
