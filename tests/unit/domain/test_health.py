"""Only what is worth a person's attention is told, and all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.health import FeedHealth, reasons

WELL = FeedHealth(state="live", silent_for=1)


def found(**changed):
    """What is told of a program that is well but for what changed."""
    return list(reasons(**{"queue": 0, "capacity": 10_000, "lag_ms": 0, "feeds": {"simulator": WELL}, **changed}))


def test_nothing_is_told_while_all_is_well():
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"queue": 8_001}, "80% full"),
        ({"lag_ms": 1_001}, "1.0 s late"),
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
