"""Every history keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.testing.contracts.history import HistoryContract


class TestMemory(HistoryContract):
    @pytest.fixture
    def history(self):
        return MemoryHistory()
