"""What another sender owns is left to it, and what a dead one was sending is sent again."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.ports.failures import StaleOwnerError

SECOND = timedelta(seconds=1)


class Stolen(MemoryOutbox):
    """Belongs to another sender while it is stolen."""

    stolen = False

    async def intend(self, notification):
        return not self.stolen and await super().intend(notification)

    async def finish(self, ended):
        if self.stolen:
            raise StaleOwnerError("another sender owns it")
        await super().finish(ended)


class Slow(MemoryMessenger):
    """Answers when it is let."""

    def __init__(self):
        super().__init__()
        self.answers = asyncio.Event()

    async def send(self, notification, *, reader):
        await self.answers.wait()
        return await super().send(notification, reader=reader)


@pytest.fixture
def shared(new_process):
    process = new_process(messenger=Slow())
    process.outbox = Stolen(journal=process.journal)
    return process


async def test_what_another_sender_owns_is_not_sent_and_kept_in_hand_no_longer(shared):
    shared.messenger.answers.set()
    shared.outbox.stolen = True
    await shared.owe(1, 3)
    sender = shared.sender()
    async with shared.running(sender.run()):
        await shared.wait(10 * SECOND)
        assert sender.waiting == 0
    assert shared.messenger.sent == []
    assert await shared.outbox.length() == 3


async def test_what_was_sent_before_another_owned_it_is_not_sent_again_should_it_come_back(shared):
    (alert,) = await shared.owe(1)
    sender = shared.sender()
    async with shared.running(sender.run()):
        await shared.wait(SECOND)
        shared.outbox.stolen = True
        shared.messenger.answers.set()
        await shared.wait(SECOND)
        assert (sender.waiting, await shared.outbox.length()) == (0, 1)
        shared.outbox.stolen = False
        await shared.outbox.redeliver()
        await shared.wait(5 * SECOND)
    assert shared.messenger.sent == [alert]
    assert await shared.outcomes() == [DeliveryOutcome.SENT]


async def test_of_many_ends_those_that_are_another_senders_hold_the_others_up_in_nothing(shared, monkeypatch):
    for chat in range(1, 6):
        await shared.owe(chat)
    finish = MemoryOutbox.finish

    async def partly(self, ended):
        if any(e.destination.chat == 3 for e in ended):
            raise StaleOwnerError("chat 3 is another's")
        await finish(self, ended)

    monkeypatch.setattr(Stolen, "finish", partly)
    async with shared.running(shared.sender().run()):
        await shared.wait(2 * SECOND)
        shared.messenger.answers.set()
        await shared.wait(2 * SECOND)
    assert sorted(e.destination.chat for e in await shared.ends()) == [1, 2, 4, 5]


async def test_what_a_dead_sender_was_sending_is_sent_again_and_nothing_else(shared):
    owed = [n for chat in range(1, 41) for n in await shared.owe(chat)]
    crashed = asyncio.create_task(shared.sender(at_once=4).run())
    shared.messenger.answers.set()
    await shared.wait(SECOND / 2)
    shared.outbox.stolen = True  # its answers come, but it is dead: nothing is noted
    await shared.wait(SECOND / 2)
    crashed.cancel()
    await asyncio.wait([crashed])
    shared.outbox.stolen = False
    await shared.outbox.redeliver()
    async with shared.running(shared.sender(at_once=4).run()):
        await shared.wait(3 * SECOND)
    times = Counter(n.id for n in shared.messenger.sent)
    assert set(times) == {n.id for n in owed}
    assert sum(times.values()) - len(owed) <= 4
