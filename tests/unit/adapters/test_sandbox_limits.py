"""Rates: no window is ever exceeded, and the wait that is told suffices."""

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.sandbox.limits import Limits, RateWindows

TELEGRAM = Limits()
ARRIVALS = st.lists(
    st.tuples(st.floats(min_value=0, max_value=3), st.sampled_from([1, 2, -5, -6])), min_size=1, max_size=150
)


def replay(arrivals: list[tuple[float, int]]) -> list[tuple[float, int]]:
    windows = RateWindows(TELEGRAM)
    now = 0.0
    admitted = []
    for gap, chat in arrivals:
        now += gap / 20
        if windows.admit(chat, group=chat < 0, now=now) == 0:
            admitted.append((now, chat))
    return admitted


def most_within(times: list[float], seconds: float) -> int:
    return max((sum(start <= time < start + seconds for time in times) for start in times), default=0)


@given(ARRIVALS)
def test_no_window_is_ever_exceeded_on_any_pattern_of_arrivals(arrivals: list[tuple[float, int]]) -> None:
    admitted = replay(arrivals)
    assert most_within([time for time, _ in admitted], 1) <= 30
    for chat in {chat for _, chat in admitted}:
        times = [time for time, found in admitted if found == chat]
        assert most_within(times, 1) <= 3
        assert most_within(times, 5) <= 5
        assert chat > 0 or most_within(times, 60) <= 20


@given(ARRIVALS)
def test_waiting_as_told_is_enough(arrivals: list[tuple[float, int]]) -> None:
    windows = RateWindows(TELEGRAM)
    now = 0.0
    for gap, chat in arrivals:
        now += gap / 20
        wait = windows.admit(chat, group=chat < 0, now=now)
        if wait:
            now += wait
            assert windows.admit(chat, group=chat < 0, now=now) == 0


def test_a_refused_message_takes_no_place() -> None:
    windows = RateWindows(TELEGRAM)
    assert [windows.admit(1, group=False, now=0) for _ in range(6)] == [0, 0, 0, 1, 1, 1]
    assert [windows.admit(1, group=False, now=1) for _ in range(3)] == [0, 0, 4]


def test_a_group_takes_twenty_a_minute() -> None:
    windows = RateWindows(TELEGRAM)
    answers = [windows.admit(-1, group=True, now=second) for second in range(0, 60, 2)]
    assert answers[:20] == [0] * 20
    assert answers[20] == 20


def test_an_album_larger_than_a_window_passes_when_the_window_is_empty() -> None:
    windows = RateWindows(TELEGRAM)
    assert windows.admit(1, group=False, now=0, messages=10) == 0
    assert windows.admit(1, group=False, now=4) == 1


def test_a_clock_that_steps_back_opens_nothing() -> None:
    windows = RateWindows(TELEGRAM)
    assert [windows.admit(1, group=False, now=100) for _ in range(3)] == [0, 0, 0]
    assert windows.admit(1, group=False, now=50) == 1


def test_idle_chats_are_forgotten_without_opening_a_window() -> None:
    windows = RateWindows(Limits(overall_per_second=100_000))
    for chat in range(1, 10_002):
        windows.admit(chat, group=False, now=0)
    assert [windows.admit(1, group=False, now=10) for _ in range(4)] == [0, 0, 0, 1]
    windows.admit(20_000, group=False, now=10)
    assert windows.admit(1, group=False, now=10) == 1
