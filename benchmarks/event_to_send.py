"""From hearing an event to calling send: one process, 1,000 subscribers, 17 events a second (the required load).

The events are the simulated market's; the filters are drawn so that about one subscriber in two thousand wants an
event, which keeps the send budget (29 a second) idle: what is measured is this program, not Telegram's pace.
The set of alerts is checked against judging every filter alone.
"""

import argparse
import asyncio
import gc
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from tokenfilter.adapters.simulator.market import Market
from tokenfilter.adapters.system import logs
from tokenfilter.container import Container
from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.delivery import CHAT_EVERY, OVERALL_EVERY
from tokenfilter.domain.event import Heard
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import CallAlert, Notification
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.ports.messenger import Messenger, Sent
from tokenfilter.settings import load

OVERALL = 0
"""Stands for everybody where sends are paced."""


class TimedMessenger(Messenger):
    """Notes when each alert's send was called, and whether Telegram's pace (to the chat, overall) had held it back."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, float]] = []
        self.paced: set[tuple[str, int]] = set()
        self._last: dict[int, datetime] = {}

    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:
        del reader
        body = notification.body
        if isinstance(body, CallAlert):
            event = body.evidence.event
            now, chat = datetime.now(UTC), notification.destination.chat
            self.calls.append((event.id, chat, (now - event.received_at).total_seconds() * 1_000))
            free = {chat: CHAT_EVERY, OVERALL: OVERALL_EVERY}
            if any(event.received_at < self._last[who] + every for who, every in free.items() if who in self._last):
                self.paced.add((event.id, chat))
            self._last.update(dict.fromkeys(free, now))
        return Sent(chat=notification.destination.chat, message_id=len(self.calls))


def filters(number: int, random: Random) -> list[Filter]:
    """Narrow filters of three to six criteria each, all different."""
    found = []
    for _ in range(number):
        low, share = random.randint(10_000, 400_000), random.randint(8, 60)
        text = f"mcap {low}..{low + 1_500}, liq >= {random.randint(2, 12)}k, top10 {share - 5}..{share}, "
        text += random.choice(["win >= 40", "age <= 4h", "holders >= 50", "mint revoked", "gain >= 20"])
        text += random.choice([", liqpct >= 5", ", quorum 2 in 1h", ", vol1h >= 1k", ", dev <= 10 unknown pass"])
        found.append(parse_filter(text))
    return found


async def measure(subscribers: int, per_second: float, seconds: int) -> int:
    """Play the load, print the figures; 0 if the alerts are those they must be."""
    random = Random(11)
    container = Container(
        settings=load(None, {"use__state": "memory", "use__history": "memory", "use__messenger": "memory"}, environ={})
    )
    messenger = TimedMessenger()
    container.messenger.override(messenger)
    wanted = filters(subscribers, random)
    for number, one in enumerate(wanted, start=1):
        await container.subscribers().save(
            with_filter(Subscriber(chat=ChatId(number)), "One", one), now=container.clock().now()
        )
    start = datetime.now(UTC)
    market = Market(seed=3, start=start - timedelta(days=2), dense_from=start, rate=1.0)
    heard, count = [], int(per_second * seconds)
    for due in market.lines():
        if isinstance(due.line, Heard):
            heard.append(due.line)
        elif not hasattr(due.line, "token"):
            await container.ingest_events().take(due.line, feed="bench", recorded=True)
        if len(heard) >= count:
            break
    loops = [
        asyncio.create_task(loop)
        for loop in (
            container.match_events().run(),
            container.relay_journal().run(),
            container.deliver_notifications().run(),
            container.watch_health().run(),
        )
    ]
    await asyncio.sleep(0.1)
    gc.collect()
    gc.freeze()
    begun = asyncio.get_running_loop().time()
    for number, line in enumerate(heard):
        now = datetime.now(UTC)
        shift = now - line.observed_at
        calls = tuple(replace(c, called_at=c.called_at + shift) for c in line.calls)
        await container.ingest_events().take(replace(line, observed_at=now, calls=calls), feed="bench", recorded=False)
        await asyncio.sleep(max(0, begun + (number + 1) / per_second - asyncio.get_running_loop().time()))
    while await container.outbox().length():
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    judged = [e async for e in container.history().judged(start - timedelta(days=1), datetime.now(UTC))]
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    return report(messenger, wanted, judged, subscribers=subscribers, per_second=per_second)


def report(
    messenger: TimedMessenger, wanted: list[Filter], judged: list[Evidence], *, subscribers: int, per_second: float
) -> int:
    """Print the table and compare with every filter judged alone."""
    expected = set()
    for chat, one in enumerate(wanted, start=1):
        test = Backtest(one)
        expected |= {(told.evidence.event.id, chat) for told in map(test.see, judged) if told}
    got = {(event, chat) for event, chat, _ in messenger.calls}
    first: dict[str, float] = {}
    for event, _, delay in messenger.calls:
        first[event] = min(delay, first.get(event, delay))
    load_said = f"{subscribers:,} subscribers, {per_second:g} events a second"
    print(f"{load_said}, {len(judged):,} events judged, {len(got):,} alerts")
    own = [delay for event, chat, delay in messenger.calls if (event, chat) not in messenger.paced]
    samples = {
        f"unpaced ({len(own)})": own,
        f"first of an event ({len(first)})": list(first.values()),
        f"every one ({len(messenger.calls)})": [delay for *_, delay in messenger.calls],
    }
    for label, delays in samples.items():
        delays.sort()
        ranks = {p: delays[min(len(delays) - 1, int(len(delays) * p / 100))] for p in (50, 95, 99)} if delays else {}
        figures = "".join(f"  p{p} {ms:7.2f} ms" for p, ms in ranks.items())
        print(f"  event to send call, {label:<25}{figures}")
    same = got == expected
    print(f"  alerts equal those of every filter judged alone: {'yes' if same else 'NO'}")
    return 0 if same and got else 1


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--subscribers", type=int, default=1_000)
    options.add_argument("--rate", type=float, default=17.0)
    options.add_argument("--seconds", type=int, default=30)
    asked = options.parse_args()
    logs.configure(level="warning", json_lines=False)
    sys.exit(asyncio.run(measure(asked.subscribers, asked.rate, asked.seconds)))
