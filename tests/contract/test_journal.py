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
