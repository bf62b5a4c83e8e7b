"""Every store of dedup records keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.testing.contracts.owed_alerts import OwedAlertsContract
from tokenfilter.testing.contracts.processed_tokens import ProcessedTokensContract


class TestMemory(ProcessedTokensContract, OwedAlertsContract):
    @pytest.fixture
    def journal(self):
        return MemoryJournal()

    @pytest.fixture
    def outbox(self, journal):
        return MemoryOutbox(journal=journal)

    @pytest.fixture
    def events(self):
        return MemoryEventStream()

    @pytest.fixture
    def tokens(self, outbox, journal, events):
        return MemoryProcessedTokens(outbox=outbox, journal=journal, events=events)


class TestRedis(ProcessedTokensContract, OwedAlertsContract):
    @pytest.fixture
    def outbox(self, redis_process):
        return redis_process.outbox

    @pytest.fixture
    def journal(self, redis_process):
        return redis_process.journal

    @pytest.fixture
    def events(self, redis_process):
        return redis_process.events

    @pytest.fixture
    def tokens(self, redis_process):
        return redis_process.tokens
