"""The figures of queues and pace are fresh."""

from datetime import timedelta

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.app.watch_health import WatchHealth
from tokenfilter.domain.history import price_seen
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples

SECOND = timedelta(seconds=1)


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
    health = WatchHealth(
        events=process.events,
        outbox=process.outbox,
        journal=process.journal,
        clock=process.clock,
        telemetry=process.telemetry,
    )
    async with process.running(health.run()):
        await process.wait()
        process.clock.advance(SECOND)
        await process.wait()
    assert process.telemetry.gauges["loop_lag_ms"] == 300


class Unreachable(MemoryOutbox):
    async def length(self):
        raise UnavailableError("no outbox")


async def test_a_queue_that_cannot_be_reached_is_told_and_the_watch_goes_on(process):
    health = WatchHealth(
        events=process.events,
        outbox=Unreachable(),
        journal=process.journal,
        clock=process.clock,
        telemetry=process.telemetry,
    )
    async with process.running(health.run()):
        await process.wait(2 * SECOND)
    assert process.telemetry.failures["health", "no outbox"][1] == 3
