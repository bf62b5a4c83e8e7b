"""Mutes, snoozes and stops are obeyed when an alert's turn comes, and what was snoozed is told afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.notification import FoldReason
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ANNE, BERT, GROUP = ChatId(1), ChatId(2), ChatId(-3)


def alert(number=1, *, owners=(ANNE,), to=None, channel="@alpha"):
    """An alert about a token of its own, called by one channel."""
    said = examples.heard(f"e{number}", about=examples.token(number), calls=[examples.call(channel)])
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


async def test_an_alert_whose_owner_is_unknown_is_sent(process):
    nobody = alert(1, owners=(ChatId(99),))
    await sending(process, nobody)
    assert process.messenger.sent == [nobody]


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
