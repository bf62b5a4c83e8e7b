"""The proxy fails as its modes say, seen through a real client of a real server."""

import asyncio

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as DisconnectedError
from redis.exceptions import TimeoutError as SilentError
from tests.faults.tcp_proxy import Cut, Delay, DropReply, HalfOpen, Pass, Refuse, TcpProxy
from tests.servers import connected

SOON = 0.2


@pytest.fixture
async def proxy(valkey_url):
    async with TcpProxy(valkey_url) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy):
    """Never repeats anything by itself, and waits for a reply for a short time only."""
    async with Redis.from_url(proxy.url, retry=Retry(NoBackoff(), 0), socket_timeout=SOON) as client:
        await client.ping()
        yield client


@pytest.fixture
async def direct(valkey_url):
    async with Redis.from_url(valkey_url) as direct:
        yield direct


async def test_what_passes_is_what_the_server_says(client, direct, key_prefix):
    large = b"x" * 1_000_000
    await client.set(f"{key_prefix}a", large)
    assert await direct.get(f"{key_prefix}a") == await client.get(f"{key_prefix}a") == large


async def test_while_it_refuses_nobody_listens_and_afterwards_the_same_port_answers(proxy, client):
    proxy.mode = Refuse()
    with pytest.raises(DisconnectedError):
        await client.ping()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", proxy.port)
    proxy.mode = Pass()
    assert await client.ping()


async def test_a_half_open_connection_is_silent_and_what_was_sent_arrives_later(proxy, client, direct, key_prefix):
    proxy.mode = HalfOpen()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    with pytest.raises(SilentError):
        await client.rpush(f"{key_prefix}a", 1)
    assert await direct.exists(f"{key_prefix}a") == 0
    secret = direct.connection_pool.connection_kwargs["password"].encode()
    writer.write(b"AUTH %s\r\nRPUSH %sb 1\r\n" % (secret, key_prefix.encode()))
    proxy.mode = Pass()
    assert [await reader.readline(), await reader.readline()] == [b"+OK\r\n", b":1\r\n"]
    writer.close()
    await writer.wait_closed()


async def test_a_delayed_reply_misses_its_deadline_though_the_server_acted(proxy, client, direct, key_prefix):
    proxy.mode = Delay(60)
    with pytest.raises(SilentError):
        await client.set(f"{key_prefix}a", 1)
    assert await direct.get(f"{key_prefix}a") == b"1"
    proxy.mode = Pass()
    assert await client.get(f"{key_prefix}a") == b"1"


async def test_the_reply_that_is_dropped_is_that_of_the_request_named_and_only_once(proxy, client, direct, key_prefix):
    proxy.mode = DropReply(containing=b"INCR")
    await client.set(f"{key_prefix}a", 0)
    with pytest.raises(DisconnectedError):
        await client.incr(f"{key_prefix}a")
    assert proxy.mode == Pass()
    assert await direct.get(f"{key_prefix}a") == b"1"
    assert await client.incr(f"{key_prefix}a") == 2


async def test_a_request_that_is_cut_short_is_not_carried_out(proxy, client, direct, key_prefix):
    proxy.mode = Cut(after=20)
    with pytest.raises(DisconnectedError):
        await client.set(f"{key_prefix}a", "x" * 100)
    assert await direct.exists(f"{key_prefix}a") == 0


async def test_a_reply_that_is_cut_short_is_of_a_request_carried_out(proxy, client, direct, key_prefix):
    value = "x" * 1_000
    await direct.set(f"{key_prefix}a", value)
    proxy.mode = Cut(after=500)
    with pytest.raises(DisconnectedError):
        await client.getdel(f"{key_prefix}a")
    assert await direct.exists(f"{key_prefix}a") == 0


async def test_cutting_ends_open_connections_and_lets_new_ones_in(proxy, client):
    before = proxy.accepted
    proxy.cut()
    with pytest.raises(DisconnectedError):
        await client.ping()
    assert await client.ping()
    assert proxy.accepted == before + 1


async def test_postgresql_too_is_reached_through_it(postgres_url):
    async with TcpProxy(postgres_url) as proxy, connected(proxy.url) as connection:
        assert await connection.fetchval("SELECT 1") == 1
        proxy.mode = DropReply(containing=b"SELECT 2")
        with pytest.raises((asyncpg.PostgresError, ConnectionError)):
            await connection.fetchval("SELECT 2")
