"""Mutes, snoozes and stops are obeyed when an alert's turn comes, and what was snoozed is told afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.notification import BlindSpotNotice, FoldReason, Lane
from tokenfilter.domain.quiet import QuietHours
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ANNE, BERT, GROUP = ChatId(1), ChatId(2), ChatId(-3)


def alert(number=1, *, owners=(ANNE,), to=None, channel="@alpha", at=NOON):
    """An alert about a token of its own, called by one channel."""
    said = examples.heard(f"e{number}", about=examples.token(number), at=at, calls=[examples.call(channel)])
    made = examples.alert(owners[0], about=examples.stamped(said), to=to, useful_for=24 * HOUR)
    return replace(made, owners=owners)


@pytest.fixture
async def process(process):
    for chat in (ANNE, BERT):
        await process.subscribe(chat)
    return process


async def sending(process, *alerts, span=30 * SECOND):
    """Owe these, let some time pass, and say how each ended."""
    for one in alerts:
        await process.outbox.put(one)
    async with process.running(process.sender().run()):
        await process.wait(span)
    return {e.notification: e.outcome for e in await process.ends()}


async def test_a_muted_token_is_withheld_and_another_is_not(process):
    await process.edits.mute_token(ANNE, examples.token(1))
    ended = await sending(process, alert(1), alert(2))
    assert list(ended.values()) == [DeliveryOutcome.MUTED, DeliveryOutcome.SENT]
    assert process.messenger.sent == [alert(2)]


async def test_a_muted_channel_is_withheld_and_another_is_not(process):
    await process.edits.mute_channel(ANNE, ChannelId("@spam"))
    await sending(process, alert(1, channel="@spam"), alert(2))
    assert process.messenger.sent == [alert(2)]


async def test_a_mute_ends_at_its_instant(process):
    await process.edits.mute_token(ANNE, examples.token(1), until=NOON)
    await sending(process, alert(1))
    assert process.messenger.sent == [alert(1)]


async def test_who_stopped_is_told_nothing(process):
    await process.edits.stop(ANNE)
    assert list((await sending(process, alert(1))).values()) == [DeliveryOutcome.MUTED]
    assert process.messenger.sent == []


async def test_of_two_owners_of_a_place_it_is_enough_that_one_wants_to_hear(process):
    await process.edits.mute_token(ANNE, examples.token(1))
    shared = alert(1, owners=(ANNE, BERT), to=Destination(GROUP))
    await sending(process, shared)
    assert process.messenger.sent == [shared]


async def test_what_nobody_is_left_to_ask_for_is_not_sent(process):
    await process.subscribers.remove(ANNE, now=NOON)
    ended = await sending(process, alert(1), alert(2, owners=(ANNE, BERT), to=Destination(GROUP)))
    assert list(ended.values()) == [DeliveryOutcome.MUTED, DeliveryOutcome.SENT]
    assert process.messenger.sent == [alert(2, owners=(ANNE, BERT), to=Destination(GROUP))]


async def test_what_was_snoozed_is_told_in_one_digest_afterwards(process):
    await process.edits.snooze(ANNE, 20 * SECOND)
    owed = [alert(n) for n in range(1, 6)]
    for one in owed:
        await process.outbox.put(one)
    sender = process.sender()
    async with process.running(sender.run()):
        await process.wait(19 * SECOND)
        assert process.messenger.sent == []
        assert sender.waiting == 5
        await process.wait(5 * SECOND)
        assert sender.waiting == 0
    (digest,) = process.messenger.sent
    assert digest.body.reason is FoldReason.SNOOZED
    assert [a.token for a in digest.body.alerts] == [n.body.token for n in owed]
    assert await process.outbox.length() == 0


async def test_ending_the_snooze_early_tells_at_once_what_was_held(process):
    await process.edits.snooze(ANNE, HOUR)
    await process.outbox.put(alert(1))
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
        await process.edits.snooze(ANNE, None)
        await process.wait(3 * SECOND)
    assert len(process.messenger.sent) == 1


async def test_a_snooze_of_one_holds_nothing_back_from_another(process):
    await process.edits.snooze(ANNE, HOUR)
    await sending(process, alert(1), alert(1, owners=(BERT,)))
    assert [n.destination.chat for n in process.messenger.sent] == [BERT]


async def test_who_stops_during_a_snooze_is_not_told_afterwards(process):
    await process.edits.snooze(ANNE, 20 * SECOND)
    await process.outbox.put(alert(1))
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
        await process.edits.stop(ANNE)
        await process.wait(40 * SECOND)
    assert process.messenger.sent == []
    assert [e.outcome for e in await process.ends()] == [DeliveryOutcome.MUTED]


async def test_what_is_muted_during_a_snooze_is_not_in_the_digest(process):
    await process.edits.snooze(ANNE, 20 * SECOND)
    for n in (1, 2):
        await process.outbox.put(alert(n))
    async with process.running(process.sender().run()):
        await process.wait(3 * SECOND)
        await process.edits.mute_token(ANNE, examples.token(1))
        await process.wait(40 * SECOND)
    (digest,) = process.messenger.sent
    assert [a.token for a in digest.body.alerts] == [examples.token(2)]


async def test_a_place_is_quiet_while_one_owner_snoozes_and_the_other_has_muted_the_token(process):
    await process.edits.mute_token(ANNE, examples.token(1))
    await process.edits.snooze(BERT, 20 * SECOND)
    await process.outbox.put(alert(1, owners=(ANNE, BERT), to=Destination(GROUP)))
    async with process.running(process.sender().run()):
        await process.wait(15 * SECOND)
        assert process.messenger.sent == []
        await process.wait(15 * SECOND)
    assert len(process.messenger.sent) == 1


async def test_a_digest_is_not_sent_to_whom_stopped_before_its_turn(process):
    await process.edits.snooze(ANNE, 10 * SECOND)
    await process.outbox.put(alert(1))
    async with process.running(process.sender().run()):
        await process.wait(5 * SECOND)
        await process.budget.halt(ANNE, NOON + 30 * SECOND)
        await process.wait(15 * SECOND)
        assert await process.outbox.length() == 1, "the digest waits for its turn"
        await process.edits.stop(ANNE)
        await process.wait(40 * SECOND)
    assert process.messenger.sent == []
    assert await process.outbox.length() == 0


async def test_what_comes_in_quiet_hours_is_told_in_one_digest_when_they_end(process):
    await process.edits.set_zone(ANNE, "Europe/Berlin")  # noon is 13 o'clock there
    await process.edits.set_quiet(ANNE, QuietHours(start=12, end=14))
    for n in range(1, 4):
        await process.outbox.put(alert(n))
    async with process.running(process.sender().run()):
        await process.wait(HOUR - SECOND, step=SECOND)
        assert process.messenger.sent == []
        await process.wait(10 * SECOND)
        await process.outbox.put(alert(9))
        await process.wait(10 * SECOND)
    digest, after = process.messenger.sent
    assert digest.body.reason is FoldReason.QUIET
    assert [a.token for a in digest.body.alerts] == [examples.token(n) for n in range(1, 4)]
    assert after == alert(9)


async def test_what_is_no_alert_waits_for_the_end_of_quiet_hours_too_and_money_does_not(process):
    await process.edits.set_quiet(ANNE, QuietHours(start=11, end=13))
    hint = BlindSpotNotice(filter_id="1.1", filter_name="A", criterion="win", unknown=9, refusals=10)
    notice = replace(alert(1), id="notice", lane=Lane.REPORTS, body=hint)
    money = replace(notice, id="money", lane=Lane.MONEY)
    for one in (notice, money):
        await process.outbox.put(one)
    async with process.running(process.sender().run()):
        await process.wait(HOUR - SECOND, step=SECOND)
        assert process.messenger.sent == [money]
        await process.wait(5 * SECOND)
    assert process.messenger.sent == [money, notice]


async def test_money_is_told_to_whom_stopped(process):
    await process.edits.stop(ANNE)
    money = replace(alert(1), id="money", lane=Lane.MONEY)
    await sending(process, money)
    assert process.messenger.sent == [money]


async def test_what_is_over_the_cap_comes_in_one_digest_at_the_end_of_the_hour_however_much_it_is(process):
    await process.edits.set_most_per_hour(ANNE, 5)
    sender = process.sender()
    async with process.running(sender.run()):
        for n in range(1, 71):
            await process.outbox.put(alert(n))
            await process.wait(2 * SECOND, step=SECOND)
        assert sender.waiting < 25, "what is held is folded before there is too much of it"
        await process.wait(HOUR - 145 * SECOND, step=SECOND)
        assert len(process.messenger.sent) == 5
        await process.wait(10 * SECOND)
        await process.outbox.put(alert(99))
        await process.wait(2 * SECOND)
    digest, after = process.messenger.sent[5:]
    assert (digest.body.reason, digest.body.number) == (FoldReason.CAPPED, 65)
    assert after == alert(99)
    assert await process.outbox.length() == 0


async def test_a_higher_cap_tells_at_once_what_was_held(process):
    await process.edits.set_most_per_hour(ANNE, 1)
    for n in (1, 2, 3):
        await process.outbox.put(alert(n))
    async with process.running(process.sender().run()):
        await process.wait(5 * SECOND)
        assert len(process.messenger.sent) == 1
        await process.edits.set_most_per_hour(ANNE, None)
        await process.wait(5 * SECOND)
    assert process.messenger.sent[-1].body.number == 2


async def test_much_that_is_held_through_a_night_ends_in_one_digest_with_the_number_of_all(process):
    await process.edits.snooze(ANNE, HOUR)
    sender = process.sender()
    async with process.running(sender.run()):
        for n in range(1, 101):
            await process.outbox.put(alert(n, at=NOON + n * SECOND))
        await process.wait(2 * 60 * SECOND, step=SECOND)
        assert process.messenger.sent == []
        assert sender.waiting <= 21
        await process.wait(HOUR, step=SECOND)
    (digest,) = process.messenger.sent
    assert digest.body.number == 100
    assert [a.token for a in digest.body.alerts] == [examples.token(n) for n in range(71, 101)]
    assert await process.outbox.length() == 0
