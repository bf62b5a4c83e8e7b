"""What PostgreSQL and the way to it raise becomes a failure of a port, and nothing waits for ever."""

import asyncio
import gc
from functools import partial

import pytest
from sqlalchemy import BigInteger, bindparam, make_url, text
from tests.servers import connected

from tokenfilter.adapters.embedded import PostgresServer
from tokenfilter.adapters.postgres.engine import PostgresEngine, async_url
from tokenfilter.adapters.postgres.health_probe import PostgresHealthProbe
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.contracts.health_probe import HealthProbeContract

pytest_plugins = ("tests.postgres",)

SECRET = "s3cret"


@pytest.fixture
async def silent_server():
    """The URL of a server that takes connections and never says a word."""
    inside = []

    async def listen(reader, writer):
        inside.append(writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"postgresql://anne:{SECRET}@127.0.0.1:{port}/tokens?sslmode=disable"
    server.close()
    for writer in inside:
        writer.close()
    await server.wait_closed()


async def ask(engine, statement, **values):
    """One read."""
    return await engine.fetch(text(statement), values)


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("SELECT 1 / CAST(:it AS integer)", 0),
        ("SELECT CAST(:it AS text)", "\0"),
        ("SELECT CAST(:it AS text)", "\ud800"),
        ("SELECT CAST(:it AS bigint)", "many"),
        ("SELECT CAST(CAST(:it AS text) AS jsonb)", '"\\u0000"'),
        ("INSERT INTO calls VALUES (CAST(:it AS text), '@alpha', NULL)", "t"),
    ],
)
async def test_what_the_values_are_to_blame_for_is_refused(engine, statement, value):
    with pytest.raises(RefusedError, match="postgres: "):
        await ask(engine, statement, it=value)
    assert [tuple(row) for row in await ask(engine, "SELECT 1")] == [(1,)]


async def test_a_number_too_great_for_its_column_is_refused(engine):
    statement = text("SELECT :it").bindparams(bindparam("it", type_=BigInteger))
    with pytest.raises(RefusedError):
        await engine.fetch(statement, {"it": 2**63})


@pytest.mark.parametrize(
    "statement",
    ["SELECT nothing FROM nowhere", "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT pg_sleep(9)"],
)
async def test_what_may_be_otherwise_later_is_unavailable(database, statement):
    engine = PostgresEngine(database, command_timeout=0.5, statement_timeout_ms=100)
    with pytest.raises(UnavailableError) as failed:
        await ask(engine, statement)
    assert failed.value.acted is False
    assert await ask(engine, "SELECT 1")
    await engine.close()


async def test_the_server_itself_gives_up_a_statement_that_takes_too_long(database):
    engine = PostgresEngine(database, command_timeout=9, statement_timeout_ms=50)
    with pytest.raises(UnavailableError, match="QueryCanceledError"):
        await ask(engine, "SELECT pg_sleep(9)")
    await engine.close()


async def test_a_transaction_that_failed_left_nothing(engine):
    insert = text("INSERT INTO channel_stats VALUES (:channel, now(), '{}')")

    async def insert_twice():
        async with engine.transaction() as connection:
            for _ in range(2):
                await connection.execute(insert, {"channel": "@alpha"})

    with pytest.raises(RefusedError, match="channel_stats_pkey"):
        await insert_twice()
    assert await ask(engine, "SELECT * FROM channel_stats") == []


async def test_of_a_transaction_that_was_cut_nobody_knows_whether_it_happened(engine):
    with pytest.raises(UnavailableError) as failed:
        async with engine.transaction() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert failed.value.acted is None


async def test_a_server_that_says_nothing_is_unavailable_and_its_password_stays_secret(silent_server):
    engine = PostgresEngine(silent_server, command_timeout=0.1)
    for ask_it in (ask(engine, "SELECT 1"), PostgresHealthProbe(engine).probe()):
        with pytest.raises(UnavailableError) as failed:
            await ask_it
        told = repr(failed.value) + str(failed.value.__cause__)
        assert SECRET not in told
        assert "127.0.0.1" not in told
        assert failed.value.__suppress_context__
    await engine.close()


async def test_a_server_that_falls_silent_holds_nobody_up(ready_directory):
    server = PostgresServer(ready_directory)
    await server.start()
    asking, idle = (PostgresEngine(server.url, command_timeout=0.2) for _ in range(2))
    await asyncio.gather(*(ask(engine, "SELECT 1") for engine in (asking, idle) for _ in range(4)))
    await server.pause()
    with pytest.raises(UnavailableError):
        await soon(ask(asking, "SELECT 1"))
    await soon(asking.close())
    await soon(idle.close())
    await server.resume()
    assert await soon(ask(asking, "SELECT 1"))
    await asking.close()
    await server.kill()


async def test_no_more_connections_are_open_than_the_pool_may_have(database):
    engine = PostgresEngine(database, pool_min=1, pool_max=2, command_timeout=0.2)
    async with engine.transaction(), engine.transaction():
        with pytest.raises(UnavailableError):
            await ask(engine, "SELECT 1")
    assert await ask(engine, "SELECT 1")
    await engine.close()


async def test_nothing_is_opened_when_built_and_nothing_is_left_open_when_closed(database):
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    watcher, engine = PostgresEngine(database, pool_min=1, pool_max=1), PostgresEngine(database)
    assert (await ask(watcher, count))[0][0] == 0
    await asyncio.gather(*(ask(engine, "SELECT 1") for _ in range(9)))
    assert (await ask(watcher, count))[0][0] > 0
    await engine.close()
    gc.collect()
    await watcher.close()


async def test_reads_hold_no_transaction_open(engine):
    await ask(engine, "SELECT 1")
    idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    assert (await ask(engine, idle))[0][0] == 0


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_every_spelling_of_a_url_goes_to_asyncpg(scheme):
    url = async_url(f"{scheme}://anne:x@db/tokens?sslmode=require&host=%2Frun")
    assert (url.drivername, url.password, dict(url.query)) == (
        "postgresql+asyncpg",
        "x",
        {"ssl": "require", "host": "/run"},
    )


class TestHealthProbe(HealthProbeContract):
    @pytest.fixture
    async def engines(self, own_database):
        engines = [PostgresEngine(own_database) for _ in range(2)]
        yield engines
        for engine in engines:
            await engine.close()

    @pytest.fixture
    def probe(self, engines):
        return PostgresHealthProbe(engines[0])

    @pytest.fixture
    def sibling(self, engines):
        return PostgresHealthProbe(engines[1])

    @pytest.fixture
    def as_admin(self, postgres_url, own_database):
        async def act(*statements):
            name = make_url(own_database).database
            async with connected(postgres_url) as connection:
                for statement in statements:
                    await connection.execute(statement.format(name=name))

        return act

    @pytest.fixture
    def lose_state(self, as_admin):
        return partial(as_admin, "DROP DATABASE {name} WITH (FORCE)", "CREATE DATABASE {name} TEMPLATE template0")

    @pytest.fixture
    async def fall_silent(self, as_admin):
        out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        return partial(as_admin, "ALTER DATABASE {name} ALLOW_CONNECTIONS false", out)

    @pytest.fixture
    def speak_again(self, as_admin):
        return partial(as_admin, "ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    async def test_whoever_may_connect_may_ask(self, engine):
        async with engine.transaction() as connection:
            await connection.execute(text("SET LOCAL ROLE pg_read_all_stats"))
            found = await connection.execute(text("SELECT system_identifier FROM pg_control_system()"))
            assert found.scalar()


async def test_each_statement_is_told_by_its_first_word_with_its_seconds(database):
    told = []
    engine = PostgresEngine(database, told=lambda name, seconds: told.append((name, seconds)))
    await engine.fetch(text("SELECT 1"))
    await engine.close()
    assert "postgres.select" in {name for name, _ in told}
    assert all(seconds >= 0 for _, seconds in told)
