"""A private Valkey with subscribers in it, and processes of the role `match` on it."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections import Counter
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
from tokenfilter.domain.partition import PARTITIONS
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.opening import SURVIVORS
from tokenfilter.settings import load

FIRST_CHAT = 10**9
_AT_ONCE = 1_000
_JUDGING = Path(__file__).with_name("judging.py")
_LARGEST_ANSWER = 2**26
_LOOK_EVERY = 0.05
"""Seconds: who looks more often takes the processes that are measured their cores."""
_PREFIX = "bench:"
_SHARED_WITHIN = 30
"""Seconds: a share changes hands when a lease is renewed, every three of them."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a run plays: a Valkey of its own, and the ports of a process that hears."""

    url: str
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
            await asyncio.sleep(_LOOK_EVERY)

    async def shared(self, judges: int) -> None:
        """Return once so many judges have all that is judged among them, each as much as the others.

        Raises:
            TimeoutError: They do not within half a minute.
        """
        holder = self.container.leases().holder
        async with asyncio.timeout(_SHARED_WITHIN):
            while True:
                leads = Counter(await asyncio.gather(*(holder(f"match:{p}") for p in range(PARTITIONS))))
                if None not in leads and len(leads) == judges and max(leads.values()) - min(leads.values()) <= 1:
                    return
                await asyncio.sleep(0.1)


@asynccontextmanager
async def ground(like: Path | None = None) -> AsyncIterator[Ground]:
    """A ground, gone afterwards. It begins with what the one kept at `like` ended with, or else with nothing."""
    with tempfile.TemporaryDirectory() as directory:
        if like is not None:
            await asyncio.to_thread(shutil.copytree, like, directory, dirs_exist_ok=True)
        async with kept_ground(Path(directory)) as at:
            yield at


@asynccontextmanager
async def kept_ground(directory: Path) -> AsyncIterator[Ground]:
    """A ground of which everything stays in a directory; its Valkey ends with it."""
    logs.configure(level="error", json_lines=False)
    valkey = ValkeyServer(directory)
    await valkey.start()
    told = {"redis__url": valkey.url, "redis__prefix": _PREFIX, "redis__instance": "hears"}
    nowhere = {"postgres__url": "postgresql://127.0.0.1/nobody"}  # never opened
    roles = {"run__roles": ["ingest", "relay"]}
    container = Container(settings=load(None, {**told, **nowhere, **roles}, environ={}))
    try:
        for survivor in SURVIVORS:
            getattr(container, survivor)()
        await container.survival().begin(rebuild=_nothing)
        yield Ground(valkey.url, container)
    finally:
        await container.redis().close()
        await valkey.stop()


class Judge:
    """One process that judges, at one ground after another that hold the same filters."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def join(self, at: Ground) -> None:
        """Let it come to a ground. It reads the filters of its first one, and keeps them."""
        self._say(f"join {at.url}")

    async def ready(self) -> float:
        """Return once it holds every filter and has asked for its share; the seconds it took to hold them."""
        return float((await self._answer())["ready"])

    def go(self) -> None:
        """Let it begin."""
        self._say("go")

    async def leave(self) -> dict[str, Any]:
        """Have it leave the ground; what it measured."""
        self._say("leave")
        return await self._answer()

    async def end(self) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()

    async def stop(self) -> dict[str, Any]:
        """Have it leave the ground and end; what it measured."""
        found = await self.leave()
        await self.end()
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
    """A process that comes to judge what is heard at this ground."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_JUDGING),
        _PREFIX,
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LARGEST_ANSWER,
    )
    judging = Judge(process)
    judging.join(at)
    return judging


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
