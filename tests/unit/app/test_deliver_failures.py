"""Each way in which a send can fail leads to the one end that it must."""

import asyncio
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import CallAlert
from tokenfilter.domain.subscriber import Standing
from tokenfilter.ports.failures import (
    MigratedError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.testing import examples

SECOND = timedelta(seconds=1)


async def test_a_wish_to_wait_is_obeyed_and_the_alert_is_sent_once(process):
    process.messenger.fail(1, RateLimitedError(7 * SECOND))
    (alert,) = await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait(7 * SECOND - timedelta(milliseconds=1))
        assert process.messenger.sent == []
        await process.wait(SECOND)
        assert process.messenger.sent == [alert]
        await process.wait(60 * SECOND)
    assert process.messenger.sent == [alert]
    assert await process.outcomes() == [DeliveryOutcome.SENT]


async def test_a_wish_to_wait_in_one_chat_holds_no_other_up(process):
    process.messenger.fail(1, RateLimitedError(60 * SECOND))
    await process.owe(1, 2)
    await process.owe(2, 2)
    async with process.running(process.sender().run()):
        await process.wait(2 * SECOND)
        assert [len(process.arrived(1)), len(process.arrived(2))] == [0, 2]
        await process.wait(60 * SECOND)
    assert len(process.arrived(1)) == 2


async def test_whose_chat_is_gone_is_unreachable_and_is_sent_nothing_more(process):
    await process.subscribe(1, "mcap >= 1")
    process.messenger.fail(1, RecipientGoneError("blocked"))
    await process.owe(1, 3)
    async with process.running(process.sender().run()):
        await process.wait(10 * SECOND)
    assert process.messenger.sent == []
    assert await process.outcomes() == [DeliveryOutcome.GONE, DeliveryOutcome.MUTED, DeliveryOutcome.MUTED]
    assert (await process.subscribers.get(ChatId(1))).standing is Standing.UNREACHABLE
    await process.hear(examples.heard("later", about=examples.token(9), mcap=5))
    await process.judge()
    assert await process.outbox.length() == 0


async def test_an_alert_goes_to_the_new_id_of_a_chat_that_moved(process):
    process.messenger.fail(-5, MigratedError(ChatId(-1_005)))
    await process.owe(-5)
    async with process.running(process.sender().run()):
        await process.wait(SECOND)
    assert [n.destination.chat for n in process.messenger.sent] == [-1_005]
    assert await process.outbox.length() == 0


async def test_what_is_refused_is_not_tried_again_and_the_next_goes_out(process):
    process.messenger.fail(1, RefusedError("message is too long"))
    _, second = await process.owe(1, 2)
    async with process.running(process.sender().run()):
        await process.wait(60 * SECOND)
    assert process.messenger.sent == [second]
    assert await process.outcomes() == [DeliveryOutcome.REFUSED, DeliveryOutcome.SENT]
    assert list(process.telemetry.failures) == [("sending", "message is too long")]


async def test_what_surely_was_not_sent_is_tried_again_later_and_later_until_it_is(process):
    process.messenger.fail(1, *[UnavailableError("no route", acted=False)] * 3)
    (alert,) = await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
        assert process.messenger.sent == []
        await process.wait(3 * SECOND)
    assert process.messenger.sent == [alert]
    assert await process.outcomes() == [DeliveryOutcome.SENT]
    assert process.telemetry.failures["sending", "no route"][1] == 3


async def test_what_may_have_been_sent_is_not_sent_again(process):
    process.messenger.fail(1, UnavailableError("no answer", acted=None))
    await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait(60 * SECOND)
    assert process.messenger.sent == []
    assert await process.outcomes() == [DeliveryOutcome.IN_DOUBT]
    assert await process.outbox.length() == 0


class Mute(MemoryMessenger):
    """Never answers."""

    async def send(self, notification, *, reader):
        await asyncio.Event().wait()


async def test_a_send_that_is_never_answered_ends_in_doubt(new_process, monkeypatch):
    monkeypatch.setattr("tokenfilter.app.deliver_notifications._DEADLINE", 0)
    process = new_process(messenger=Mute())
    await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait(SECOND)
    assert await process.outcomes() == [DeliveryOutcome.IN_DOUBT]
    assert list(process.telemetry.failures) == [("sending", "no answer in time")]


class Clumsy(MemoryMessenger):
    """Cannot write about one token."""

    async def send(self, notification, *, reader):
        if isinstance(notification.body, CallAlert) and notification.body.token == examples.token(1):
            raise ZeroDivisionError
        return await super().send(notification, reader=reader)


async def test_an_alert_that_cannot_be_written_ends_and_is_told_and_the_rest_goes_out(new_process):
    process = new_process(messenger=Clumsy())
    bad, good = await process.owe(1, 2)
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
    assert process.messenger.sent == [good]
    assert await process.outcomes() == [DeliveryOutcome.IN_DOUBT, DeliveryOutcome.SENT]
    assert list(process.telemetry.failures) == [("sending", f"ZeroDivisionError at {bad.id}")]
    assert await process.outbox.length() == 0


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
        owed += await process.owe(chat, 25)
    async with process.running(process.sender(at_once=at_once).run()):
        await process.wait(timedelta(minutes=6), step=SECOND / 2)
    ended = [e.notification for e in await process.ends() if not e.notification.startswith("digest:")]
    assert sorted(ended) == sorted(n.id for n in owed)
    assert await process.outbox.length() == 0
