"""Every messenger keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.testing.contracts.messenger import MessengerContract


class TestMemory(MessengerContract):
    @pytest.fixture
    def messenger(self):
        return MemoryMessenger()

    @pytest.fixture
    def fail(self, messenger):
        return messenger.fail

    @pytest.fixture
    def arrived(self, messenger):
        async def count(chat):
            return sum(n.destination.chat == chat for n in messenger.sent)

        return count
