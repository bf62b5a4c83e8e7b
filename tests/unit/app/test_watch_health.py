"""The figures of queues, neighbours and pace are fresh, and alarms in time."""

import asyncio
from datetime import timedelta

import pytest

from tokenfilter.adapters.layered.smart_cache import SmartCache
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.dead_letters import MemoryDeadLetters
from tokenfilter.adapters.memory.health_probe import MemoryHealthProbe
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.telemetry import CacheShown, MemoryTelemetry
from tokenfilter.app.watch_health import WatchHealth
from tokenfilter.domain.health import Alarm, Footprint
from tokenfilter.domain.history import price_seen
from tokenfilter.ports.dead_letters import DeadLetter
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def watch(process, **more):
    """A watch over a process."""
    given = {"events": process.events, "outbox": process.outbox, "journal": process.journal}
    return WatchHealth(**{**given, "clock": process.clock, "telemetry": process.telemetry, **more})


async def test_every_second_tells_how_full_the_queues_are(process):
    async with process.running(process.health.run()):
        await process.wait()
        assert process.telemetry.gauges == {"queue": 0, "outbox": 0, "journal": 0}
        await process.events.append(examples.stamped(examples.heard()))
        for chat in (1, 2):
            await process.outbox.put(examples.alert(chat))
        for n in (1, 2, 3):
            await process.journal.note(price_seen(examples.tick(price=n)))
        await process.wait(SECOND)
    levels = {name: process.telemetry.gauges[name] for name in ("queue", "outbox", "journal")}
    assert levels == {"queue": 1, "outbox": 2, "journal": 3}


class Late(HandClock):
    """Wakes sleepers a while after their time."""

    async def sleep_until(self, instant):
        await super().sleep_until(instant)
        self.advance(timedelta(milliseconds=300))


async def test_how_late_the_loop_was_woken_is_told_in_milliseconds(process):
    process.clock = Late(process.clock.now())
    async with process.running(watch(process).run()):
        await process.wait()
        process.clock.advance(SECOND)
        await process.wait()
    assert process.telemetry.gauges["loop_lag_ms"] == 300


class Unreachable(MemoryOutbox):
    async def length(self):
        raise UnavailableError("no outbox")


async def test_a_queue_that_cannot_be_reached_is_told_and_the_others_are_looked_at(process):
    async with process.running(watch(process, outbox=Unreachable(journal=process.journal)).run()):
        await process.journal.note(price_seen(examples.tick(price=1)))
        await process.wait(2 * SECOND)
    assert process.telemetry.failures["health", "no outbox"][1] == 3
    assert process.telemetry.gauges["journal"] == 1


async def test_dead_letters_and_memory_are_told(process):
    dead = MemoryDeadLetters()
    await dead.bury(DeadLetter(reason="not JSON", sample="{", at=NOON))
    await watch(process, dead=dead, memory=lambda: Footprint(used=5, limit=9)).look()
    levels = {name: process.telemetry.gauges[name] for name in ("dead", "memory_bytes", "memory_limit_bytes")}
    assert levels == {"dead": 1, "memory_bytes": 5, "memory_limit_bytes": 9}


async def test_what_caches_did_is_told(process):
    cache = SmartCache("settings", ttl=MINUTE, most=1, timer=lambda: 0)
    for key in ("a", "b", "b"):
        if cache.get(key) is None:
            cache.put(key, 1)
    await watch(process, caches=lambda: {cache.name: cache.figures()}).look()
    assert process.telemetry.caches == {"settings": CacheShown(hits=1, misses=2, evicted=1, entries=1)}


async def test_a_neighbour_is_told_up_at_once_and_down_and_up_within_three_seconds(process):
    probe = MemoryHealthProbe("postgres")
    states = []
    async with process.running(watch(process, probes=[probe]).run()):
        for answer in ("1", None, "1"):
            probe.state = answer
            await process.wait(3 * SECOND)
            states.append(process.telemetry.neighbours["postgres"].state)
    assert states == ["up", "down", "up"]


async def test_a_neighbour_that_lost_its_state_is_told_so(process):
    probe = MemoryHealthProbe("postgres")
    async with process.running(watch(process, probes=[probe]).run()):
        for answer in ("1", None, "2"):
            probe.state = answer
            await process.wait(3 * SECOND)
    assert process.telemetry.neighbours["postgres"].reason == "answers, but is not what it was"


class Hanging(MemoryHealthProbe):
    async def probe(self):
        await asyncio.Event().wait()


async def test_a_neighbour_that_never_answers_holds_up_no_other_look(process):
    probe = MemoryHealthProbe("postgres")
    async with process.running(watch(process, probes=[Hanging("redis"), probe]).run()):
        await process.wait()
        await process.owe(1)
        probe.state = None
        await process.wait(3 * SECOND)
    assert process.telemetry.gauges["outbox"] == 1
    assert process.telemetry.neighbours["postgres"].state == "down"


class Alarms(MemoryTelemetry):
    """Also keeps every change of an alarm."""

    def __init__(self):
        super().__init__()
        self.changes, self.beats = [], []

    def alarm(self, change):
        super().alarm(change)
        self.changes.append(change)

    def heartbeat(self, *, now):
        self.beats.append(now)


@pytest.mark.parametrize(("name", "limit"), [("redis", 5 * MINUTE), ("websocket", MINUTE)])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
async def test_an_alarm_comes_within_five_seconds_of_its_limit_and_so_does_its_end(process, name, limit, after):
    probe, alarms = MemoryHealthProbe(name), Alarms()
    async with process.running(watch(process, probes=[probe], telemetry=alarms).run()):
        await process.wait(after * SECOND, step=SECOND)
        probe.state, fell = None, process.clock.now()
        await process.wait(limit, step=SECOND)
        assert alarms.changes == []
        await process.wait(5 * SECOND, step=SECOND)
        (raised,) = alarms.changes
        assert (raised.alarm, limit < raised.at - fell <= limit + 5 * SECOND) == (Alarm(name), True)
        await process.wait(MINUTE, step=SECOND)
        probe.state = "1"
        await process.wait(5 * SECOND, step=SECOND)
    assert [change.alarm for change in alarms.changes] == [Alarm(name)] * 2


async def test_a_neighbour_whose_state_others_tell_raises_its_alarm_all_the_same(process):
    alarms, since = Alarms(), NOON
    async with process.running(watch(process, telemetry=alarms, away={"redis": lambda: since}).run()):
        await process.wait(5 * MINUTE + 2 * SECOND, step=SECOND)
        assert [type(change).__name__ for change in alarms.changes] == ["Raised"]
        since = None
        await process.wait(SECOND)
    assert [type(change).__name__ for change in alarms.changes] == ["Raised", "Cleared"]
    assert alarms.neighbours == {}


async def test_a_full_queue_and_full_memory_are_told_once_while_they_last(new_process):
    process, alarms = new_process(), Alarms()
    used = 81
    for n in range(8_001):
        await process.events.append(examples.stamped(examples.heard(f"e{n}")))
    health = watch(process, telemetry=alarms, memory=lambda: Footprint(used=used, limit=100))
    for _ in range(3):
        await health.look()
    used = 50
    await health.look()
    told = [(type(change).__name__, change.alarm) for change in alarms.changes]
    assert told == [("Raised", Alarm.QUEUE), ("Raised", Alarm.MEMORY), ("Cleared", Alarm.MEMORY)]


async def test_the_heart_beats_once_a_minute(process):
    alarms = Alarms()
    async with process.running(watch(process, telemetry=alarms).run()):
        await process.wait(3 * MINUTE + 30 * SECOND, step=SECOND)
    assert alarms.beats == [NOON + n * MINUTE for n in (1, 2, 3)]
