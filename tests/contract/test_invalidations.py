"""Every way to tell other processes what is stale keeps the promises of its port."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tokenfilter.adapters.memory import invalidations
from tokenfilter.adapters.memory.invalidations import MemoryInvalidations
from tokenfilter.adapters.redis import invalidations as over_redis
from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.adapters.redis.invalidations import RedisInvalidations
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing.contracts import is_waiting, soon
from tokenfilter.testing.contracts.invalidations import ANNE, BERT, InvalidationsContract, news

pytest_plugins = ("tests.redis_user",)


async def mute(reader, writer):
    """A server whose connections fall silent as soon as they are subscribed."""
    subscribed = False
    while count := await reader.readline():
        said = [(await reader.readline(), await reader.readline())[1].strip() for _ in range(int(count[1:]))]
        if said[0] == b"SUBSCRIBE":
            writer.write(b"*3\r\n$9\r\nsubscribe\r\n$%d\r\n%s\r\n:1\r\n" % (len(said[1]), said[1]))
            subscribed = True
        elif not subscribed:
            writer.write(b"+PONG\r\n" if said[0] == b"PING" else b"+OK\r\n")
        await writer.drain()
    writer.close()


class TestMemory(InvalidationsContract):
    @pytest.fixture
    def here(self):
        return MemoryInvalidations()

    @pytest.fixture
    def there(self, here):
        return here

    @pytest.fixture
    async def listen(self):
        async with AsyncExitStack() as stack:

            async def listening(told):
                heard = told.heard()
                stack.push_async_callback(heard.aclose)
                return heard

            yield listening

    async def test_a_listener_who_is_too_slow_is_told_that_something_was_missed(self, here, listen, monkeypatch):
        monkeypatch.setattr(invalidations, "_KEPT_FOR_A_LISTENER", 10)
        slow = await listen(here)
        for _ in range(25):
            await here.tell(ANNE)
        heard = [await soon(anext(slow)) for _ in range(6)]
        assert heard == [None, *[ANNE] * 5]

    async def test_who_never_began_to_listen_costs_nothing(self, here):
        here.heard()
        await here.tell(ANNE)
        assert not len(here._listeners)


class TestRedis(InvalidationsContract):
    @pytest.fixture
    async def here(self, redis_user_url, redis_keys):
        connection = RedisConnection(redis_user_url)
        yield RedisInvalidations(connection, redis_keys)
        await connection.close()

    @pytest.fixture
    def there(self, redis_connection, redis_keys):
        return RedisInvalidations(redis_connection, redis_keys)

    @pytest.fixture
    async def listen(self):
        async with AsyncExitStack() as stack:

            async def listening(told):
                heard = told.heard()
                stack.push_async_callback(heard.aclose)
                assert await soon(anext(heard)) is None
                return heard

            yield listening

    async def test_a_listener_whose_connection_was_cut_is_told_that_something_was_missed(
        self, here, there, listen, redis_user
    ):
        heard = await listen(here)
        await there.tell(ANNE)
        assert await soon(anext(heard)) == ANNE
        await redis_user.cut()
        assert await soon(anext(heard)) is None
        await there.tell(BERT)
        assert await news(heard, 1) == [BERT]

    async def test_a_listener_waits_for_a_server_that_is_away_and_hears_when_it_is_back(
        self, here, there, listen, redis_user
    ):
        heard = await listen(here)
        await redis_user.refuse()
        waiting = asyncio.ensure_future(anext(heard))
        with pytest.raises(UnavailableError):
            await here.tell(ANNE)
        assert await is_waiting(waiting)
        await redis_user.admit()
        assert await soon(waiting) is None
        await there.tell(BERT)
        assert await news(heard, 1) == [BERT]

    async def test_a_server_that_says_nothing_more_is_given_up_and_subscribed_to_anew(self, redis_keys, monkeypatch):
        monkeypatch.setattr(over_redis, "_QUIET_FOR", 0.05)
        async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            connection = RedisConnection(f"redis://127.0.0.1:{port}")
            heard = RedisInvalidations(connection, redis_keys).heard()
            assert [await soon(anext(heard)) for _ in range(2)] == [None, None]
            await heard.aclose()
            await connection.close()
