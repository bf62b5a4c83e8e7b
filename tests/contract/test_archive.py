"""Every archive keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.postgres.archive import PostgresArchive
from tokenfilter.adapters.postgres.history import PostgresHistory
from tokenfilter.testing.contracts.archive import ArchiveContract

pytest_plugins = ("tests.postgres",)


class TestMemory(ArchiveContract):
    @pytest.fixture
    def history(self):
        return MemoryHistory()

    @pytest.fixture
    def archive(self, history):
        return MemoryArchive(history)


class TestPostgres(ArchiveContract):
    @pytest.fixture
    def history(self, engine):
        return PostgresHistory(engine)

    @pytest.fixture
    def archive(self, engine):
        return PostgresArchive(engine)
