"""A process that judges as `tokenfilter run --role match` does, and tells what it took; started by crew.py.

It answers lines on its standard input: `go` begins to judge, `stop` ends with what was measured as one JSON line.
"""

import asyncio
import gc
import json
import resource
import sys
from contextlib import suppress
from datetime import datetime
from time import perf_counter, process_time

from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.container import Container
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.opening import SURVIVORS
from tokenfilter.settings import load

_LOOK_EVERY = 0.01
"""Seconds."""


class Claims(MemoryTelemetry):
    """Notes how long after it was heard each event was claimed, and for how many."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[tuple[float, int]] = []

    def settled(self, event: Event, decision: Decision, *, judged: int, now: datetime) -> None:
        super().settled(event, decision, judged=judged, now=now)
        self.waited.append(((now - event.received_at).total_seconds() * 1_000, len(decision.told)))


class Pauses:
    """How long the loop kept anybody waiting, at most."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        """Look a hundred times a second, until cancelled."""
        while True:
            before = perf_counter()
            await asyncio.sleep(_LOOK_EVERY)
            self.longest = max(self.longest, (perf_counter() - before - _LOOK_EVERY) * 1_000)


async def judge(url: str, prefix: str, name: str) -> None:
    """Judge between `go` and `stop`."""
    told = {"redis__url": url, "redis__prefix": prefix, "redis__instance": name}
    nowhere = {"postgres__url": "postgresql://127.0.0.1/nobody"}  # never opened
    container = Container(settings=load(None, {**told, **nowhere, "run__roles": ["match"]}, environ={}))
    claims, pauses = Claims(), Pauses()
    container.telemetry.override(claims)
    for survivor in SURVIVORS:
        getattr(container, survivor)()
    await container.survival().begin(rebuild=_nothing)
    begun = perf_counter()
    gc.disable()
    await container.match_events().warm()
    gc.enable()
    warm = perf_counter() - begun
    leads = container.hold_partitions()
    await leads.begin()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)  # as the program does
    loops = [asyncio.create_task(leads.run())]
    print(json.dumps({"ready": warm, "routes": container.filter_index().totals().routes}), flush=True)
    await _line()
    spent, began = process_time(), perf_counter()
    loops += [asyncio.create_task(loop) for loop in (container.match_events().run(), pauses.watch())]
    await _line()
    measured = {
        "claims": claims.waited,
        "cpu": process_time() - spent,
        "seconds": perf_counter() - began,
        "pause": pauses.longest,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "failures": [f"{what}: {detail}" for what, detail in claims.failures],
    }
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await leads.end()
    await container.redis().close()
    print(json.dumps(measured), flush=True)


async def _line() -> None:
    await asyncio.to_thread(sys.stdin.readline)


async def _nothing() -> None:
    return None


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(judge(*sys.argv[1:4]))
