"""Every filter index keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.filter_index import MemoryFilterIndex
from tokenfilter.testing.contracts.filter_index import FilterIndexContract


class TestMemory(FilterIndexContract):
    @pytest.fixture
    def new_index(self):
        return MemoryFilterIndex
