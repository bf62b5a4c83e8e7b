"""Every send budget keeps the promises of its port."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from tokenfilter.adapters.memory.send_budget import MemorySendBudget
from tokenfilter.adapters.redis.send_budget import RedisSendBudget
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.pace import CHAT_EVERY, OVERALL_EVERY
from tokenfilter.testing.contracts.send_budget import ANNE, BERT, GROUP, SendBudgetContract
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)


class TestMemory(SendBudgetContract):
    @pytest.fixture
    def budget(self):
        return MemorySendBudget()


class TestRedis(SendBudgetContract):
    @pytest.fixture
    def budget(self, redis_connection, redis_keys):
        return RedisSendBudget(redis_connection, redis_keys)

    @pytest.fixture
    def other(self, redis_connection, redis_keys):
        """The same budget in another process."""
        return RedisSendBudget(redis_connection, redis_keys)

    async def test_all_senders_together_keep_the_overall_pace(self, budget, other):
        takes = [(budget, other)[n % 2].reserve(ChatId(n + 1), NOON) for n in range(60)]
        places = sorted(await asyncio.gather(*takes))
        assert all(b - a == OVERALL_EVERY for a, b in pairwise(places))
        assert places[0] == NOON

    async def test_a_chat_that_another_sender_wrote_to_waits_its_second(self, budget, other):
        await other.reserve(ANNE, NOON)
        assert await budget.reserve(ANNE, NOON) == NOON + CHAT_EVERY
        assert budget.pace.chat_free_at(ANNE) == NOON + 2 * CHAT_EVERY

    async def test_a_group_that_another_sender_filled_waits_its_minute(self, budget, other):
        for n in range(20):
            await other.reserve(GROUP, NOON + 2 * n * SECOND)
        assert await budget.reserve(GROUP, NOON + 40 * SECOND) == NOON + 60 * SECOND

    async def test_a_halt_that_another_sender_was_told_holds_here(self, budget, other):
        await other.halt(ANNE, NOON + 30 * SECOND)
        assert await budget.reserve(ANNE, NOON) == NOON + 30 * SECOND

    async def test_a_place_that_a_chats_limit_puts_off_keeps_nobody_else_waiting(self, budget):
        await budget.halt(ANNE, NOON + 30 * SECOND)
        assert await budget.reserve(ANNE, NOON) == NOON + 30 * SECOND
        assert await budget.reserve(BERT, NOON) == NOON
        assert budget.pace.overall_free_at() == NOON + OVERALL_EVERY

    async def test_the_others_leave_out_a_place_that_was_put_off(self, budget):
        await budget.halt(ANNE, NOON + SECOND / 2)
        put_off = await budget.reserve(ANNE, NOON)
        places = [await budget.reserve(ChatId(n), NOON) for n in range(2, 40)]
        assert all(abs(place - put_off) >= OVERALL_EVERY for place in places)
        assert places[-1] - places[0] <= 39 * OVERALL_EVERY

    async def test_a_budget_that_nobody_spends_runs_out_by_itself(self, budget, redis_connection, redis_keys):
        await budget.reserve(GROUP, NOON)
        await budget.count_reply(ANNE, NOON)
        keys = [key async for key in redis_connection.reads.scan_iter(f"{redis_keys.prefix}*")]
        assert len(keys) == 3
        assert all([0 < await redis_connection.reads.ttl(key) <= 180 for key in keys])

    async def test_a_halt_is_kept_while_it_lasts_however_the_clocks_differ(self, budget, redis_connection, redis_keys):
        await budget.halt(ANNE, NOON)
        assert await redis_connection.reads.ttl(redis_keys.budget(ANNE)) > 80_000
        await budget.halt(ANNE, NOON.replace(year=2100))
        await budget.reserve(ANNE, NOON)
        assert await redis_connection.reads.ttl(redis_keys.budget(ANNE)) > 80_000
