"""Claims in one script an event beside one key a (token, subscriber): how many a second, and in how much memory.

`python benchmarks/claims.py` starts a private Valkey as the product does and writes both forms in turns: ours, which
queues the alerts and notes the event as well, and pipelined `SET NX EX` with the record's JSON (timestamp, status,
channels checked and when they called; ours keeps what was unknown, too). Every record is then read back from both and
compared; exit 1 where one differs. Memory counts what is remembered, accepted and refused, without alerts that wait.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from tokenfilter.adapters.embedded import ValkeyServer
from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.adapters.redis.dead_letters import RedisDeadLetters
from tokenfilter.adapters.redis.event_stream import RedisEventStream
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.leases import RedisLeases
from tokenfilter.adapters.redis.processed_tokens import RedisProcessedTokens
from tokenfilter.adapters.system.clock import SystemClock
from tokenfilter.domain.alerts import Alerts, alerts
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import Decision, Interval, decide
from tokenfilter.domain.dedup import ACCEPTED_FOR, REJECTED_FOR
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, Token
from tokenfilter.domain.plain.records import record_to_plain
from tokenfilter.domain.subscriber import Route
from tokenfilter.domain.wanting import Fetched, Wanting
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

WINNERS, REPEATS = 1_000, 11
MOST_WINNERS, LARGE_REPEATS = 10_000, 5
SUBSCRIBERS, MATCHING, TOKENS = 10_000, 78, 5
"""Of 10,000 subscribers 0.78 % want a token (reference workload of the matching benchmark)."""

MICROSECONDS = 1_000
SLOWEST = 10.0
"""Milliseconds that no call may take on the server."""

FIRST_CHAT = 10**9
SINCE = 1


@dataclass(frozen=True)
class Winning:
    """An index that has judged already: these routes match, and nobody changed anything since."""

    routes: Sequence[Route]

    def matches(
        self,
        evidence: Evidence,  # noqa: ARG002 - judged already
        *,
        fresh: frozenset[ChannelId] | None = None,  # noqa: ARG002
        only_always: bool = False,
        since: Interval | None = None,  # noqa: ARG002
    ) -> Wanting:
        """The routes, whatever the evidence."""
        return Fetched(() if only_always else self.routes)

    def since(self, destination: Destination) -> int:  # noqa: ARG002 - the same for everybody
        """When everybody changed last."""
        return SINCE


@dataclass(frozen=True)
class Event:
    """What both forms are given: a decision and its alerts, made beforehand."""

    decision: Decision
    alerts: Alerts

    @property
    def token(self) -> Token:
        """The token it is about."""
        return self.decision.evidence.event.token


def chat(number: int) -> Destination:
    """One subscriber's own chat."""
    return Destination(ChatId(FIRST_CHAT + number))


def an_event(number: int, winners: range) -> Event:
    """The first event of a token, called by five channels and wanted by these."""
    calls = [examples.call(f"@channel{n}", market_cap_usd="121000", fdv_usd="121000") for n in range(5)]
    said = examples.heard(
        f"e{number}",
        about=examples.token(number + 1),
        calls=calls,
        symbol="LAMB",
        mcap=164_197,
        liq=38_000,
        vol1h=92_000,
    )
    routes = [examples.route(FIRST_CHAT + n, "mcap >= 1") for n in winners]
    decision = decide(examples.stamped(said), TokenRecords(), {}, Winning(routes))
    return Event(decision, alerts(decision, now=NOON, useful_for=timedelta(minutes=10)))


def key_of(token: Token, to: Destination) -> str:
    """The required key of one record."""
    return f"processed_token:{token}:{to}"


def required(records: TokenRecords, to: Destination, at: datetime) -> str:
    """The required JSON of one record, without what was unknown: at its smallest."""
    plain = record_to_plain(records.record(to, since=SINCE, now=at))
    return json.dumps({name: value for name, value in plain.items() if name != "unknown"}, separators=(",", ":"))


class Bench:
    """Both forms on one server."""

    def __init__(self, url: str) -> None:
        self.connection = RedisConnection(url, deadline=10)
        self.client = self.connection.writes
        self.keys = Keys()
        fences = Fences()
        self.leases = RedisLeases(self.connection, self.keys, fences)
        dead = RedisDeadLetters(self.connection, self.keys)
        events = RedisEventStream(self.connection, self.keys, fences, dead=dead, clock=SystemClock())
        self.tokens = RedisProcessedTokens(self.connection, self.keys, fences, events=events)

    async def lead(self) -> None:
        """Lead every partition, on an empty server."""
        await self.client.flushall()
        for partition in range(self.keys.partitions):
            await self.leases.take(f"match:{partition}", "benchmark", lasts=timedelta(hours=1))

    async def settle(self, event: Event) -> float:
        """Seconds of our form."""
        begun = perf_counter()
        settled = await self.tokens.settle(event.decision, event.alerts)
        spent = perf_counter() - begun
        assert len(settled.queued) == len(event.alerts)
        return spent

    async def set_keys(self, token: Token, values: Mapping[Destination, str], lasts: timedelta) -> float:
        """Seconds of the required form."""
        begun = perf_counter()
        pipe = self.client.pipeline(transaction=False)
        for to, value in values.items():
            pipe.set(key_of(token, to), value, nx=True, ex=lasts)
        claimed = await pipe.execute()
        spent = perf_counter() - begun
        assert all(claimed)
        return spent

    async def used(self) -> int:
        """Bytes that the server's data take."""
        info = await self.client.info("memory")
        return int(info["used_memory"])

    async def slowest(self) -> float:
        """Milliseconds of the longest call since the last time it was asked."""
        found = await self.client.slowlog_get(1_000)
        await self.client.slowlog_reset()
        return max((call["duration"] for call in found), default=0) / MICROSECONDS

    async def differs(self, token: Token, chats: range) -> int:
        """How many records read from both forms are not the same."""
        records, wrong = await self.tokens.records(token), 0
        for first in range(chats.start, chats.stop, 1_000):
            some = [chat(n) for n in chats[first - chats.start :][:1_000]]
            kept = await self.client.mget([key_of(token, to) for to in some])
            wrong += sum(text != required(records, to, NOON) for to, text in zip(some, kept, strict=True))
        return wrong


async def speed(bench: Bench) -> tuple[float, float, int]:
    """Claims a second of both forms, in turns, and how many records differ."""
    await bench.lead()
    ours, theirs, wrong = [], [], 0
    for number in range(REPEATS):
        event = an_event(number, range(WINNERS))
        accepted = event.decision.records
        values = {chat(n): required(accepted, chat(n), NOON) for n in range(WINNERS)}
        ours.append(await bench.settle(event))
        theirs.append(await bench.set_keys(event.token, values, ACCEPTED_FOR))
        wrong += await bench.differs(event.token, range(WINNERS))
    return WINNERS / median(ours), WINNERS / median(theirs), wrong


async def large(bench: Bench) -> tuple[float, float]:
    """Claims a second where one event tells 10,000, and the longest call on the server in milliseconds.

    The server measures by the clock, so what else the machine does adds to it: the quietest repetition counts.
    """
    await bench.lead()
    await bench.client.config_set("slowlog-max-len", 1_000)
    await bench.client.config_set("slowlog-log-slower-than", 100)
    await bench.slowest()
    spent, longest = [], []
    for number in range(LARGE_REPEATS):
        spent.append(await bench.settle(an_event(number, range(MOST_WINNERS))))
        await bench.tokens.records(examples.token(number + 1))
        longest.append(await bench.slowest())
    return MOST_WINNERS / median(spent), min(longest)


async def memory(bench: Bench) -> tuple[float, float, int]:
    """Bytes a (token, subscriber) of both forms, refused ones included, and how many records differ."""
    await bench.lead()
    decided = [an_event(n, range(n, n + MATCHING)) for n in range(TOKENS)]
    before = await bench.used()
    for event in decided:
        await bench.settle(event)
    for pattern in ("outbox:*", "owed:*", "processed_token:*:owed", "left:*", "journal:*"):
        keys = [key async for key in bench.client.scan_iter(f"{bench.keys.prefix}{pattern}", count=1_000)]
        if keys:
            await bench.client.delete(*keys)
    ours = await bench.used() - before
    before = await bench.used()
    for event in decided:
        records = event.decision.records
        for wanted, lasts in ((True, ACCEPTED_FOR), (False, REJECTED_FOR)):
            chats = [chat(n) for n in range(SUBSCRIBERS) if (chat(n) in records.accepted) is wanted]
            await bench.set_keys(event.token, {to: required(records, to, NOON) for to in chats}, lasts)
    theirs = await bench.used() - before
    wrong = [await bench.differs(event.token, range(SUBSCRIBERS)) for event in decided]
    pairs = TOKENS * SUBSCRIBERS
    return ours / pairs, theirs / pairs, sum(wrong)


async def main() -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="tf-") as directory:
        server = ValkeyServer(Path(directory))
        await server.start()
        bench = Bench(server.url)
        try:
            ours, theirs, wrong = await speed(bench)
            many, longest = await large(bench)
            bytes_ours, bytes_theirs, wrong_in_memory = await memory(bench)
        finally:
            await bench.connection.close()
            await server.kill()
    print("| | ours | one JSON key each | ratio |")
    print("|---|---|---|---|")
    print(f"| claims a second, {WINNERS:,} at once | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |")
    print(f"| the same, {MOST_WINNERS:,} at once | {many:,.0f} | | {many / theirs:.1f} |")
    print(f"| longest call on the server then, ms (at most {SLOWEST:g}) | {longest:.1f} | | |")
    print(
        f"| bytes a (token, subscriber), {SUBSCRIBERS:,} subscribers, {MATCHING} told | {bytes_ours:.2f} |"
        f" {bytes_theirs:.0f} | {bytes_theirs / bytes_ours:.0f} |"
    )
    print(f"| records that differ | {wrong + wrong_in_memory} | | |")
    return 1 if wrong + wrong_in_memory else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
