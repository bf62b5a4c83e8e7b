"""A Telegram and a PostgreSQL a test process, everything else of each test's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.engine import make_url
from tests.faults.programs import Program
from tests.faults.scene import Scene
from tests.faults.telegram import Telegram, begun
from tests.servers import connected, guarded_directory

from tokenfilter.adapters.embedded import PostgresServer, ValkeyServer
from tokenfilter.adapters.postgres.migrate import migrate
from tokenfilter.adapters.postgres.partitions import DAYS_BACK, keep_partitions

_TEMPLATE = "ours"


@pytest.fixture(scope="session")
def fault_directory() -> Iterator[Path]:
    with guarded_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def telegram_begun(fault_directory: Path) -> Iterator[Program]:
    """It starts while PostgreSQL does."""
    program = begun(fault_directory / "telegram")
    yield program
    program.tidy()


@pytest.fixture(scope="session")
def postgres(fault_directory: Path, telegram_begun: Program) -> Iterator[PostgresServer]:
    """It is shared, one test at a time has it: each may end it in any way and leaves it running."""
    server = PostgresServer(fault_directory)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(server.start())
        yield server
        runner.run(server.kill())


@pytest.fixture(scope="session")
def telegram(telegram_begun: Program, postgres: PostgresServer) -> Iterator[Telegram]:
    """It is shared: what a test pushes is about tokens of its own."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(telegram_begun.ready())
    opened = Telegram(telegram_begun)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def template(postgres: PostgresServer) -> str:
    """The name of a database with our tables, those of these days too, and nothing in them."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        url = runner.run(_created(postgres.url, _TEMPLATE))
        runner.run(migrate(url))
        runner.run(keep_partitions(url, now=datetime.now(tz=UTC), retention_days=DAYS_BACK))
    return _TEMPLATE


@pytest.fixture
async def scene(
    fault_directory: Path, telegram: Telegram, postgres: PostgresServer, template: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    """Stores of this test alone, and nobody in them; what still runs afterwards is ended."""
    name = f"test_{uuid4().hex[:12]}"
    valkey, database = ValkeyServer(fault_directory / "redis"), await _created(postgres.url, name, like=template)
    await valkey.restart(wipe=True)
    telegram.forget_updates()
    played = Scene(folder=tmp_path, valkey=valkey, database=database, telegram=telegram)
    try:
        yield played
    finally:
        played.tidy()
        await valkey.kill()
        await postgres.start()
        async with connected(postgres.url) as connection:
            await connection.execute(f"DROP DATABASE {name}")


async def _created(server_url: str, name: str, *, like: str = "template0") -> str:
    """A new database, by its URL; nothing of a test need survive the machine."""
    async with connected(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)
