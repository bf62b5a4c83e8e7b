"""Look at the queues, the neighbours and the program itself, so that figures are fresh and alarms in time (R33, R34).

What is an alarm is domain/health.py's; what else is told of it, telemetry's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tokenfilter.domain.health import Alarm, Facts, Footprint, alarms, raised_after
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.dead_letters import DeadLetters
from tokenfilter.ports.event_stream import CAPACITY, EventStream
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.health_probe import HealthProbe
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.telemetry import Telemetry

LOOK_EVERY = timedelta(seconds=1)

ASK_EVERY = timedelta(seconds=3)
"""R33 asks for 30 s at most; R34 wants an alarm within 5 s of its limit, so a failure has to be seen sooner."""

HEARTBEAT_EVERY = timedelta(minutes=1)


class CacheCounts(Protocol):
    """What a cache did since it was made, and how many values it holds now."""

    @property
    def hits(self) -> int: ...

    @property
    def misses(self) -> int: ...

    @property
    def evicted(self) -> int: ...

    @property
    def held(self) -> int: ...


class WatchHealth:
    """Tells telemetry how full the queues are, how late this very loop was woken, who answers, and what is alarming.

    `probes` are neighbours asked from here. `away` are those whose state others decide and tell: since when each is
    not up, by name; None while it is. `caches` says what each cache did, by name; `memory` measures this process.
    """

    def __init__(
        self,
        *,
        events: EventStream,
        outbox: Outbox,
        journal: Journal,
        clock: Clock,
        telemetry: Telemetry,
        dead: DeadLetters | None = None,
        probes: Sequence[HealthProbe] = (),
        away: Mapping[str, Callable[[], datetime | None]] | None = None,
        caches: Callable[[], Mapping[str, CacheCounts]] = dict,
        memory: Callable[[], Footprint | None] = lambda: None,
    ) -> None:
        self._lengths: dict[str, Callable[[], Awaitable[int]]] = {
            "queue": events.length,
            "outbox": outbox.length,
            "journal": journal.length,
        }
        if dead is not None:
            self._lengths["dead"] = dead.count
        self._clock = clock
        self._telemetry = telemetry
        self._probes = probes
        self._told_elsewhere = away or {}
        self._caches = caches
        self._memory = memory
        self._away: dict[str, datetime] = {}
        self._raised: Mapping[Alarm, datetime] = {}

    async def run(self) -> None:
        """Look and ask until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_on())
            for probe in self._probes:
                tasks.create_task(self._ask_on(probe))

    async def look(self) -> None:
        """Look once; a queue that cannot be reached is told as a failure."""
        queue = None
        for name, length in self._lengths.items():
            try:
                found = await length()
            except UnavailableError as error:
                self._telemetry.failed("health", str(error), now=self._clock.now())
            else:
                self._telemetry.gauge(name, found)
                queue = found if name == "queue" else queue
        for name, cache in self._caches().items():
            self._telemetry.cache(name, hits=cache.hits, misses=cache.misses, evicted=cache.evicted, entries=cache.held)
        self._judge(queue, self._measured())

    async def _look_on(self) -> None:
        beat = self._clock.now()
        while True:
            await self.look()
            due = self._clock.now() + LOOK_EVERY
            await self._clock.sleep_until(due)
            now = self._clock.now()
            self._telemetry.gauge("loop_lag_ms", (now - due).total_seconds() * 1_000)
            if now - beat >= HEARTBEAT_EVERY:
                beat = now
                self._telemetry.heartbeat(now=now)

    async def _ask_on(self, probe: HealthProbe) -> None:
        state: str | None = None
        while True:
            begun = self._clock.now()
            try:
                found = await probe.probe()
            except UnavailableError as error:
                self._away.setdefault(probe.name, begun)
                self._telemetry.state_changed(probe.name, "down", str(error), now=begun)
            else:
                reason = "answers" if state in (None, found) else "answers, but is not what it was"
                self._away.pop(probe.name, None)
                self._telemetry.state_changed(probe.name, "up", reason, now=self._clock.now())
                state = found
            await self._clock.sleep_until(self._clock.now() + ASK_EVERY)

    def _measured(self) -> Footprint | None:
        found = self._memory()
        if found is not None:
            self._telemetry.gauge("memory_bytes", found.used)
            if found.limit is not None:
                self._telemetry.gauge("memory_limit_bytes", found.limit)
        return found

    def _judge(self, queue: int | None, memory: Footprint | None) -> None:
        others = {name: since for name, read in self._told_elsewhere.items() if (since := read()) is not None}
        facts = Facts(queue=queue, capacity=CAPACITY, memory=memory, away={**self._away, **others})
        changes = alarms(self._raised, facts, self._clock.now())
        for change in changes:
            self._telemetry.alarm(change)
        self._raised = raised_after(self._raised, changes)
