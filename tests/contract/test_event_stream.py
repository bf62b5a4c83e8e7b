"""Every event stream keeps the promises of its port."""

import pytest
from tests.redis_process import CAPACITY

from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.testing.contracts.event_stream import EventStreamContract


class TestMemory(EventStreamContract):
    @pytest.fixture
    def capacity(self):
        return 5

    @pytest.fixture
    def stream(self, capacity):
        return MemoryEventStream(capacity=capacity)

    @pytest.fixture
    def successor(self, stream):
        async def heir():
            await stream.redeliver()
            return stream

        return heir


class TestRedis(EventStreamContract):
    @pytest.fixture
    def capacity(self):
        return CAPACITY

    @pytest.fixture
    def stream(self, redis_process):
        return redis_process.events

    @pytest.fixture
    def successor(self, redis_successor):
        async def heir():
            return (await redis_successor()).events

        return heir
