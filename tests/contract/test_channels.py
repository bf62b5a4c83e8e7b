"""Every store of channels' statistics keeps the promises of its port."""

import asyncio
from datetime import timedelta

import pytest

from tokenfilter.adapters.layered.caches import Caches
from tokenfilter.adapters.layered.channels import CachedChannels
from tokenfilter.adapters.memory.channels import MemoryChannels
from tokenfilter.adapters.memory.invalidations import MemoryInvalidations
from tokenfilter.adapters.redis.channels import LINES_KEPT, RedisChannels
from tokenfilter.adapters.system.clock import SystemClock
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.partition import hash_slot
from tokenfilter.testing import examples
from tokenfilter.testing.contracts.channels import ALPHA, BETA, HOUR, ChannelsContract
from tokenfilter.testing.examples import NOON


class TestMemory(ChannelsContract):
    @pytest.fixture
    def channels(self):
        return MemoryChannels()


class TestCached(ChannelsContract):
    @pytest.fixture
    def channels(self):
        return CachedChannels(MemoryChannels(), Caches(clock=SystemClock()).channels, MemoryInvalidations())


class TestRedis(ChannelsContract):
    @pytest.fixture
    def channels(self, redis_connection, redis_keys):
        return RedisChannels(redis_connection, redis_keys)

    async def test_of_look_ups_as_of_now_nine_in_ten_and_more_never_ask_the_lines(self, channels):
        names = [ChannelId(f"@c{n}") for n in range(20)]
        for n, name in enumerate(names[:-1]):
            await channels.put(examples.stats(name, NOON + n * HOUR, win=n))
        later = NOON + timedelta(days=2)
        for _ in range(20):
            assert len(await channels.as_of(names, later)) == 19
        assert channels.hits / (channels.hits + channels.misses) >= 0.9
        assert channels.misses == 1  # the one without a line, once

    async def test_a_line_counts_at_once_though_the_newest_or_its_absence_was_kept(self, channels):
        assert not await channels.as_of([ALPHA], NOON)
        for n in (1, 2, 3):
            await channels.put(examples.stats(as_of=NOON - timedelta(hours=9 - n), win=n))
            assert (await channels.as_of([ALPHA], NOON))[ALPHA].values == {"win": n}

    async def test_the_newest_line_is_kept_for_half_an_hour_and_found_again_after_that(
        self, channels, redis_connection, redis_keys
    ):
        await channels.put(examples.stats(win=1))
        key = redis_keys.channel(ALPHA)
        assert key.removeprefix(redis_keys.prefix) == "channel:@alpha:info"
        assert 0 < await redis_connection.reads.ttl(key) <= 1_800
        await redis_connection.writes.delete(key)
        assert (await channels.as_of([ALPHA], NOON))[ALPHA].values == {"win": 1}
        assert await redis_connection.reads.exists(key)

    async def test_the_oldest_lines_are_given_up(self, channels):
        lines = [examples.stats(as_of=NOON + n * HOUR, win=n % 100) for n in range(LINES_KEPT + 2)]
        await asyncio.gather(*map(channels.put, lines))
        assert not await channels.as_of([ALPHA], NOON + HOUR)
        assert await channels.as_of([ALPHA], NOON + 2 * HOUR)

    @pytest.mark.parametrize("channel", [ALPHA, BETA, ChannelId("-100123")])
    def test_the_two_keys_of_a_channel_share_a_slot(self, channels, channel):
        assert len({hash_slot(key) for key in channels._both(channel)}) == 1
