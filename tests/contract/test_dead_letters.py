"""Every store of dead letters keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.dead_letters import MemoryDeadLetters
from tokenfilter.testing.contracts.dead_letters import DeadLettersContract


class TestMemory(DeadLettersContract):
    @pytest.fixture
    def dead(self):
        return MemoryDeadLetters()


class TestRedis(DeadLettersContract):
    @pytest.fixture
    def dead(self, redis_process):
        return redis_process.dead
