"""Every store of dedup records keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.testing.contracts.processed_tokens import ProcessedTokensContract


class TestMemory(ProcessedTokensContract):
    @pytest.fixture
    def outbox(self):
        return MemoryOutbox()

    @pytest.fixture
    def journal(self):
        return MemoryJournal()

    @pytest.fixture
    def tokens(self, outbox, journal):
        return MemoryProcessedTokens(outbox=outbox, journal=journal)
