"""A database with our tables, made once in a test process: emptied after each test, or copied for who alters it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.engine import make_url
from tests.servers import connected, new_database

from tokenfilter.adapters.postgres.engine import PostgresEngine
from tokenfilter.adapters.postgres.migrate import migrate
from tokenfilter.adapters.postgres.tables_money import metadata

_EMPTY = ";".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))


@pytest.fixture(scope="session")
def migrated_database(postgres_url: str) -> Iterator[str]:
    """The URL of the database that the fixtures below give or copy."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        made = new_database(postgres_url)
        url = runner.run(made.__aenter__())
        runner.run(migrate(url))
        yield url
        runner.run(made.__aexit__(None, None, None))


@pytest.fixture
async def database(migrated_database: str) -> AsyncIterator[str]:
    """The URL of a database with our tables and nothing in them; change rows only."""
    yield migrated_database
    async with connected(migrated_database) as connection:
        await connection.execute(_EMPTY)


@pytest.fixture
async def own_database(postgres_url: str, migrated_database: str) -> AsyncIterator[str]:
    """The URL of another one, of this test alone: change what you like. It costs half a second."""
    async with new_database(postgres_url, template=str(make_url(migrated_database).database)) as url:
        yield url


@pytest.fixture
async def engine(database: str) -> AsyncIterator[PostgresEngine]:
    """A pool of connections to `database`."""
    engine = PostgresEngine(database)
    yield engine
    await engine.close()
