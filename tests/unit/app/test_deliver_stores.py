"""Whatever the stores do to it, the sender goes on: nothing is lost, and nothing that was sent is sent again."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.send_budget import MemorySendBudget
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import Digest
from tokenfilter.ports.failures import MigratedError, RecipientGoneError, UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ANNE = ChatId(1)


class Trouble:
    """Says which call fails, and whether it did its work all the same; nothing does unless told."""

    def __init__(self):
        self.random = Random(0)
        self.chance = 0.0
        self.down = set()
        self.unreadable = set()
        self.opens = None
        self.calls = Counter()

    async def around(self, name, call, *args, harmless=False):
        """Make a call that may fail before or after; that an end is noted may take until it is let."""
        self.calls[name] += 1
        if name == "finish" and self.opens:
            await self.opens.wait()
        if name == "get" and self.unreadable.intersection(args):
            raise UnavailableError("this one cannot be read")
        fails = name in self.down or self.random.random() < self.chance
        if fails and (harmless or name in self.down or self.random.random() < 0.5):
            raise UnavailableError(f"{name} is away", acted=None)
        done = await call
        if fails:
            raise UnavailableError(f"the answer of {name} is lost", acted=None)
        return done


def troubled(base, names, trouble):
    """A store of memory, some of whose calls go through trouble; what is read is not lost by it."""

    def through(name):
        async def call(self, *args, **kwargs):
            inner = getattr(base, name)(self, *args, **kwargs)
            try:
                return await trouble.around(name, inner, *args, harmless=name == "take")
            finally:
                inner.close()

        return call

    return type(f"Troubled{base.__name__}", (base,), {name: through(name) for name in names})


@pytest.fixture
def trouble():
    return Trouble()


@pytest.fixture
def process(new_process, trouble):
    process = new_process(subscribers_of=troubled(MemorySubscribers, ("get", "save"), trouble))
    process.outbox = troubled(MemoryOutbox, ("put", "take", "intend", "finish"), trouble)(journal=process.journal)
    process.budget = troubled(MemorySendBudget, ("reserve", "halt"), trouble)()
    process.chats._outbox = process.outbox
    return process


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_store_fails_when_every_alert_arrives_exactly_once(process, trouble, seed):
    owed = [n for chat in range(1, 9) for n in await process.owe(chat, 8, useful_for=timedelta(hours=9))]
    trouble.random, trouble.chance = Random(seed), 0.3
    sender = process.sender()
    async with process.running(sender.run()):
        await process.wait(10 * MINUTE, step=SECOND / 4)
        trouble.chance = 0.0
        await process.wait(3 * MINUTE, step=SECOND)
        assert sender.waiting == 0
    assert Counter(n.id for n in process.messenger.sent) == Counter(n.id for n in owed)
    assert Counter(e.notification for e in await process.ends()) == Counter(n.id for n in owed)
    assert await process.outbox.length() == 0


@pytest.mark.parametrize("call", ["take", "intend", "finish", "reserve", "get"])
async def test_an_outage_of_any_store_ends_no_loop_and_repeats_nothing(process, trouble, call):
    owed = await process.owe(1, 3)
    async with process.running(process.sender().run()):
        await process.wait(SECOND / 2)
        trouble.down.add(call)
        await process.wait(2 * MINUTE, step=SECOND / 2)
        tries = trouble.calls[call]
        trouble.down.clear()
        await process.wait(2 * MINUTE, step=SECOND / 2)
    assert process.messenger.sent == owed
    assert await process.outcomes() == [DeliveryOutcome.SENT] * 3
    assert tries < 150, "it is asked ever more rarely"


async def test_what_was_sent_while_its_end_could_not_be_noted_is_not_sent_again_when_it_is_given_again(
    process, trouble
):
    owed = await process.owe(1)
    trouble.down.add("finish")
    async with process.running(process.sender().run()):
        await process.wait(SECOND)
        for _ in range(3):
            await process.outbox.redeliver()
            await process.wait(5 * SECOND)
        assert await process.outbox.length() == 1
        trouble.down.clear()
        await process.wait(10 * SECOND)
    assert process.messenger.sent == owed
    assert await process.outcomes() == [DeliveryOutcome.SENT]


async def test_no_more_is_sent_than_may_be_repeated_by_a_crash_while_ends_cannot_be_noted(process, trouble):
    for chat in range(1, 101):
        await process.owe(chat)
    trouble.down.add("finish")
    async with process.running(process.sender(at_once=7).run()):
        await process.wait(MINUTE, step=SECOND / 2)
        assert len(process.messenger.sent) == 7
        trouble.down.clear()
        await process.wait(MINUTE)
    assert len(process.messenger.sent) == 100


async def test_what_ended_without_a_send_is_noted_too_before_the_sender_stops(process, trouble):
    for chat in range(1, 30):
        await process.owe(chat)
        await process.edits.stop(ChatId(chat))
    trouble.opens = asyncio.Event()
    sender = asyncio.create_task(process.sender().run())
    await process.wait(SECOND)
    sender.cancel()
    await process.wait()
    assert not sender.done()
    trouble.opens.set()
    await asyncio.wait([sender])
    assert await process.outcomes() == [DeliveryOutcome.MUTED] * 29


async def test_after_an_outage_a_single_failure_makes_nobody_wait_for_long(process, trouble):
    await process.owe(1)
    trouble.down.add("get")
    async with process.running(process.sender().run()):
        await process.wait(2 * MINUTE, step=SECOND / 2)
        trouble.down.clear()
        await process.wait(2 * MINUTE, step=SECOND / 2)
        assert len(process.messenger.sent) == 1
        trouble.down.add("intend")
        await process.owe(2)
        await process.wait(timedelta(0))
        trouble.down.clear()
        await process.owe(3)
        await process.wait(SECOND)
        assert len(process.arrived(3)) == 1


async def test_one_whose_settings_cannot_be_read_keeps_nobody_elses_alerts_back(process, trouble):
    for chat in (1, 2):
        await process.subscribe(chat)
        await process.edits.snooze(ChatId(chat), 20 * SECOND)
        await process.owe(chat, 3)
    async with process.running(process.sender().run()):
        await process.wait(10 * SECOND)
        trouble.unreadable.add(2)
        await process.wait(20 * SECOND)
        assert [len(process.arrived(chat)) for chat in (1, 2)] == [1, 0]
        trouble.unreadable.clear()
        await process.wait(5 * SECOND)
    assert [len(process.arrived(chat)) for chat in (1, 2)] == [1, 1]


async def test_a_digest_that_cannot_be_owed_loses_nothing_of_what_it_stands_for(process, trouble):
    owed = await process.owe(1, 30, useful_for=timedelta(hours=1))
    trouble.down.add("put")
    async with process.running(process.sender().run()):
        await process.wait(2 * MINUTE, step=SECOND / 2)
        trouble.down.clear()
        await process.wait(MINUTE, step=SECOND / 2)
    *single, digest = process.messenger.sent
    assert isinstance(digest.body, Digest)
    assert len(single) + digest.body.number == len(owed)


async def test_lessons_about_chats_are_learnt_although_the_settings_cannot_be_read_at_first(process, trouble):
    await process.subscribe(1)
    process.messenger.fail(1, RecipientGoneError("blocked"))
    await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait(timedelta(0))
        trouble.down.add("save")
        await process.wait(2 * SECOND)
        trouble.down.clear()
        await process.wait(10 * SECOND)
    assert (await process.subscribers.get(ANNE)).standing.value == "unreachable"


async def test_no_more_than_the_bound_is_in_hand_and_the_rest_waits_in_the_outbox(process, monkeypatch):
    monkeypatch.setattr("tokenfilter.app.deliver_notifications.hand.MOST", 50)
    monkeypatch.setattr("tokenfilter.app.deliver_notifications.hand.AGAIN_BELOW", 40)
    for chat in range(1, 121):
        await process.owe(chat)
    sender, seen = process.sender(), []
    async with process.running(sender.run()):
        for _ in range(120):
            await process.wait(SECOND / 20)
            seen.append(sender.waiting)
        await process.wait(5 * SECOND)
    assert max(seen) == 50
    assert len(process.messenger.sent) == 120


async def test_a_chat_that_moved_twice_is_followed_to_where_it_is(process):
    process.messenger.fail(1, MigratedError(ChatId(-11)))
    process.messenger.fail(-11, MigratedError(ChatId(-12)))
    await process.owe(1, 3)
    async with process.running(process.sender().run()):
        await process.wait(5 * SECOND)
        await process.outbox.put(replace(examples.alert(1, queued_at=NOON), id="late"))
        await process.wait(5 * SECOND)
    assert [n.destination.chat for n in process.messenger.sent] == [-12] * 4
