"""What is owed is sent once, within the limits, and every notification reaches an end that is told."""

import asyncio
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import CallAlert, Digest, FoldReason
from tokenfilter.domain.subscriber import Standing
from tokenfilter.ports.failures import (
    MigratedError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)


def about(number):
    """An event about a token of its own."""
    return examples.stamped(examples.heard(f"e{number}", about=examples.token(number)))


async def owe(process, chat, number=1, **more):
    """Owe a chat alerts about so many tokens."""
    owed = [examples.alert(chat, about=about(n), **more) for n in range(1, number + 1)]
    for alert in owed:
        await process.outbox.put(alert)
    return owed


async def outcomes(process):
    """How each notification ended."""
    return [end.outcome for end in await process.ends()]


async def test_what_is_owed_is_sent_and_its_end_is_told(process):
    (alert,) = await owe(process, 1)
    async with process.running(process.sender().run()):
        await process.wait()
    assert process.messenger.sent == [alert]
    (end,) = await process.ends()
    assert (end.notification, end.token, end.destination) == (alert.id, alert.body.token, alert.destination)
    assert (end.outcome, end.message_id, end.call_to_sent, end.at) == (DeliveryOutcome.SENT, 1, 0, NOON)
    assert await process.outbox.length() == 0


async def test_a_chat_gets_one_message_a_second_and_others_do_not_wait_for_it(process):
    await owe(process, 1, 3)
    await owe(process, 2)
    async with process.running(process.sender().run()):
        await process.wait(SECOND / 2)
        assert [len(process.arrived(1)), len(process.arrived(2))] == [1, 1]
        await process.wait(SECOND)
        assert len(process.arrived(1)) == 2
        await process.wait(SECOND)
        assert len(process.arrived(1)) == 3


async def test_everybody_has_a_first_message_before_anybody_has_a_second(process):
    for chat in range(1, 31):
        await owe(process, chat, 3)
    async with process.running(process.sender().run()):
        await process.wait(6 * SECOND)
    chats = [n.destination.chat for n in process.messenger.sent]
    assert [sorted(chats[at : at + 30]) for at in (0, 30, 60)] == [list(range(1, 31))] * 3


async def test_no_more_than_29_messages_a_second_go_out(process):
    for chat in range(1, 101):
        await owe(process, chat)
    async with process.running(process.sender().run()):
        await process.wait(SECOND - timedelta(milliseconds=50))
        assert 20 <= len(process.messenger.sent) <= 29
        await process.wait(3 * SECOND)
    assert len(process.messenger.sent) == 100


async def test_a_wish_to_wait_is_obeyed_and_the_alert_is_sent_once(process):
    process.messenger.fail(1, RateLimitedError(7 * SECOND))
    (alert,) = await owe(process, 1)
    async with process.running(process.sender().run()):
        await process.wait(7 * SECOND - timedelta(milliseconds=1))
        assert process.messenger.sent == []
        await process.wait(SECOND)
        assert process.messenger.sent == [alert]
        await process.wait(60 * SECOND)
    assert process.messenger.sent == [alert]
    assert await outcomes(process) == [DeliveryOutcome.SENT]


async def test_a_wish_to_wait_in_one_chat_holds_no_other_up(process):
    process.messenger.fail(1, RateLimitedError(60 * SECOND))
    await owe(process, 1, 2)
    await owe(process, 2, 2)
    async with process.running(process.sender().run()):
        await process.wait(2 * SECOND)
        assert [len(process.arrived(1)), len(process.arrived(2))] == [0, 2]
        await process.wait(60 * SECOND)
    assert len(process.arrived(1)) == 2


async def test_whose_chat_is_gone_is_unreachable_and_is_sent_nothing_more(process):
    await process.subscribe(1, "mcap >= 1")
    process.messenger.fail(1, RecipientGoneError("blocked"))
    await owe(process, 1, 3)
    async with process.running(process.sender().run()):
        await process.wait(10 * SECOND)
    assert process.messenger.sent == []
    assert await outcomes(process) == [DeliveryOutcome.GONE, DeliveryOutcome.MUTED, DeliveryOutcome.MUTED]
    assert (await process.subscribers.get(ChatId(1))).standing is Standing.UNREACHABLE
    await process.hear(examples.heard("later", about=examples.token(9), mcap=5))
    await process.judge()
    assert await process.outbox.length() == 0


async def test_an_alert_goes_to_the_new_id_of_a_chat_that_moved(process):
    process.messenger.fail(-5, MigratedError(ChatId(-1_005)))
    await owe(process, -5)
    async with process.running(process.sender().run()):
        await process.wait(SECOND)
    assert [n.destination.chat for n in process.messenger.sent] == [-1_005]
    assert await process.outbox.length() == 0


async def test_what_is_refused_is_not_tried_again_and_the_next_goes_out(process):
    process.messenger.fail(1, RefusedError("message is too long"))
    _, second = await owe(process, 1, 2)
    async with process.running(process.sender().run()):
        await process.wait(60 * SECOND)
    assert process.messenger.sent == [second]
    assert await outcomes(process) == [DeliveryOutcome.REFUSED, DeliveryOutcome.SENT]
    assert list(process.telemetry.failures) == [("sending", "message is too long")]


async def test_what_surely_was_not_sent_is_tried_again_later_and_later_until_it_is(process):
    process.messenger.fail(1, *[UnavailableError("no route", acted=False)] * 3)
    (alert,) = await owe(process, 1)
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
        assert process.messenger.sent == []
        await process.wait(3 * SECOND)
    assert process.messenger.sent == [alert]
    assert await outcomes(process) == [DeliveryOutcome.SENT]
    assert process.telemetry.failures["sending", "no route"][1] == 3


async def test_what_may_have_been_sent_is_not_sent_again(process):
    process.messenger.fail(1, UnavailableError("no answer", acted=None))
    await owe(process, 1)
    async with process.running(process.sender().run()):
        await process.wait(60 * SECOND)
    assert process.messenger.sent == []
    assert await outcomes(process) == [DeliveryOutcome.IN_DOUBT]
    assert await process.outbox.length() == 0


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


async def test_a_send_that_is_never_answered_ends_in_doubt(new_process, monkeypatch):
    monkeypatch.setattr("tokenfilter.app.deliver_notifications._DEADLINE", 0)
    process = new_process(messenger=Slow())
    await owe(process, 1)
    async with process.running(process.sender().run()):
        await process.wait(SECOND)
    assert await outcomes(process) == [DeliveryOutcome.IN_DOUBT]
    assert list(process.telemetry.failures) == [("sending", "no answer in time")]


async def test_no_more_than_the_allowed_number_is_sent_side_by_side(new_process):
    process = new_process(messenger=Slow())
    for chat in range(1, 10):
        await owe(process, chat)
    async with process.running(process.sender(at_once=3).run()):
        await process.wait(2 * SECOND)
        assert process.messenger.under_way == 3
        process.messenger.answers.set()
        await process.wait(2 * SECOND)
    assert process.messenger.most == 3
    assert len(process.messenger.sent) == 9


async def test_a_send_under_way_is_finished_when_the_sender_stops(new_process):
    process = new_process(messenger=Slow())
    (alert,) = await owe(process, 1)
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
    owed = await owe(process, 1, 3)
    async with process.running(process.sender().run()):
        await process.wait(SECOND / 2)
    assert len(process.messenger.sent) == 1
    await process.outbox.redeliver()
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
    assert process.messenger.sent == owed


async def test_what_another_has_finished_meanwhile_is_not_sent(process):
    _, second = await owe(process, 1, 2)
    async with process.running(process.sender().run()):
        await process.wait()
        await process.outbox.finish([second])
        await process.wait(3 * SECOND)
    assert len(process.messenger.sent) == 1


class Clumsy(MemoryMessenger):
    """Cannot write about one token."""

    async def send(self, notification, *, reader):
        if isinstance(notification.body, CallAlert) and notification.body.token == examples.token(1):
            raise ZeroDivisionError
        return await super().send(notification, reader=reader)


async def test_an_alert_that_cannot_be_written_ends_and_is_told_and_the_rest_goes_out(new_process):
    process = new_process(messenger=Clumsy())
    bad, good = await owe(process, 1, 2)
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
    assert process.messenger.sent == [good]
    assert await outcomes(process) == [DeliveryOutcome.IN_DOUBT, DeliveryOutcome.SENT]
    assert list(process.telemetry.failures) == [("sending", f"ZeroDivisionError at {bad.id}")]
    assert await process.outbox.length() == 0


async def test_more_than_twenty_waiting_for_one_chat_end_in_one_digest_with_all_the_others(process):
    owed = await owe(process, 1, 30, useful_for=timedelta(hours=1))
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
    owed = await owe(process, 1, 3)
    async with process.running(process.sender().run()):
        await process.wait(timedelta(minutes=12), step=SECOND)
    (digest,) = process.messenger.sent
    assert digest.body.reason is FoldReason.TOO_OLD
    assert {a.token for a in digest.body.alerts} == {n.body.token for n in owed}


@pytest.mark.parametrize("at_once", [1, 10])
async def test_whatever_goes_wrong_every_notification_ends_once(process, at_once):
    chats = range(1, 13)
    failures = (
        RateLimitedError(3 * SECOND),
        UnavailableError("no route", acted=False),
        UnavailableError("no answer", acted=None),
        RefusedError("no"),
        RecipientGoneError("blocked"),
        MigratedError(ChatId(-99)),
    )
    owed = []
    for chat in chats:
        process.messenger.fail(chat, failures[chat % 6], failures[chat % 5], failures[chat % 4])
        owed += await owe(process, chat, 25)
    async with process.running(process.sender(at_once=at_once).run()):
        await process.wait(timedelta(minutes=6), step=SECOND / 2)
    ended = [e.notification for e in await process.ends() if not e.notification.startswith("digest:")]
    assert sorted(ended) == sorted(n.id for n in owed)
    assert await process.outbox.length() == 0
