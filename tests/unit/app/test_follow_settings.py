"""A process knows the filters it judges by: all of them at first, then each change, and none before its time."""

from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.app.follow_settings import LOOK_EVERY, FollowSettings
from tokenfilter.ports.failures import UnavailableError


class Away(MemorySubscribers):
    """Cannot be read for a while."""

    is_away = False

    async def seq(self):
        if self.is_away:
            raise UnavailableError("away")
        return await super().seq()


@pytest.fixture
def process(new_process):
    return new_process(subscribers_of=Away)


def follower(process):
    return FollowSettings(
        subscribers=process.subscribers, index=process.index, clock=process.clock, telemetry=process.telemetry
    )


async def test_a_change_is_applied_with_its_number_and_no_later_one(process):
    follows, numbers = follower(process), [0]
    for person in (1, 2, 3):
        await process.subscribe(person, "mcap >= 5")
        numbers.append(await process.subscribers.seq())
    for people, upto in ((2, numbers[2]), (2, numbers[1]), (3, numbers[3])):
        await follows.upto(upto)
        assert process.index.totals().subscribers == people
        assert follows.seq >= upto


async def test_who_catches_up_knows_all_there_is(process):
    follows = follower(process)
    await process.subscribe(1, "mcap >= 5")
    assert await follows.catch_up() == await process.subscribers.seq()
    assert process.index.totals().subscribers == 1


async def test_who_follows_from_afar_knows_a_change_within_a_second_and_outlasts_a_loss(process):
    follows = follower(process)
    await process.subscribe(1, "mcap >= 5")
    process.subscribers.is_away = True
    async with process.running(follows.run()):
        await process.wait(5 * LOOK_EVERY, step=timedelta(seconds=1))
        assert process.index.totals().subscribers == 0
        process.subscribers.is_away = False
        await process.wait(LOOK_EVERY, step=timedelta(seconds=1))
        assert process.index.totals().subscribers == 1
    assert process.telemetry.failures


class Short(MemorySubscribers):
    """Keeps the last change of each subscriber, and none that it replaced."""

    async def changes(self, after):
        last = {change.owner: change for change in await super().changes(0)}
        return [change for change in last.values() if change.seq > after]


@pytest.mark.parametrize("idle", [False, True])
async def test_what_a_change_renewed_that_is_kept_no_longer_counts_for_who_begins_or_comes_late(new_process, idle):
    process = new_process(subscribers_of=Short)
    destination = (await process.subscribe(1, "mcap >= 9", "mcap >= 8")).own_chat
    follows = follower(process)
    if idle:
        await follows.catch_up()
        process.clock.advance(timedelta(minutes=15))
    known = await process.subscribers.seq()
    subscriber = await process.subscribe(1, "mcap >= 5")
    await process.edits.delete_filter(subscriber.chat, subscriber.filters[0].id)
    await follows.catch_up()
    assert process.index.since(destination) > known


async def test_who_follows_closely_has_each_change_renew_what_it_says_and_no_more(process):
    subscriber = await process.subscribe(1, "mcap >= 9", "mcap >= 8")
    follows = follower(process)
    known = await follows.catch_up()
    process.clock.advance(timedelta(minutes=1))
    await process.edits.delete_filter(subscriber.chat, subscriber.filters[0].id)
    assert await follows.catch_up() > known
    assert process.index.since(subscriber.own_chat) <= known
