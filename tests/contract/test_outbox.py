"""Every outbox keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.testing.contracts.outbox import OutboxContract


class TestMemory(OutboxContract):
    @pytest.fixture
    def outbox(self):
        return MemoryOutbox()

    @pytest.fixture
    def successor(self, outbox):
        async def heir():
            await outbox.redeliver()
            return outbox

        return heir
