"""What any send budget must keep."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.pace import CHAT_EVERY, GROUP_MOST, GROUP_WINDOW, OVERALL_EVERY
from tokenfilter.ports.send_budget import SendBudget
from tokenfilter.testing.examples import NOON

ANNE, BERT, GROUP = ChatId(1), ChatId(2), ChatId(-3)


class SendBudgetContract:
    """Fixtures: `budget`, nothing spent yet."""

    async def test_the_first_message_goes_at_once(self, budget: SendBudget) -> None:
        assert await budget.reserve(ANNE, NOON) == NOON

    async def test_an_idle_budget_saves_nothing_up(self, budget: SendBudget) -> None:
        await budget.reserve(ANNE, NOON)
        later = NOON + timedelta(hours=1)
        places = [await budget.reserve(ChatId(100 + n), later) for n in range(30)]
        assert all(b - a >= OVERALL_EVERY for a, b in pairwise(places))

    async def test_a_chat_has_its_next_message_a_second_later(self, budget: SendBudget) -> None:
        first, second = await budget.reserve(ANNE, NOON), await budget.reserve(ANNE, NOON)
        assert second - first >= CHAT_EVERY
        assert budget.pace.chat_free_at(ANNE) >= second + CHAT_EVERY

    async def test_a_group_has_twenty_messages_a_minute(self, budget: SendBudget) -> None:
        places = [await budget.reserve(GROUP, NOON + timedelta(seconds=2 * n)) for n in range(GROUP_MOST + 1)]
        assert places[-2] < NOON + GROUP_WINDOW
        assert places[-1] - places[0] >= GROUP_WINDOW

    async def test_a_person_has_more_than_twenty_a_minute(self, budget: SendBudget) -> None:
        places = [await budget.reserve(ANNE, NOON + timedelta(seconds=n)) for n in range(2 * GROUP_MOST)]
        assert places[-1] - places[0] < GROUP_WINDOW

    @pytest.mark.parametrize("seed", range(8))
    async def test_no_limit_is_passed_whatever_comes_when(self, budget: SendBudget, seed: int) -> None:
        random, now = Random(seed), NOON
        chats = [ChatId(n) for n in (*range(1, 40), *range(-3, 0))] if seed % 2 else [ANNE, GROUP]
        places: list[datetime] = []
        by_chat = defaultdict[ChatId, list[datetime]](list)
        for _ in range(200):
            now += timedelta(milliseconds=random.choice((0, 0, 0, 5, 40, 1_500)))
            chat = random.choice(chats)
            place = await budget.reserve(chat, now)
            assert place >= now
            places.append(place)
            by_chat[chat].append(place)
        assert all(b - a >= OVERALL_EVERY for a, b in pairwise(sorted(places)))
        for chat, own in by_chat.items():
            assert all(b - a >= CHAT_EVERY for a, b in pairwise(own))
            assert chat > 0 or all(b - a >= GROUP_WINDOW for a, b in zip(own, own[GROUP_MOST:], strict=False))

    async def test_a_reply_delays_the_next_alert_of_its_chat_by_a_second(self, budget: SendBudget) -> None:
        await budget.reserve(ANNE, NOON)
        await budget.count_reply(ANNE, NOON)
        await budget.count_reply(BERT, NOON)
        assert await budget.reserve(ANNE, NOON + timedelta(seconds=1)) >= NOON + 2 * CHAT_EVERY
        assert await budget.reserve(BERT, NOON) >= NOON + CHAT_EVERY

    async def test_nothing_goes_to_a_halted_chat_before_its_time(self, budget: SendBudget) -> None:
        until = NOON + timedelta(seconds=30)
        await budget.halt(ANNE, until)
        await budget.halt(ANNE, NOON + timedelta(seconds=3))
        assert budget.pace.chat_free_at(ANNE) >= until
        assert await budget.reserve(ANNE, NOON) >= until

    async def test_a_halted_chat_holds_no_other_up(self, budget: SendBudget) -> None:
        await budget.halt(ANNE, NOON + timedelta(seconds=30))
        assert await budget.reserve(BERT, NOON) == NOON
