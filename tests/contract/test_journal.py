"""Every journal keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.testing.contracts.journal import JournalContract


class TestMemory(JournalContract):
    @pytest.fixture
    def journal(self):
        return MemoryJournal()

    @pytest.fixture
    def successor(self, journal):
        async def heir():
            await journal.redeliver()
            return journal

        return heir


class TestRedis(JournalContract):
    @pytest.fixture
    def journal(self, redis_process):
        return redis_process.journal

    @pytest.fixture
    def successor(self, redis_successor):
        async def heir():
            return (await redis_successor()).journal

        return heir
