"""Processes at the real Redis: each has its own connection and adapters, and leads what it takes."""

from datetime import timedelta

import pytest

from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.adapters.redis.dead_letters import RedisDeadLetters
from tokenfilter.adapters.redis.event_stream import RedisEventStream
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.journal import RedisJournal
from tokenfilter.adapters.redis.keys import MONEY, SETTINGS, Keys
from tokenfilter.adapters.redis.leases import RedisLeases
from tokenfilter.adapters.redis.outbox import RedisOutbox
from tokenfilter.adapters.redis.processed_tokens import RedisProcessedTokens
from tokenfilter.adapters.system.clock import SystemClock

PARTITIONS = 3
CAPACITY = 5
_LASTS = timedelta(minutes=5)


class RedisProcess:
    """The adapters of one process; `leads` everything from when it takes the leases on."""

    def __init__(self, connection, keys, name, *, capacity=CAPACITY):
        self.connection = connection
        self.keys = keys
        self.name = name
        self.fences = Fences()
        self.leases = RedisLeases(connection, keys, self.fences)
        self.dead = RedisDeadLetters(connection, keys)
        outward = {"dead": self.dead, "clock": SystemClock()}
        self.events = RedisEventStream(connection, keys, self.fences, capacity=capacity, **outward)
        self.journal = RedisJournal(connection, keys, self.fences, **outward)
        self.outbox = RedisOutbox(connection, keys, self.fences, **outward)
        self.tokens = RedisProcessedTokens(connection, keys, self.fences, events=self.events)

    async def lead(self):
        """Take every lease; whoever held them is not told."""
        for key in await self.stored("lease:*"):
            await self.connection.writes.delete(key)
        names = [f"{role}:{p}" for role in ("match", "deliver", "relay") for p in range(self.keys.partitions)]
        for name in (*names, f"relay:{SETTINGS}", f"relay:{MONEY}"):
            assert await self.leases.take(name, self.name, lasts=_LASTS)

    async def stored(self, pattern="*"):
        """The keys that there are."""
        return sorted([key async for key in self.connection.reads.scan_iter(f"{self.keys.prefix}{pattern}")])

    async def pending(self):
        """How many entries were given to somebody and are not acknowledged, deleted ones included."""
        count, client = 0, self.connection.reads
        for key in await self.stored():
            if await client.type(key) == "stream":
                count += sum([group["pending"] for group in await client.xinfo_groups(key)])
        return count

    async def empty(self):
        """Redis loses everything, as far as we are concerned."""
        if stored := await self.stored():
            await self.connection.writes.delete(*stored)


@pytest.fixture
async def redis_connection(valkey_url):
    connection = RedisConnection(valkey_url)
    yield connection
    await connection.close()


@pytest.fixture
def redis_keys(key_prefix):
    return Keys(key_prefix, partitions=PARTITIONS)


@pytest.fixture
async def redis_process(redis_connection, redis_keys):
    """A process that leads everything."""
    process = RedisProcess(redis_connection, redis_keys, "first")
    await process.lead()
    return process


@pytest.fixture
def redis_successor(valkey_url, redis_keys, redis_process):
    """Lets another process lead everything instead."""

    async def succeed():
        heir = RedisProcess(redis_process.connection, redis_keys, "next")
        await heir.lead()
        return heir

    return succeed


@pytest.fixture
def redis_fences(redis_process):
    return redis_process.fences


@pytest.fixture
def redis_dead(redis_process):
    return redis_process.dead
