"""Settings follow chats that move and let go of those that are gone, and whose they were is told once."""

from dataclasses import replace

import pytest

from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Lane, PlaceLost
from tokenfilter.domain.subscriber import Standing
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.subscribers import ConflictError

ANNE, BERT, NOBODY = ChatId(1), ChatId(2), ChatId(99)
GROUP, TOPIC, OTHER = Destination(ChatId(-5)), Destination(ChatId(-5), 7), Destination(ChatId(-6))


@pytest.fixture
async def process(process):
    """Anne and Bert both let a filter go to a group, Anne to one of its topics too."""
    for chat in (ANNE, BERT):
        await process.subscribe(chat, "mcap >= 1")
        for place, title in ((GROUP, "Gems"), (TOPIC, "Gems / new"), (OTHER, "Others")):
            await process.edits.add_place(chat, place, title)
        await process.edits.route_filter(chat, f"{chat}.1", (GROUP, TOPIC) if chat == ANNE else (GROUP, OTHER))
    return process


async def routes(process, chat):
    """Where a person's only filter goes."""
    return (await process.edits.subscriber(chat)).filters[0].destinations


async def told(process):
    """What is owed to whom."""
    number = await process.outbox.length()
    return {n.destination.chat: n for n in (await process.outbox.take(number) if number else ())}


async def test_a_person_who_cannot_be_reached_is_judged_nothing_for_and_keeps_everything(process):
    before = await process.edits.subscriber(ANNE)
    await process.chats.gone(before.own_chat, (ANNE, BERT))
    after = await process.edits.subscriber(ANNE)
    assert replace(after, version=0) == replace(before, standing=Standing.UNREACHABLE, version=0)
    assert (await process.edits.subscriber(BERT)).standing is Standing.ACTIVE
    assert await told(process) == {}


async def test_a_group_that_is_gone_is_taken_away_with_all_its_topics_and_filters_fall_back(process):
    await process.chats.gone(TOPIC, (ANNE, BERT, NOBODY))
    assert await routes(process, ANNE) == (Destination(ANNE),)
    assert await routes(process, BERT) == (OTHER,)
    assert [list((await process.edits.subscriber(chat)).places) for chat in (ANNE, BERT)] == [[OTHER]] * 2


async def test_whose_group_is_gone_is_told_once_in_their_own_chat_by_its_title(process):
    for _ in range(3):
        await process.chats.gone(GROUP, (ANNE, BERT))
    notices = await told(process)
    assert set(notices) == {ANNE, BERT}
    assert notices[ANNE].body == PlaceLost(title="Gems")
    assert (notices[ANNE].lane, notices[ANNE].owners) == (Lane.REPORTS, (ANNE,))


async def test_a_group_that_was_let_in_again_and_is_lost_again_is_told_again(process):
    await process.chats.gone(GROUP, (ANNE,))
    await process.edits.add_place(ANNE, GROUP, "Gems")
    await process.chats.gone(GROUP, (ANNE,))
    assert await process.outbox.length() == 2


async def test_a_group_nobody_lets_anything_go_to_any_more_may_be_gone(process):
    await process.chats.gone(Destination(ChatId(-99)), (ANNE, NOBODY))
    assert await told(process) == {}


async def test_what_goes_to_a_chat_goes_to_its_new_id_for_each_who_was_named(process):
    await process.chats.moved(GROUP.chat, ChatId(-1_005), (ANNE, NOBODY))
    assert await routes(process, ANNE) == (Destination(ChatId(-1_005)), Destination(ChatId(-1_005), 7))
    assert await routes(process, BERT) == (GROUP, OTHER)


async def test_following_again_changes_nothing(process):
    await process.chats.moved(GROUP.chat, ChatId(-1_005), (ANNE,))
    followed = await process.edits.subscriber(ANNE)
    await process.chats.moved(GROUP.chat, ChatId(-1_005), (ANNE,))
    assert await process.edits.subscriber(ANNE) == followed


class Contested(MemorySubscribers):
    """Lets somebody else save just before, or fails, at each of the next saves."""

    conflicts = 0
    failures = 0

    async def save(self, subscriber, *, now):
        if self.conflicts:
            self.conflicts -= 1
            await super().save(replace(await self.get(subscriber.chat), name=f"{self.conflicts}"), now=now)
        if self.failures:
            self.failures -= 1
            raise UnavailableError("away")
        return await super().save(subscriber, now=now)


@pytest.fixture
async def contested(new_process):
    process = new_process(subscribers_of=Contested)
    await process.subscribe(ANNE, "mcap >= 1")
    await process.edits.add_place(ANNE, GROUP, "Gems")
    return process


async def test_a_conflicting_edit_is_repeated_on_what_it_met_and_given_up_if_there_is_always_another(contested):
    contested.subscribers.conflicts = 3
    await contested.chats.moved(GROUP.chat, ChatId(-7), (ANNE,))
    assert list((await contested.edits.subscriber(ANNE)).places) == [Destination(ChatId(-7))]
    contested.subscribers.conflicts = 99
    with pytest.raises(ConflictError):
        await contested.chats.moved(ChatId(-7), ChatId(-8), (ANNE,))


async def test_a_loss_that_could_not_be_saved_at_first_is_told_once_all_the_same(contested):
    contested.subscribers.failures = 1
    with pytest.raises(UnavailableError):
        await contested.chats.gone(GROUP, (ANNE,))
    await contested.chats.gone(GROUP, (ANNE,))
    assert (await contested.edits.subscriber(ANNE)).places == {}
    assert await contested.outbox.length() == 1
