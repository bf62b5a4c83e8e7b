"""One event that concerns 3,000 subscribers: how long until the last is told, and how quick the bot answers meanwhile.

The whole program with every role, on a private Valkey and PostgreSQL. Cards go to a stub that answers after 50 ms, as
Telegram does; the bot talks to the sandbox, where a person asks something again and again.
"""

import argparse
import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from time import perf_counter

import httpx
from dependency_injector import providers

from redis_parts.crew import FIRST_CHAT, percentile, saved
from tokenfilter.adapters.system import logs
from tokenfilter.container import Container
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.notification import CallAlert, Notification
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.messenger import Messenger, Sent
from tokenfilter.service import Running, started
from tokenfilter.settings import load
from tokenfilter.testing import examples

ALLOWED, SLACK = 29, 1.05
ANSWERS_IN = 0.05
REPLY_BAR_MS = 300
ASKS_EVERY = 1.5
"""Seconds: a chat bears one message a second."""
ADA = 710_001_001


class Stub(Messenger):
    """Notes when each card was asked for, and for whom."""

    def __init__(self) -> None:
        self.asked: dict[int, float] = {}
        self.doubled = 0

    async def open(self) -> None:
        """Nothing is to be opened."""

    async def close(self) -> None:
        """Nothing is to be closed."""

    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:
        del reader
        chat = notification.destination.chat
        if isinstance(notification.body, CallAlert):
            self.doubled += chat in self.asked
            self.asked.setdefault(chat, perf_counter())
        await asyncio.sleep(ANSWERS_IN)
        return Sent(chat=chat, message_id=len(self.asked))


async def ask(address: str) -> list[tuple[float, float]]:
    """When each question was asked and how many milliseconds later its answer arrived, until cancelled."""
    found, place = list[tuple[float, float]](), f"/sandbox/api/chats/{ADA}/messages"
    async with httpx.AsyncClient(base_url=address, timeout=10) as web:

        async def said() -> int:
            messages = (await web.get(place)).json()["messages"]
            return max((m["message_id"] for m in messages if not m.get("out")), default=0)

        try:
            while True:
                before, begun = await said(), perf_counter()
                body = {"chat_id": ADA, "text": "/help"}
                (await web.post(f"/sandbox/api/people/{ADA}/messages", json=body)).raise_for_status()
                while await said() == before:
                    await asyncio.sleep(0.01)
                found.append((begun, (perf_counter() - begun) * 1_000))
                await asyncio.sleep(ASKS_EVERY)
        except asyncio.CancelledError:
            return found


async def measure(recipients: int) -> int:
    """Print what was measured; 0 if everybody was told once."""
    stub = Stub()
    Container.messenger.override(providers.Object(stub))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        options = {"embedded__directory": directory, "http__address": "127.0.0.1:0", "use__feeds": []}
        wanted = [parse_filter("mcap >= 1")] * recipients
        async with started(load(None, options, environ={})) as running:
            return await _measure(running, stub, list(saved(wanted)), recipients)


async def _measure(running: Running, stub: Stub, entries: list, recipients: int) -> int:  # type: ignore[type-arg]
    for first in range(0, recipients, 1_000):
        await running.container.subscribers().restore(entries[first : first + 1_000])
    asking = asyncio.create_task(ask(running.address))
    await asyncio.sleep(2)
    begun = perf_counter()
    event = examples.heard("e", at=datetime.now(UTC), mcap=60_000)
    await running.container.ingest_events().take(event, feed="bench", recorded=False)
    while len(stub.asked) < recipients:
        await asyncio.sleep(0.05)
    last, bar = max(stub.asked.values()) - begun, SLACK * recipients / ALLOWED
    asking.cancel()
    replies = sorted(took for at, took in await asking if at >= begun)
    print(f"{recipients:,} recipients: the first after {min(stub.asked.values()) - begun:.3f} s,", end=" ")
    print(f"the last after {last:.1f} s (bar {bar:.1f} s, {last / (recipients / ALLOWED):.3f} of {recipients:,}/29 s)")
    ranks = ", ".join(f"p{p} {percentile(replies, p):.0f} ms" for p in (50, 95, 99))
    print(f"{len(replies)} replies meanwhile: {ranks} (bar p95 {REPLY_BAR_MS} ms)")
    strangers = set(stub.asked) - {FIRST_CHAT + n for n in range(recipients)}
    print(f"told twice {stub.doubled}, told unasked {len(strangers)}")
    return int(bool(stub.doubled or strangers))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--recipients", type=int, default=3_000)
    logs.configure(level="error", json_lines=False)
    sys.exit(asyncio.run(measure(asked.parse_args().recipients)))
