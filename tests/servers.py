"""Real servers for the tests that ask for them: one of each in a test process, started at first use.

TOKENFILTER_TEST_REDIS_URL and TOKENFILTER_TEST_POSTGRES_URL name others instead. What these servers do is the embedded
adapter's affair; a test that stops or kills one makes its own below `new_directory`.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from tokenfilter.adapters.embedded import PostgresServer, ValkeyServer

_REAPER = """cat
for file in "$0"/*/valkey.pid "$0"/*/postmaster.pid "$0"/*/*/valkey.pid "$0"/*/*/postmaster.pid; do
    if [ -f "$file" ]; then kill -9 "$(head -n 1 "$file")"; fi
done
rm -rf "$0"
"""
"""Waits for the end of its input, which comes when the test process ends in whatever way, and tidies up after it."""

_DEADLINE = 20


@contextmanager
def guarded_directory() -> Iterator[Path]:
    """A directory for servers, with a short path for their sockets; no server in it outlives this process."""
    directory = Path(tempfile.mkdtemp(prefix="tf-"))
    command = ["/bin/sh", "-c", _REAPER, directory]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True) as reaper:
        yield directory
        shutil.rmtree(directory)
        reaper.communicate(timeout=_DEADLINE)


@pytest.fixture(scope="session")
def _session_directory() -> Iterator[Path]:
    with guarded_directory() as directory:
        yield directory


@pytest.fixture
def new_directory() -> Iterator[Path]:
    """A directory for a test's own servers; what still runs there afterwards fails the test."""
    with guarded_directory() as directory:
        yield directory
        left = [server.name for server in (ValkeyServer(directory), PostgresServer(directory)) if server.is_alive]
        assert left == []


@pytest.fixture(scope="session")
def _made_before() -> Iterator[Path]:
    with guarded_directory() as directory:
        yield directory


@pytest.fixture
def ready_directory(_made_before: Path) -> Iterator[Path]:
    """As `new_directory`, but its PostgreSQL is there already and empty: one test after another has it."""
    for path in _made_before.iterdir():
        if path.is_dir() and path.name != "postgres":
            shutil.rmtree(path)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(_emptied(_made_before))
        yield _made_before
        left = [server for server in (ValkeyServer(_made_before), PostgresServer(_made_before)) if server.is_alive]
        for server in left:
            runner.run(server.kill())
    assert [server.name for server in left] == []


@pytest.fixture(scope="session")
def valkey_url(_session_directory: Path) -> Iterator[str]:
    """A real Valkey. It is shared: keep to keys that start with `key_prefix`, and never flush it."""
    if given := os.environ.get("TOKENFILTER_TEST_REDIS_URL"):
        yield given
        return
    server = ValkeyServer(_session_directory)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(server.start())
        yield server.url
        runner.run(server.kill())


@pytest.fixture
def key_prefix() -> str:
    """What no other test's keys start with."""
    return f"test-{uuid4().hex[:12]}:"


@pytest.fixture(scope="session")
def postgres_url(_session_directory: Path) -> Iterator[str]:
    """A real PostgreSQL, in the form SQLAlchemy takes. It is shared: work in a `fresh_database`."""
    if given := os.environ.get("TOKENFILTER_TEST_POSTGRES_URL"):
        yield given
        return
    server = PostgresServer(_session_directory)
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(server.start())
        runner.run(_hurried(server.url))
        yield server.url
        runner.run(server.kill())


@pytest.fixture
async def fresh_database(postgres_url: str) -> AsyncIterator[str]:
    """The URL of an empty database of this test alone; a connection left open afterwards fails the test."""
    async with new_database(postgres_url) as url:
        yield url


@asynccontextmanager
async def new_database(server_url: str, *, template: str = "template0") -> AsyncIterator[str]:
    """A new database on a server, copied from `template` (to which nobody may be connected), dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    async with connected(server_url) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            await _dropped(connection, name)


@asynccontextmanager
async def connected(url: str, *, database: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    """A plain connection to what an SQLAlchemy URL names, or to another database there."""
    parts = make_url(url)
    connection = await asyncpg.connect(
        host=parts.query.get("host", parts.host),
        port=parts.port or 5432,
        user=parts.username,
        password=parts.password,
        database=database or parts.database,
        timeout=_DEADLINE,
        command_timeout=_DEADLINE,
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=_DEADLINE)


async def _dropped(connection: asyncpg.Connection, name: str) -> None:
    """The server itself waits 5 s for connections to end."""
    try:
        await connection.execute(f"DROP DATABASE {name}")
    except asyncpg.ObjectInUseError:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        raise AssertionError("a connection to the database was left open") from None


async def _emptied(directory: Path) -> None:
    server = PostgresServer(directory)
    await server.start()
    try:
        async with connected(server.url, database="template1") as connection:
            await connection.execute("DROP DATABASE tokenfilter")
            await connection.execute("CREATE DATABASE tokenfilter TEMPLATE template0")
    finally:
        await server.stop()


async def _hurried(url: str) -> None:
    """Nothing of a test need survive the machine."""
    async with connected(url) as connection:
        for setting in ("fsync", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {setting} = off")
        await connection.execute("SELECT pg_reload_conf()")
