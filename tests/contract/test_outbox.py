"""Every outbox keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.testing.contracts.outbox import OutboxContract


class TestMemory(OutboxContract):
    @pytest.fixture
    def journal(self):
        return MemoryJournal()

    @pytest.fixture
    def outbox(self, journal):
        return MemoryOutbox(journal=journal)

    @pytest.fixture
    def successor(self, outbox):
        async def heir():
            await outbox.redeliver()
            return outbox

        return heir


class TestRedis(OutboxContract):
    @pytest.fixture
    def outbox(self, redis_process):
        return redis_process.outbox

    @pytest.fixture
    def journal(self, redis_process):
        return redis_process.journal

    @pytest.fixture
    def successor(self, redis_successor):
        async def heir():
            return (await redis_successor()).outbox

        return heir
