"""Redis goes away, comes back, and is slow, in the middle of a stream: alerts go on, none is lost or doubled."""

from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from tests.faults.oracle import again, call_of_a_token
from tests.faults.programs import until
from tests.faults.tcp_proxy import Delay, DropReply, HalfOpen, Pass, Refuse, TcpProxy

from tokenfilter.adapters.redis.connection import Script

PEOPLE = 20
WANTS, WANTS_MORE, WANTS_TOO_MUCH = "mcap >= 1", "mcap >= 50k", "mcap >= 1b"


async def begun(scene, *, people=PEOPLE):
    """A program that has judged and sent something, and has more to do."""
    texts = [WANTS] * 7 + [WANTS_MORE] * 2 + [WANTS_TOO_MUCH]
    await scene.seed({chat: texts[n % len(texts)] for n, chat in enumerate(scene.telegram.people[:people])})
    await scene.started()
    small = call_of_a_token(mcap=20_000)
    await scene.push(small, call_of_a_token())
    await scene.until_told(10)
    return small


async def gone_on(scene, small):
    """While it lasts: a repetition, a second call that turns a refusal around, and a token nobody has heard of."""
    await scene.push(again(scene.heard[0]), again(small, by="@alpha"), call_of_a_token())
    await scene.until_all_told()


async def ended(scene):
    await scene.push(again(scene.heard[-1]), call_of_a_token())
    await scene.ends_well()


@asynccontextmanager
async def through_a_proxy(scene):
    async with TcpProxy(scene.valkey.url) as proxy:
        scene.redis_url = proxy.url
        yield proxy
        scene.tidy()


async def test_redis_killed_and_restarted_with_its_file_loses_and_doubles_nothing(scene):
    small = await begun(scene)
    await scene.valkey.kill()
    await gone_on(scene, small)
    await scene.valkey.start()
    await ended(scene)


async def test_redis_killed_and_restarted_empty_loses_and_doubles_nothing(scene):
    small = await begun(scene)
    await scene.valkey.kill()
    await gone_on(scene, small)
    await scene.valkey.restart(wipe=True)
    await ended(scene)


async def test_redis_replaced_by_an_empty_one_at_once_loses_and_doubles_nothing(scene):
    small = await begun(scene)
    await scene.valkey.restart(wipe=True)
    await gone_on(scene, small)
    await ended(scene)


async def test_redis_emptied_by_a_command_loses_and_doubles_nothing(scene):
    small = await begun(scene)
    async with Redis.from_url(scene.valkey.url) as redis:
        await redis.flushall()
    await gone_on(scene, small)
    await ended(scene)


async def test_redis_that_stands_still_for_a_while_loses_and_doubles_nothing(scene):
    small = await begun(scene)
    await scene.valkey.pause()
    await gone_on(scene, small)
    await scene.valkey.resume()
    await ended(scene)


@pytest.mark.parametrize("mode", [HalfOpen(), Refuse(), Delay(0.5)], ids=lambda mode: type(mode).__name__)
async def test_a_bad_way_to_redis_loses_and_doubles_nothing(scene, mode):
    async with through_a_proxy(scene) as proxy:
        small = await begun(scene)
        proxy.mode = mode
        await gone_on(scene, small)
        proxy.mode = Pass()
        await ended(scene)


async def test_a_reply_of_redis_that_is_lost_leaves_nothing_done_twice(scene):
    scripts = [
        ("settle", "owned", "keep_latest", "outbox_index"),
        ("outbox_intend", "owned", "outbox_index"),
        ("outbox_finish", "owned", "outbox_index"),
        ("journal_settle",),
    ]
    asked = [b"XADD", b"XREADGROUP", b"XPENDING", *(Script(*names).sha.encode() for names in scripts)]
    async with through_a_proxy(scene) as proxy:
        await begun(scene, people=10)
        for words in asked:
            proxy.mode = DropReply(containing=words)
            await scene.push(call_of_a_token())
            await until(lambda: proxy.mode == Pass(), f"a reply to {words!r} was lost")
        await ended(scene)


async def test_redis_that_refuses_writes_counts_as_away(scene):
    small = await begun(scene)
    async with Redis.from_url(scene.valkey.url) as redis:
        await redis.config_set("maxmemory", "1mb")
        await gone_on(scene, small)
        await redis.config_set("maxmemory", "0")
    await ended(scene)
