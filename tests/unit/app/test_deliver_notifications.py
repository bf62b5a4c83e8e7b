"""What is owed is sent once, within the limits, and every notification reaches an end that is told."""

import asyncio
from datetime import timedelta

from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.notification import Digest, FoldReason
from tokenfilter.ports.failures import RateLimitedError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)


async def test_what_is_owed_is_sent_and_its_end_is_told(process):
    (alert,) = await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait()
    assert process.messenger.sent == [alert]
    (end,) = await process.ends()
    assert (end.notification, end.token, end.destination) == (alert.id, alert.body.token, alert.destination)
    assert (end.outcome, end.message_id, end.call_to_sent, end.at) == (DeliveryOutcome.SENT, 1, 0, NOON)
    assert await process.outbox.length() == 0


async def test_a_chat_gets_one_message_a_second_and_others_do_not_wait_for_it(process):
    await process.owe(1, 3)
    await process.owe(2)
    async with process.running(process.sender().run()):
        await process.wait(SECOND / 2)
        assert [len(process.arrived(1)), len(process.arrived(2))] == [1, 1]
        await process.wait(SECOND)
        assert len(process.arrived(1)) == 2
        await process.wait(SECOND)
        assert len(process.arrived(1)) == 3


async def test_everybody_has_a_first_message_before_anybody_has_a_second(process):
    for chat in range(1, 31):
        await process.owe(chat, 3)
    async with process.running(process.sender().run()):
        await process.wait(6 * SECOND)
    chats = [n.destination.chat for n in process.messenger.sent]
    assert [sorted(chats[at : at + 30]) for at in (0, 30, 60)] == [list(range(1, 31))] * 3


async def test_no_more_than_29_messages_a_second_go_out(process):
    for chat in range(1, 101):
        await process.owe(chat)
    async with process.running(process.sender().run()):
        await process.wait(SECOND - timedelta(milliseconds=50))
        assert 20 <= len(process.messenger.sent) <= 29
        await process.wait(3 * SECOND)
    assert len(process.messenger.sent) == 100


class Slow(MemoryMessenger):
    """Answers when it is let."""

    def __init__(self):
        super().__init__()
        self.answers = asyncio.Event()
        self.under_way = 0
        self.most = 0

    async def send(self, notification, *, reader):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.answers.wait()
        self.under_way -= 1
        return await super().send(notification, reader=reader)


async def test_no_more_than_the_allowed_number_is_sent_side_by_side(new_process):
    process = new_process(messenger=Slow())
    for chat in range(1, 10):
        await process.owe(chat)
    async with process.running(process.sender(at_once=3).run()):
        await process.wait(2 * SECOND)
        assert process.messenger.under_way == 3
        process.messenger.answers.set()
        await process.wait(2 * SECOND)
    assert process.messenger.most == 3
    assert len(process.messenger.sent) == 9


async def test_a_send_under_way_is_finished_when_the_sender_stops(new_process):
    process = new_process(messenger=Slow())
    (alert,) = await process.owe(1)
    sender = asyncio.create_task(process.sender().run())
    await process.wait()
    sender.cancel()
    await process.wait()
    assert not sender.done()
    process.messenger.answers.set()
    await asyncio.wait([sender])
    assert process.messenger.sent == [alert]
    assert await process.outbox.length() == 0


async def test_what_a_dead_sender_held_is_sent_by_its_successor_and_nothing_twice(process):
    owed = await process.owe(1, 3)
    async with process.running(process.sender().run()):
        await process.wait(SECOND / 2)
    assert len(process.messenger.sent) == 1
    await process.outbox.redeliver()
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
    assert process.messenger.sent == owed


async def test_what_another_has_finished_meanwhile_is_not_sent(process):
    _, second = await process.owe(1, 2)
    async with process.running(process.sender().run()):
        await process.wait()
        await process.outbox.finish([examples.ended(second)])
        await process.wait(3 * SECOND)
    assert len(process.messenger.sent) == 1


async def test_more_than_twenty_waiting_for_one_chat_end_in_one_digest_with_all_the_others(process):
    owed = await process.owe(1, 30, useful_for=timedelta(hours=1))
    async with process.running(process.sender().run()):
        await process.wait(40 * SECOND)
    *single, digest = process.messenger.sent
    assert single == owed[:20]
    assert isinstance(digest.body, Digest)
    assert digest.body == Digest(alerts=tuple(n.body for n in owed[20:]), reason=FoldReason.TOO_MANY)
    ended = await process.ends()
    assert sorted(e.notification for e in ended) == sorted(n.id for n in [*owed, digest])
    assert sum(e.outcome is DeliveryOutcome.IN_DIGEST for e in ended) == 10
    assert await process.outbox.length() == 0


async def test_what_is_too_old_when_its_turn_comes_is_told_in_a_digest(process):
    process.messenger.fail(1, RateLimitedError(timedelta(minutes=11)))
    owed = await process.owe(1, 3)
    async with process.running(process.sender().run()):
        await process.wait(timedelta(minutes=12), step=SECOND)
    (digest,) = process.messenger.sent
    assert digest.body.reason is FoldReason.TOO_OLD
    assert {a.token for a in digest.body.alerts} == {n.body.token for n in owed}
