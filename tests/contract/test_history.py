"""Every history keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.testing.contracts.history import HistoryContract

pytest_plugins = ("tests.postgres",)


class TestMemory(HistoryContract):
    @pytest.fixture
    def history(self):
        return MemoryHistory()


class TestPostgres(HistoryContract):
    @pytest.fixture
    def history(self, engine):
        return PostgresHistory(engine)
