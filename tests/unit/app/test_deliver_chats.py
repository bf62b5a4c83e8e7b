"""Chats that are gone are left alone, chats that moved are followed, and settings learn of both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Lane, PlaceLost
from tokenfilter.domain.subscriber import Standing
from tokenfilter.ports.failures import MigratedError, RecipientGoneError, RefusedError
from tokenfilter.testing import examples

SECOND = timedelta(seconds=1)
GROUP, NEW_GROUP = Destination(ChatId(-5)), Destination(ChatId(-1_005))


@pytest.fixture
def process(counting):
    return counting


async def test_whose_chat_is_gone_is_unreachable_and_whatever_waits_for_it_ends_without_another_call(process):
    await process.subscribe(1, "mcap >= 1")
    process.messenger.fail(1, RecipientGoneError("blocked"))
    owed = await process.owe(1, 30)
    async with process.running(process.sender().run()):
        await process.wait(10 * SECOND)
    assert process.messenger.sent == []
    assert process.messenger.asked == 1
    assert sorted(e.notification for e in await process.ends()) == sorted(n.id for n in owed)
    assert (await process.subscribers.get(ChatId(1))).standing is Standing.UNREACHABLE
    await process.hear(examples.heard("later", about=examples.token(9), mcap=5))
    await process.judge()
    assert await process.outbox.length() == 0


async def test_what_is_held_for_a_chat_ends_when_something_urgent_finds_it_gone(process):
    await process.subscribe(1)
    await process.edits.snooze(ChatId(1), timedelta(hours=1))
    await process.owe(1, 3)
    sender = process.sender()
    async with process.running(sender.run()):
        await process.wait(5 * SECOND)
        assert sender.waiting == 3
        process.messenger.fail(1, RecipientGoneError("blocked"))
        await process.outbox.put(replace(examples.alert(1), id="pay:sol:1", lane=Lane.MONEY))
        await process.wait(3 * SECOND)
        assert sender.waiting == 0
    assert process.messenger.asked == 1
    assert await process.outcomes() == [DeliveryOutcome.GONE] * 4


async def test_a_group_that_removed_us_is_taken_from_its_owners_who_are_told_once(process):
    for owner in (1, 2):
        subscriber = await process.subscribe(owner, "mcap >= 1")
        await process.edits.add_place(owner, GROUP, "Gem hunters")
        await process.edits.route_filter(owner, subscriber.filters[0].id, (GROUP,))
    process.messenger.fail(GROUP.chat, RecipientGoneError("bot was kicked"), RecipientGoneError("bot was kicked"))
    for number in range(1, 4):
        about = examples.stamped(examples.heard(f"e{number}", about=examples.token(number)))
        await process.outbox.put(replace(examples.alert(1, about=about, to=GROUP), owners=(1, 2)))
    async with process.running(process.sender().run()):
        await process.wait(10 * SECOND)
    assert [n.body for n in process.messenger.sent] == [PlaceLost(title="Gem hunters")] * 2
    assert sorted(n.destination.chat for n in process.messenger.sent) == [1, 2]
    for owner in (1, 2):
        found = await process.subscribers.get(owner)
        assert (found.places, found.filters[0].destinations) == ({}, (found.own_chat,))
        assert found.standing is Standing.ACTIVE
    assert (await process.outcomes()).count(DeliveryOutcome.GONE) == 3


async def test_a_chat_that_moved_gets_what_was_owed_at_once_and_its_owners_settings_follow(process):
    await process.subscribe(1, "mcap >= 1")
    await process.edits.add_place(1, GROUP, "Gem hunters")
    await process.edits.route_filter(1, "1.1", (GROUP,))
    process.messenger.fail(GROUP.chat, MigratedError(ChatId(-1_005)), RefusedError("asked twice"))
    for number in range(1, 4):
        about = examples.stamped(examples.heard(f"e{number}", about=examples.token(number)))
        await process.outbox.put(examples.alert(1, about=about, to=GROUP))
    async with process.running(process.sender().run()):
        await process.wait(SECOND / 2)
        assert [n.destination.chat for n in process.messenger.sent] == [-1_005]
        await process.wait(5 * SECOND)
        late = examples.stamped(examples.heard("late", about=examples.token(9)))
        await process.outbox.put(examples.alert(1, about=late, to=GROUP))
        await process.wait(5 * SECOND)
    assert [n.destination.chat for n in process.messenger.sent] == [-1_005] * 4
    moved = await process.subscribers.get(1)
    assert (list(moved.places), moved.filters[0].destinations) == ([NEW_GROUP], (NEW_GROUP,))
    assert await process.outbox.length() == 0
    assert {e.destination for e in await process.ends()} == {GROUP}, "the outbox knows them as they were taken"


async def test_an_owner_of_whom_an_alert_comes_only_later_learns_that_the_chat_moved_without_another_call(process):
    for owner in (1, 2):
        await process.subscribe(owner)
        await process.edits.add_place(owner, GROUP, "Gem hunters")
    process.messenger.fail(GROUP.chat, MigratedError(NEW_GROUP.chat))
    async with process.running(process.sender().run()):
        await process.outbox.put(examples.alert(1, to=GROUP))
        await process.wait(2 * SECOND)
        assert list((await process.subscribers.get(2)).places) == [GROUP]
        await process.outbox.put(replace(examples.alert(2, to=GROUP), id="later"))
        await process.wait(2 * SECOND)
    assert list((await process.subscribers.get(2)).places) == [NEW_GROUP]
    assert process.messenger.asked == 3


async def test_what_was_held_for_a_chat_that_moved_meanwhile_is_told_under_its_new_id(process):
    await process.subscribe(1)
    await process.edits.snooze(ChatId(1), 20 * SECOND)
    for n in (1, 2):
        about = examples.stamped(examples.heard(f"e{n}"))
        await process.outbox.put(replace(examples.alert(1, about=about, to=GROUP), id=f"n{n}"))
    process.messenger.fail(GROUP.chat, MigratedError(NEW_GROUP.chat))
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
        await process.outbox.put(replace(examples.alert(1, to=GROUP), id="pay:1", lane=Lane.MONEY))
        await process.wait(30 * SECOND)
    assert [n.destination for n in process.messenger.sent] == [NEW_GROUP, NEW_GROUP]
    assert process.messenger.sent[-1].body.number == 2
