"""A process that judges as `tokenfilter run --role match` does, and tells what it took; started by crew.py.

It reads the filters at the first Valkey that it is told of, holds them, and judges there and at others that hold the
same. Lines on its standard input: `join` and an address asks for a share of what is heard there, `go` begins to judge
it, `leave` ends that. It answers `join` and `leave` with a line of JSON each. When there is no more input it ends.
"""

import asyncio
import gc
import json
import resource
import sys
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime
from time import perf_counter, process_time
from typing import Any

from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.container import Container
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.opening import SURVIVORS
from tokenfilter.ports.filter_index import FilterIndex
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


class Judging:
    """What stays between one Valkey and the next: who this is, and the index with the number of its last change."""

    def __init__(self, prefix: str, name: str) -> None:
        self._told = {"redis__prefix": prefix, "redis__instance": name}
        self._index: FilterIndex | None = None
        self._seq = 0

    async def at(self, url: str) -> None:
        """Judge there from `go` to `leave`. Of what was met elsewhere the filters stay, and how names are read."""
        nowhere = {"postgres__url": "postgresql://127.0.0.1/nobody"}  # never opened
        told = {**self._told, **nowhere, "redis__url": url, "run__roles": ["match"]}
        container = Container(settings=load(None, told, environ={}))
        claims, pauses = Claims(), Pauses()
        container.telemetry.override(claims)
        for survivor in SURVIVORS:
            getattr(container, survivor)()
        await container.survival().begin(rebuild=_nothing)
        warm = await self._warm(container)
        leads = container.hold_partitions()
        await leads.begin()
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 100)  # as the program does
        loops = _begun(leads.run())
        _answer({"ready": warm, "routes": container.filter_index().totals().routes})
        is_asked = await _line() == ["go"]
        spent, began = process_time(), perf_counter()
        if is_asked:
            loops += _begun(container.match_events().run(), pauses.watch())
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
        _answer(measured)

    async def _warm(self, container: Container) -> float:
        """Hold every filter; the seconds that takes."""
        begun = perf_counter()
        gc.disable()
        if self._index is not None:
            container.filter_index.override(self._index)
            container.follow_settings().seq = self._seq
        await container.match_events().warm()
        gc.enable()
        self._index, self._seq = container.filter_index(), container.follow_settings().seq
        return perf_counter() - begun


async def judge(prefix: str, name: str) -> None:
    """Judge wherever it is asked to."""
    judging = Judging(prefix, name)
    while told := await _line():
        _, url = told
        await judging.at(url)


def _begun(*loops: Coroutine[Any, Any, None]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(loop) for loop in loops]


def _answer(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


async def _line() -> list[str]:
    """The words of the next line; none where there is no more."""
    line: str = await asyncio.to_thread(sys.stdin.readline)
    return line.split()


async def _nothing() -> None:
    return None


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(judge(*sys.argv[1:3]))
