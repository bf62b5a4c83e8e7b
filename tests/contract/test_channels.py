"""Every store of channels' statistics keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.channels import MemoryChannels
from tokenfilter.testing.contracts.channels import ChannelsContract


class TestMemory(ChannelsContract):
    @pytest.fixture
    def channels(self):
        return MemoryChannels()
