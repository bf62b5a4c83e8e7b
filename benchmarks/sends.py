"""Sending through Redis, by the clock: is Telegram's pace used to the full and never passed, and is a flood fair?

First a backlog over many chats for a minute: requests in any second, and their rate. Then one destination that is owed
2,000 messages while 99 others are owed one now and then: how long the others wait. A private Valkey, answers of 50 ms.
"""

import argparse
import asyncio
import sys
import tempfile
from bisect import bisect_left
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from random import Random
from time import monotonic

from tokenfilter.adapters.system import logs
from tokenfilter.container import Container
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import CallAlert, Lane, Notification, alert_id
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.opening import open_private_servers, open_stores
from tokenfilter.ports.messenger import Messenger, Sent
from tokenfilter.settings import load
from tokenfilter.testing import examples

ALLOWED = 29
MOST_IN_A_SECOND = 30
ANSWERS_IN = 0.05
FLOOD = 2_000
OTHERS = 99
FLOODED, FIRST_OTHER = ChatId(1), 1_000


class TimedMessenger(Messenger):
    """Notes when each request began, and how long its notification had been owed by then."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str, ChatId]] = []
        self.waits: list[float] = []

    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:
        del reader
        chat = notification.destination.chat
        self.asked.append((monotonic(), notification.id, chat))
        if chat != FLOODED:
            self.waits.append((datetime.now(notification.queued_at.tzinfo) - notification.queued_at).total_seconds())
        await asyncio.sleep(ANSWERS_IN)
        return Sent(chat=chat, message_id=len(self.asked))


def alert(chat: ChatId, number: int, now: datetime) -> Notification:
    """An alert about a token of that number, owed from now on."""
    event = examples.stamped(examples.heard(f"e{number}", about=examples.token(number), at=now))
    destination = examples.route(chat).destination
    return Notification(
        id=alert_id(event.token, destination),
        destination=destination,
        lane=Lane.ALERTS,
        owners=(),
        body=CallAlert(evidence=examples.evidence_of(event), filters=("Filter 1",)),
        queued_at=now,
        useful_until=now + timedelta(minutes=30),
    )


async def backlog(container: Container, messenger: TimedMessenger, seconds: int) -> tuple[int, float]:
    """The most requests in any second and their rate over a backlog that lasts so long; every one is sent once."""
    now, number = container.clock().now(), ALLOWED * (seconds + 3)
    for n in range(number):
        await container.outbox().put(alert(ChatId(FIRST_OTHER + n % 300), n // 300 + 1, now))
    sending = asyncio.create_task(container.deliver_notifications().run())
    await asyncio.sleep(seconds + 1)
    sending.cancel()
    await asyncio.wait([sending])
    times = [at for at, _, _ in messenger.asked]
    if len({name for _, name, _ in messenger.asked}) != len(times):
        raise SystemExit("something was sent twice")
    counted = [t for t in times if t < times[0] + seconds]
    return max(bisect_left(times, at + 1) - n for n, at in enumerate(times)), len(counted) / seconds


async def flood(container: Container, messenger: TimedMessenger, seconds: int) -> list[float]:
    """How long others wait while one destination is owed 2,000 messages."""
    random, now = Random(7), container.clock().now()
    for n in range(FLOOD):
        await container.outbox().put(alert(FLOODED, 10_000 + n, now))
    messenger.waits.clear()
    container.deliver_notifications.reset()
    container.outbox().abandon()
    sending = asyncio.create_task(container.deliver_notifications().run())
    for n in range(seconds * 10):
        chat = ChatId(FIRST_OTHER + 5_000 + random.randrange(OTHERS))
        await container.outbox().put(alert(chat, 20_000 + n, container.clock().now()))
        await asyncio.sleep(0.1)
    sending.cancel()
    await asyncio.wait([sending])
    return sorted(messenger.waits)


async def measure(seconds: int) -> int:
    """Print both tables; 0 if the bars are met."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        options = {"use__history": "memory", "use__messenger": "memory", "embedded__directory": folder}
        container, messenger = Container(settings=load(None, options, environ={})), TimedMessenger()
        container.messenger.override(messenger)
        async with AsyncExitStack() as stack:
            await open_private_servers(container, stack)
            await open_stores(container, stack)
            await container.hold_partitions().begin()
            holding = asyncio.create_task(container.hold_partitions().run())
            most, rate = await backlog(container, messenger, seconds)
            waits = await flood(container, messenger, max(10, seconds // 3))
            holding.cancel()
            await asyncio.wait([holding])
    p50, p95 = (waits[(len(waits) - 1) * p // 100] for p in (50, 95))
    print("| sends | measured | bar |\n|---|---:|---:|")
    print(f"| most in any second | {most} | {MOST_IN_A_SECOND} |")
    print(f"| a second, over {seconds} s of backlog | {rate:.2f} | {0.95 * ALLOWED:.2f} |")
    print(f"| others' wait while one is owed {FLOOD:,}: p50 | {p50:.2f} s | |")
    print(f"| p95, of {len(waits)} | {p95:.2f} s | 2 s |")
    return int(most > MOST_IN_A_SECOND or rate < 0.95 * ALLOWED or p95 >= 2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    logs.configure(level="error")
    sys.exit(asyncio.run(measure(parser.parse_args().seconds)))
