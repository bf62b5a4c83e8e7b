"""What is too much folds into one digest a destination: bounded, told exactly once, and beside the sends."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.app.deliver_notifications import folding
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.notification import Digest
from tokenfilter.testing import examples

SECOND = timedelta(seconds=1)
FOLDED = DeliveryOutcome.IN_DIGEST


@pytest.fixture
def crowded(monkeypatch):
    """Few are too many."""
    monkeypatch.setattr(folding, "CROWDED", 40)
    monkeypatch.setattr(folding, "CALM", 20)


async def wave(process, number, chats=30, each=4):
    """Owe every chat some alerts about tokens of their own."""
    owed = []
    for chat in range(1, chats + 1):
        for n in range(each):
            token = examples.token(1 + n + each * (chat + chats * number))
            about = examples.stamped(examples.heard(f"e{number}.{chat}.{n}", about=token, at=process.clock.now()))
            owed.append(examples.alert(chat, about=about, queued_at=process.clock.now()))
    for alert in owed:
        await process.outbox.put(alert)
    return owed


async def subscribed(process, chats=30):
    for chat in range(1, chats + 1):
        await process.subscribe(chat)


def told(process):
    """How many alerts each chat was told of, alone or in a digest."""
    counts = Counter()
    for sent in process.messenger.sent:
        counts[sent.destination.chat] += sent.body.number if isinstance(sent.body, Digest) else 1
    return counts


async def test_a_flood_leaves_one_digest_a_destination_waiting_and_everybody_is_told_of_everything(process, crowded):
    await subscribed(process)
    async with process.running(process.sender().run()):
        for number in range(10):
            await wave(process, number)
            await process.wait(2 * SECOND)
            assert await process.outbox.length() <= 40 + 30 + 30 * 4
        await process.wait(30 * SECOND)
    assert told(process) == dict.fromkeys(range(1, 31), 40)
    assert await process.outbox.length() == 0
    ends = Counter(end.notification for end in await process.ends())
    assert set(ends.values()) == {1}


class Slow(MemoryOutbox):
    """Takes its time to note what was folded, or to revise, until it is let."""

    def __init__(self, *, journal, slow):
        super().__init__(journal=journal)
        self.slow = slow
        self.opens = asyncio.Event()
        self.revised = 0

    async def revise(self, notifications):
        self.revised += 1
        if "revise" in self.slow:
            await self.opens.wait()
        return await super().revise(notifications)

    async def finish(self, ended):
        if "finish" in self.slow and any(end.outcome is FOLDED for end in ended):
            await self.opens.wait()
        await super().finish(ended)


async def test_sends_go_on_while_the_outbox_is_told_of_what_was_folded(process, crowded):
    process.outbox = Slow(journal=process.journal, slow={"finish"})
    await subscribed(process)
    async with process.running(process.sender().run()):
        await wave(process, 0)
        await process.wait(4 * SECOND)
        assert len(process.messenger.sent) > 60
        process.outbox.opens.set()
        await process.wait(SECOND)
    assert told(process) == dict.fromkeys(range(1, 31), 4)


async def test_a_sender_that_stops_ends_the_fold_it_began(process, crowded):
    process.outbox = Slow(journal=process.journal, slow={"revise"})
    await subscribed(process)
    sender = asyncio.create_task(process.sender().run())
    for number in range(3):
        await wave(process, number)
        await process.wait(SECOND)
    assert process.outbox.revised == 1
    sender.cancel()
    await process.wait()
    assert not sender.done()
    process.outbox.opens.set()
    await asyncio.wait([sender])
    counts = told(process)
    for notification in process.outbox._owed.values():
        body = notification.body
        counts[notification.destination.chat] += body.number if isinstance(body, Digest) else 1
    assert counts == dict.fromkeys(range(1, 31), 12)


class Lost(MemoryOutbox):
    """Says of every digest that another sender owns it by now."""

    async def revise(self, notifications):
        return [False for _ in notifications]


async def test_what_cannot_join_a_digest_that_is_anothers_begins_a_new_one(process, crowded):
    process.outbox = Lost(journal=process.journal)
    await subscribed(process)
    async with process.running(process.sender().run()):
        for number in range(3):
            await wave(process, number)
            await process.wait(SECOND)
        await process.wait(10 * SECOND)
    owed = Counter()
    for notification in process.outbox._owed.values():
        assert isinstance(notification.body, Digest)
        owed[notification.destination.chat] += notification.body.number
    assert told(process) + owed == dict.fromkeys(range(1, 31), 12)
