"""The private servers start, keep what they were told, survive their program, and belong to one program at a time."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.servers import connected

from tokenfilter.adapters.embedded import (
    DirectoryInUseError,
    EmbeddedServers,
    PostgresServer,
    ServerFailedError,
    ValkeyServer,
)

ELSEWHERE = "postgresql+asyncpg://somewhere/else"
PATIENCE = 30

HOLDER = """
import asyncio, pathlib, sys
from tokenfilter.adapters.embedded import EmbeddedServers

async def hold():
    servers = EmbeddedServers(pathlib.Path(sys.argv[1]))
    await servers.open()
    if sys.argv[2] == "paused":
        await servers.valkey.pause()
        await servers.postgres.pause()
    print("open", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold())
"""


@pytest.fixture(params=[ValkeyServer, PostgresServer])
def kind(request):
    """Each of the two."""
    return request.param


@pytest.fixture
def directory(request, kind):
    """Where one of that kind starts quickly."""
    return request.getfixturevalue("ready_directory" if kind is PostgresServer else "new_directory")


@pytest.fixture
def server(directory, kind):
    """One of that kind, not started."""
    return kind(directory)


@asynccontextmanager
async def redis(url):
    async with Redis.from_url(url, socket_timeout=PATIENCE) as client:
        yield client


async def note(url, word):
    """Have a server keep a word."""
    if url.startswith("postgresql"):
        async with connected(url) as connection:
            await connection.execute("CREATE TABLE words (word text)")
            await connection.execute("INSERT INTO words VALUES ($1)", word)
    else:
        async with redis(url) as client:
            await client.set("word", word)


async def noted(url):
    """The word a server kept, None if it knows of none."""
    if url.startswith("postgresql"):
        async with connected(url) as connection:
            if await connection.fetchval("SELECT to_regclass('words')") is None:
                return None
            return await connection.fetchval("SELECT word FROM words")
    async with redis(url) as client:
        word = await client.get("word")
        return word and word.decode()


async def started_at(servers):
    """What differs after a restart of either."""
    async with redis(servers.valkey.url) as client, connected(servers.postgres.url) as connection:
        return (await client.info("server"))["run_id"], await connection.fetchval("SELECT pg_postmaster_start_time()")


async def kill_a_holder(directory, *, state="serving"):
    """Have another program open the directory, and kill it there."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, directory, state, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        assert await child.stdout.readline() == b"open\n"
    child.kill()
    await child.wait()


def move(source, target):
    """Move what is in a directory."""
    everything = list(source.iterdir())
    target.mkdir(exist_ok=True)
    for path in everything:
        path.rename(target / path.name)
    return target


def append_only_file(directory):
    """Where Valkey's last writes are."""
    (found,) = (directory / "valkey" / "appendonlydir").glob("*.incr.aof")
    return found


async def test_the_ordinary_clients_reach_both_and_their_data_are_there_after_a_stop(ready_directory):
    async with EmbeddedServers(ready_directory) as servers:
        await note(servers.valkey.url, "kept")
        await note(servers.postgres.url, "kept")
    assert not servers.valkey.is_alive
    assert not servers.postgres.is_alive
    async with EmbeddedServers(ready_directory) as servers:
        assert not servers.valkey.was_adopted
        engine = create_async_engine(servers.urls.postgres_url)
        async with engine.connect() as connection:
            told = await connection.execute(text("SELECT word, current_database(), getdatabaseencoding() FROM words"))
            assert told.one() == ("kept", "tokenfilter", "UTF8")
        await engine.dispose()
        async with redis(servers.urls.redis_url) as client:
            assert await client.get("word") == b"kept"


async def test_valkey_keeps_an_append_only_file_evicts_nothing_and_opens_no_port(new_directory):
    server = ValkeyServer(new_directory)
    await server.start()
    async with redis(server.url) as client:
        told = await client.config_get("appendonly", "appendfsync", "maxmemory-policy", "save", "port")
        assert told == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
            "port": "0",
        }
        await client.config_set("appendonly", "no")
    with pytest.raises(ServerFailedError, match="'appendonly': 'no'"):
        await server.start()
    assert not server.is_alive


@pytest.mark.parametrize("state", ["serving", "paused"])
async def test_servers_that_outlived_a_killed_program_are_taken_over(ready_directory, state):
    async with EmbeddedServers(ready_directory) as before:
        await note(before.valkey.url, "kept")
        await note(before.postgres.url, "kept")
    await kill_a_holder(ready_directory, state=state)
    async with EmbeddedServers(ready_directory) as servers:
        assert servers.valkey.was_adopted
        assert servers.postgres.was_adopted
        assert [await noted(servers.valkey.url), await noted(servers.postgres.url)] == ["kept", "kept"]
    assert not servers.valkey.is_alive
    assert not servers.postgres.is_alive


async def test_servers_killed_with_their_program_recover_though_their_numbers_are_somebody_elses_now(ready_directory):
    servers = EmbeddedServers(ready_directory)
    await servers.open()
    await note(servers.valkey.url, "kept")
    await note(servers.postgres.url, "kept")
    before = await started_at(servers)
    await asyncio.gather(servers.valkey.kill(), servers.postgres.kill())
    for stale in (ready_directory / "valkey" / "valkey.pid", ready_directory / "postgres" / "postmaster.pid"):
        lines = stale.read_text().splitlines()
        stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not servers.valkey.is_alive
    await asyncio.gather(servers.valkey.start(), servers.postgres.start())
    assert [await noted(servers.valkey.url), await noted(servers.postgres.url)] == ["kept", "kept"]
    assert not set(before) & set(await started_at(servers))
    await servers.close()


async def test_a_directory_in_use_is_refused_by_the_name_of_who_uses_it_until_that_ends(new_directory):
    async with EmbeddedServers(new_directory, postgres_url=ELSEWHERE) as first:
        await note(first.valkey.url, "mine")
        second = EmbeddedServers(new_directory, postgres_url=ELSEWHERE)
        with pytest.raises(DirectoryInUseError, match=f"process {os.getpid()}.*another directory"):
            await second.open()
        assert await noted(first.valkey.url) == "mine"
    async with second:
        assert await noted(second.valkey.url) == "mine"
        assert second.urls.postgres_url == ELSEWHERE


async def test_nothing_is_started_or_made_for_stores_that_are_elsewhere(new_directory):
    async with EmbeddedServers(new_directory, redis_url="redis://a", postgres_url=ELSEWHERE) as servers:
        assert servers.urls.redis_url == "redis://a"
    assert list(new_directory.iterdir()) == []


async def test_a_restart_keeps_data_and_address_and_a_wipe_the_address_alone(server):
    await server.start()
    url = server.url
    await note(server.url, "kept")
    await server.restart()
    assert await noted(server.url) == "kept"
    await server.kill()
    assert not server.is_alive
    await server.restart()
    assert await noted(server.url) == "kept"
    await server.restart(wipe=True)
    assert await noted(server.url) is None
    assert server.url == url
    await server.stop()


async def test_a_paused_server_lives_and_answers_once_it_goes_on(server):
    await server.start()
    await note(server.url, "kept")
    await server.pause()
    asked = asyncio.create_task(noted(server.url))
    done, _ = await asyncio.wait([asked], timeout=0.2)
    assert not done
    assert server.is_alive
    await server.resume()
    assert await asked == "kept"
    await server.pause()
    await server.stop()


async def test_where_a_sockets_path_would_be_too_long_a_loopback_port_asks_for_the_password(directory, kind):
    server = kind(move(directory, directory / ("long" * 25)))
    await server.start()
    url = server.url
    await note(url, "kept")
    assert "@127.0.0.1:" in url
    with pytest.raises((AuthenticationError, asyncpg.InvalidPasswordError)):
        await noted(url.replace(make_url(url).password, "guessed"))
    await server.restart()
    assert server.url == url
    assert await noted(url) == "kept"
    await server.stop()
    move(directory / ("long" * 25), directory)


async def test_an_append_only_file_that_ends_in_the_middle_of_a_write_is_read_up_to_there(new_directory):
    server = ValkeyServer(new_directory)
    await server.start()
    await note(server.url, "kept")
    await server.kill()
    written = append_only_file(new_directory)
    written.write_bytes(written.read_bytes() + b"*3\r\n$3\r\nSET\r\n$4\r\nwo")
    await server.start()
    assert await noted(server.url) == "kept"
    await server.stop()


async def test_a_server_that_cannot_start_is_told_with_the_end_of_its_log(new_directory):
    server = ValkeyServer(new_directory)
    await server.start()
    await note(server.url, "kept")
    await server.stop()
    written = append_only_file(new_directory)
    written.write_bytes(b"nonsense\r\n" + written.read_bytes())
    with pytest.raises(ServerFailedError, match=r"(?s)Valkey ended while it was starting.*Bad file format"):
        await server.start()
    assert not server.is_alive


async def test_a_start_that_is_cancelled_leaves_no_server_and_the_directory_free(ready_directory):
    servers = EmbeddedServers(ready_directory)
    opening = asyncio.create_task(servers.open())
    async with asyncio.timeout(PATIENCE):
        while not servers.postgres.is_alive:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not servers.valkey.is_alive
    assert not servers.postgres.is_alive
    async with EmbeddedServers(ready_directory) as servers:
        assert await noted(servers.postgres.url) is None
