"""Every store of subscribers keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.testing.contracts.subscribers import SubscribersContract


class TestMemory(SubscribersContract):
    @pytest.fixture
    def store(self):
        return MemorySubscribers()
