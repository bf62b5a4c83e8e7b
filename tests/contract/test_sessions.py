"""Every store of half-finished input keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.sessions import MemorySessions
from tokenfilter.testing.contracts.sessions import SessionsContract


class TestMemory(SessionsContract):
    @pytest.fixture
    def sessions(self):
        return MemorySessions()
