"""Every store of leases keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.leases import MemoryLeases
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.leases import RedisLeases
from tokenfilter.testing.contracts.leases import LeasesContract
from tokenfilter.testing.examples import NOON


class TestMemory(LeasesContract):
    @pytest.fixture
    def clock(self):
        return HandClock(NOON)

    @pytest.fixture
    def let_pass(self, clock):
        async def passing(span):
            clock.advance(span)

        return passing

    @pytest.fixture
    def leases(self, clock):
        return MemoryLeases(clock=clock)


class TestRedis(LeasesContract):
    @pytest.fixture
    def leases(self, redis_connection, redis_keys):
        return RedisLeases(redis_connection, redis_keys, Fences())

    @pytest.fixture
    def let_pass(self, redis_connection, redis_keys):
        """Redis' own time cannot be moved: what would have run out is let run out now."""

        async def passing(span):
            client = redis_connection.writes
            for key in [key async for key in client.scan_iter(f"{redis_keys.prefix}lease:*")]:
                left = await client.pttl(key)
                if left <= span.total_seconds() * 1_000:
                    await client.delete(key)

        return passing
