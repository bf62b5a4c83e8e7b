"""The dashboard and readiness say what is degraded, since when, and how the stores do."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.layered.telemetry import EachTelemetry
from tokenfilter.adapters.memory.shown import health, shown
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.domain.health import Alarm, Cleared, Raised
from tokenfilter.domain.ids import ChatId
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)
states = st.sampled_from(["up", "down", "returning"])


@given(st.lists(states, min_size=1))
def test_a_neighbour_is_not_up_since_it_ceased_to_be_whatever_was_said_since(told):
    telemetry = MemoryTelemetry()
    for n, state in enumerate(told):
        telemetry.state_changed("redis", state, f"reason {n}", now=NOON + n * SECOND)
    same = lambda state: state == "up"  # noqa: E731
    first = len(told) - 1
    while first and same(told[first - 1]) == same(told[-1]):
        first -= 1
    (neighbour,) = shown(telemetry, NOON)["neighbours"]
    assert (neighbour["state"], neighbour["since"]) == (told[-1], (NOON + first * SECOND).isoformat())
    assert bool(health(telemetry, NOON)) == (told[-1] != "up")


def test_readiness_names_who_is_down_and_since_when_but_not_why():
    telemetry = MemoryTelemetry()
    telemetry.state_changed("redis", "down", "no route to 10.0.0.7", now=NOON)
    assert health(telemetry, NOON + SECOND) == ["redis down since 12:00:00 UTC"]
    assert shown(telemetry, NOON)["neighbours"][0]["reason"] == "no route to 10.0.0.7"


def test_too_much_memory_is_a_reason_and_unknown_memory_is_none():
    telemetry = MemoryTelemetry()
    assert shown(telemetry, NOON)["memory"] == {"bytes": None, "limit_bytes": None}
    telemetry.gauge("memory_bytes", 90)
    assert health(telemetry, NOON) == []
    telemetry.gauge("memory_limit_bytes", 100)
    assert health(telemetry, NOON) == ["The program uses 90% of the memory it may use."]


def test_an_alarm_is_shown_until_its_all_clear():
    telemetry = MemoryTelemetry()
    telemetry.alarm(Raised(alarm=Alarm.REDIS, at=NOON, reason="away"))
    assert shown(telemetry, NOON)["alarms"] == [{"alarm": "redis", "since": NOON.isoformat(), "reason": "away"}]
    telemetry.alarm(Cleared(alarm=Alarm.REDIS, at=NOON, raised_at=NOON))
    assert shown(telemetry, NOON)["alarms"] == []


def test_commands_are_shown_over_five_minutes_and_then_forgotten():
    telemetry = MemoryTelemetry()
    counts = []
    for _ in range(4):
        telemetry.command("redis.get", 0.001)
        telemetry.heartbeat(now=NOON)
    for _ in range(6):
        counts.append([call["n"] for call in shown(telemetry, NOON)["stores"]["commands"]])
        telemetry.heartbeat(now=NOON)
    assert counts == [[4], [3], [2], [1], [], []]


def test_a_caches_hit_rate_is_unknown_before_the_first_look_up():
    telemetry = MemoryTelemetry()
    telemetry.cache("a", hits=0, misses=0, evicted=0, entries=0)
    telemetry.cache("b", hits=19, misses=1, evicted=2, entries=3)
    a, b = shown(telemetry, NOON)["caches"]
    assert a["hit_pct"] is None
    assert b == {"name": "b", "hit_pct": 95.0, "hits": 19, "misses": 1, "evicted": 2, "entries": 3}


def test_backlog_and_dead_letters_are_shown():
    telemetry = MemoryTelemetry()
    assert shown(telemetry, NOON)["dead_letters"]["kept"] is None
    for level in (20, 5):
        telemetry.gauge("journal", level)
        telemetry.gauge("dead", level)
    found = shown(telemetry, NOON)
    assert (found["journal"], found["dead_letters"]["kept"]) == ({"waiting": 5, "peak": 20}, 5)


def test_many_names_take_bounded_room():
    telemetry = MemoryTelemetry()
    for n in range(1_000):
        telemetry.command(str(n), 1)
        telemetry.cache(str(n), hits=1, misses=0, evicted=0, entries=0)
        telemetry.state_changed(str(n), "up", "", now=NOON)
    found = shown(telemetry, NOON)
    assert [len(names) for names in (found["stores"]["commands"], found["caches"], found["neighbours"])] == [100] * 3


def test_each_of_several_listeners_hears_what_one_would():
    alone, first, second = MemoryTelemetry(), MemoryTelemetry(), MemoryTelemetry()
    for telemetry in (alone, EachTelemetry(first, second)):
        telemetry.state_changed("redis", "down", "why", now=NOON)
        telemetry.alarm(Raised(alarm=Alarm.QUEUE, at=NOON, reason="full"))
        telemetry.setting_changed(ChatId(1), "filter", None, "mcap >= 1", now=NOON)
        telemetry.command("redis.get", 0.1)
        telemetry.cache("settings", hits=1, misses=2, evicted=3, entries=4)
        telemetry.gauge("journal", 3)
        telemetry.heartbeat(now=NOON)
    assert shown(alone, NOON) == shown(first, NOON) == shown(second, NOON)
    assert shown(alone, NOON) != shown(MemoryTelemetry(), NOON)
