"""Every send budget keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.send_budget import MemorySendBudget
from tokenfilter.testing.contracts.send_budget import SendBudgetContract


class TestMemory(SendBudgetContract):
    @pytest.fixture
    def budget(self):
        return MemorySendBudget()
