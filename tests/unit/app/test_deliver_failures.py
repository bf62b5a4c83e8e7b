"""Each way in which a send can fail leads to the one end that it must."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import CallAlert, Lane
from tokenfilter.ports.failures import (
    MigratedError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.testing import examples

SECOND = timedelta(seconds=1)


@pytest.fixture
def process(counting):
    return counting


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
    assert process.telemetry.failures["telegram", "no route"][1] == 3


async def test_what_may_have_been_sent_is_not_sent_again(process):
    process.messenger.fail(1, UnavailableError("no answer", acted=None))
    await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait(60 * SECOND)
    assert process.messenger.sent == []
    assert await process.outcomes() == [DeliveryOutcome.IN_DOUBT]
    assert await process.outbox.length() == 0


async def test_money_that_may_have_been_told_is_told_again_until_that_is_certain(process):
    process.messenger.fail(1, *[UnavailableError("no answer", acted=None)] * 3)
    await process.subscribe(1)
    receipt = replace(examples.alert(1), id="pay:sol:1", lane=Lane.MONEY)
    await process.outbox.put(receipt)
    async with process.running(process.sender().run()):
        await process.wait(60 * SECOND)
    assert process.messenger.sent == [receipt]
    assert await process.outcomes() == [DeliveryOutcome.SENT]


async def test_while_telegram_is_away_hardly_an_alert_is_given_up_and_afterwards_all_others_go_out(process):
    process.messenger.away = UnavailableError("bad gateway", acted=None)
    for chat in range(1, 101):
        await process.owe(chat, useful_for=timedelta(hours=1))
    async with process.running(process.sender().run()):
        await process.wait(timedelta(minutes=1))
        lost = await process.outcomes()
        assert process.telemetry.neighbours["telegram"].state == "down"
        assert len(lost) <= 15
        process.messenger.away = None
        await process.wait(timedelta(minutes=1))
    assert process.telemetry.neighbours["telegram"].state == "up"
    assert len(process.messenger.sent) == 100 - len(lost)
    assert await process.outbox.length() == 0


async def test_refusals_for_speed_in_many_chats_pause_everything_for_the_longest_wait_asked_for(process):
    for chat in range(1, 61):
        if chat <= 4:
            process.messenger.fail(chat, RateLimitedError(chat * SECOND))
        await process.owe(chat)
    async with process.running(process.sender().run()):
        await process.wait(SECOND / 5)
        before = len(process.messenger.sent)
        await process.wait(7 * SECOND / 2)
        assert len(process.messenger.sent) <= before + 1
        await process.wait(30 * SECOND)
    assert len(process.messenger.sent) == 60


class Mute(MemoryMessenger):
    """Never answers."""

    async def send(self, notification, *, reader):
        await asyncio.Event().wait()


async def test_a_send_that_is_never_answered_ends_in_doubt(new_process, monkeypatch):
    monkeypatch.setattr("tokenfilter.app.deliver_notifications.sending.DEADLINE", 0)
    process = new_process(messenger=Mute())
    await process.owe(1)
    async with process.running(process.sender().run()):
        await process.wait(SECOND)
    assert await process.outcomes() == [DeliveryOutcome.IN_DOUBT]
    assert list(process.telemetry.failures) == [("telegram", "no answer in time")]


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
