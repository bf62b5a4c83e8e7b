"""A private Valkey with subscribers in it, and processes of the role `match` on it."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from tokenfilter.adapters.embedded import ValkeyServer
from tokenfilter.adapters.system import logs
from tokenfilter.container import Container
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.opening import SURVIVORS
from tokenfilter.settings import load

FIRST_CHAT = 10**9
_AT_ONCE = 1_000
_JUDGING = Path(__file__).with_name("judging.py")
_LARGEST_ANSWER = 2**26


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a run plays: a Valkey of its own, and the ports of a process that hears."""

    url: str
    prefix: str
    container: Container

    async def seed(self, wanted: Iterable[Filter]) -> int:
        """Let number n of these be the filter of chat FIRST_CHAT + n; how many there are."""
        entries, count = saved(wanted), 0
        while batch := list(islice(entries, _AT_ONCE)):
            await self.container.subscribers().restore(batch)
            count += len(batch)
        return count

    async def server_cpu(self) -> float:
        """Seconds of CPU that Valkey spent so far."""
        found = await self.container.redis().reads.info("cpu")
        return float(found["used_cpu_user"]) + float(found["used_cpu_sys"])

    async def empty(self) -> None:
        """Return once everything that was heard is judged."""
        while await self.container.event_stream().length():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """A ground, gone afterwards."""
    logs.configure(level="error", json_lines=False)
    with tempfile.TemporaryDirectory() as directory:
        valkey = ValkeyServer(Path(directory))
        await valkey.start()
        told = {"redis__url": valkey.url, "redis__prefix": "bench:", "redis__instance": "hears"}
        nowhere = {"postgres__url": "postgresql://127.0.0.1/nobody"}  # never opened
        roles = {"run__roles": ["ingest", "relay"]}
        container = Container(settings=load(None, {**told, **nowhere, **roles}, environ={}))
        for survivor in SURVIVORS:
            getattr(container, survivor)()
        await container.survival().begin(rebuild=_nothing)
        try:
            yield Ground(valkey.url, "bench:", container)
        finally:
            await container.redis().close()
            await valkey.stop()


class Judge:
    """One process that judges. `ready` says how long it took to hold every filter, in seconds."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ready(self) -> float:
        """Return once it holds every filter and has asked for its share."""
        return float((await self._answer())["ready"])

    def go(self) -> None:
        """Let it begin."""
        self._say("go")

    async def stop(self) -> dict[str, Any]:
        """End it; what it measured."""
        self._say("stop")
        found = await self._answer()
        await self._process.wait()
        return found

    def _say(self, word: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n".encode())

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = await self._process.stdout.readline()
        found: dict[str, Any] = json.loads(line)
        return found


async def judge(at: Ground, name: str) -> Judge:
    """A process that judges what is heard at this ground."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_JUDGING),
        at.url,
        at.prefix,
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LARGEST_ANSWER,
    )
    return Judge(process)


def percentile(values: list[float], p: float) -> float:
    """By nearest rank; `values` are sorted."""
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def saved(wanted: Iterable[Filter]) -> Iterator[SubscriberSaved]:
    """Number n of these as the filter of chat FIRST_CHAT + n, the change of number n + 1."""
    now = datetime.now(UTC)
    for number, one in enumerate(wanted):
        subscriber = with_filter(Subscriber(chat=ChatId(FIRST_CHAT + number), version=1), "One", one)
        chat = subscriber.own_chat
        yield SubscriberSaved(subscriber=subscriber, seq=number + 1, renewed=frozenset({chat}), at=now)


async def _nothing() -> None:
    return None
