"""What may leave the Redis adapters when something is wrong with Redis."""
# ruff: noqa: F811 - fixtures are imported

from types import SimpleNamespace

import pytest
from redis.exceptions import ResponseError
from tests.faults.tcp_proxy import HalfOpen, Refuse, TcpProxy
from tests.redis_process import redis_connection, redis_keys  # noqa: F401

from tokenfilter.adapters.redis.connection import RedisConnection, entries, translated
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError
from tokenfilter.testing.contracts import soon


def answering(reply):
    """A script that answers with an error."""
    source = f"return redis.error_reply('{reply}')"
    return SimpleNamespace(name="x", source=source, sha="0" * 40)


@pytest.mark.parametrize("word", ["LOADING", "READONLY", "OOM", "MISCONF", "NOAUTH", "CLUSTERDOWN", "MASTERDOWN"])
async def test_a_server_that_refuses_is_unavailable_has_done_nothing_and_says_why(redis_connection, word):
    with pytest.raises(UnavailableError, match=word) as failure:
        await redis_connection.run(answering(f"{word} because of that"), ["k"], [])
    assert failure.value.acted is False


async def test_another_error_says_not_whether_anything_was_done(redis_connection):
    with pytest.raises(UnavailableError, match="WRONGTYPE") as failure:
        await redis_connection.run(answering("WRONGTYPE of that"), ["k"], [])
    assert failure.value.acted is None


async def test_a_script_that_answers_that_another_leads_is_stale(redis_connection):
    with pytest.raises(StaleOwnerError, match="another leads"):
        await redis_connection.run(answering("STALE another leads"), ["k"], [])


async def test_what_one_asks_of_the_wrong_kind_of_key_is_a_failure_of_the_port(redis_connection, redis_keys):
    await redis_connection.writes.set(redis_keys.session(1), "x")
    with pytest.raises(UnavailableError), translated():
        await redis_connection.reads.hgetall(redis_keys.session(1))
    await redis_connection.writes.delete(redis_keys.session(1))


async def test_no_message_names_the_password_or_the_host(valkey_url, redis_connection, key_prefix):
    async with TcpProxy(valkey_url) as proxy:
        proxy.mode = Refuse()
        for url in (
            f"redis://user:s3cret@127.0.0.1:{proxy.port}/0",
            "unix:///nowhere/s3cret.sock?password=s3cret",
        ):
            connection = RedisConnection(url)
            for client in (connection.reads, connection.writes):
                with pytest.raises(UnavailableError) as failure, translated():
                    await soon(client.get(key_prefix))
                assert "s3cret" not in str(failure.value)
                assert "127.0.0.1" not in str(failure.value)
                assert failure.value.__cause__ is None
            await connection.close()


async def test_a_server_that_stays_silent_is_unavailable(valkey_url, key_prefix):
    async with TcpProxy(valkey_url) as proxy:
        proxy.mode = HalfOpen()
        connection = RedisConnection(proxy.url, deadline=0.05)
        for client in (connection.reads, connection.writes):
            with pytest.raises(UnavailableError), translated():
                await soon(client.get(key_prefix))
        await connection.close()


async def test_more_at_once_than_there_are_connections_wait_their_turn(valkey_url, key_prefix):
    connection = RedisConnection(valkey_url, pool=2)
    tasks = [connection.start(connection.writes.incr(f"{key_prefix}n")) for _ in range(50)]
    assert sorted([await task for task in tasks]) == list(range(1, 51))
    await connection.writes.delete(f"{key_prefix}n")
    await connection.close()


@pytest.mark.parametrize(
    "reply",
    [
        [["s", [("1-0", {"e": "x"}), ("2-0", None)]]],
        {"s": [("1-0", {"e": "x"}), ("2-0", {})]},
    ],
)
def test_entries_are_read_from_every_form_of_answer(reply):
    assert entries(reply) == {"s": [("1-0", {"e": "x"}), ("2-0", {})]}


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_no_answer_is_no_entries(nothing):
    assert entries(nothing) == {}


def test_an_error_of_no_known_word_keeps_its_text():
    with pytest.raises(UnavailableError, match="something odd"), translated():
        raise ResponseError("something odd")


def test_a_lease_that_was_dropped_or_never_taken_has_no_fence_to_write_under():
    fences = Fences()
    with pytest.raises(StaleOwnerError):
        fences.of("match:1")
    fences.set("match:1", 7)
    assert (fences.of("match:1"), fences.find("match:1"), fences.find("match:2")) == (7, 7, None)
    fences.drop("match:1")
    fences.drop("match:1")
    assert fences.find("match:1") is None


async def test_each_command_is_told_with_its_seconds_a_script_by_its_name(valkey_url):
    told = []
    connection = RedisConnection(valkey_url, told=lambda name, seconds: told.append((name, seconds)))
    await connection.reads.get("nobody")
    with pytest.raises(UnavailableError):
        await connection.run(answering("ERR on purpose"), ["k"], [])
    await connection.close()
    assert next(name for name, _ in told) == "redis.get"
    assert all(seconds >= 0 for _, seconds in told)
