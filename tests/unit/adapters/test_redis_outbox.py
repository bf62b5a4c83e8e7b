"""Notifications of one event are stored together; each is owed, sent and finished by itself."""
# ruff: noqa: F811 - fixtures are imported

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.redis_process import PARTITIONS, redis_connection, redis_keys, redis_process, redis_successor  # noqa: F401

from tokenfilter.adapters.redis import processed_tokens
from tokenfilter.adapters.redis.batches import (
    Batch,
    alerts_batch,
    batch_of,
    opened,
    owed_by,
    recipients_of,
    spelt,
)
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.delivery import digest_of, joined
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import CallAlert, FoldReason, Lane, Notification, alert_id
from tokenfilter.domain.partition import home
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.ports.failures import StaleOwnerError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON
from tokenfilter.testing.strategies.stored import notifications

ROUTES = [examples.route(chat) for chat in (3, 1, 2)]


async def settled(process, channel="@alpha", *, routes=ROUTES):
    """The alerts that settling a channel's call queued."""
    event = examples.stamped(examples.heard(channel, calls=[examples.call(channel)], mcap=5))
    decision = examples.decided(event, routes, await process.tokens.records(event.token))
    told = alerts(decision, now=NOON, useful_for=timedelta(minutes=10))
    return (await process.tokens.settle(decision, told)).queued


async def finish(process, notifications):
    await process.outbox.finish([examples.ended(n) for n in notifications])


async def taken(process, count):
    found = []
    while len(found) < count:
        found += await soon(process.outbox.take(100))
    return found


@given(notifications(), st.sampled_from(Lane))
def test_a_notification_is_stored_exactly(notification: Notification, lane: Lane):
    notification = replace(notification, lane=lane)
    if isinstance(notification.body, CallAlert):
        notification = replace(notification, id=alert_id(notification.body.token, notification.destination))
    batch, recipient = batch_of(notification)
    assert opened(batch.head + recipient + batch.tail, lane) == [notification]


def test_alerts_of_one_event_are_stored_together_and_share_their_evidence():
    event = examples.stamped(examples.heard(calls=[examples.call()], mcap=5))
    decision = examples.decided(event, ROUTES)
    told = alerts(decision, now=NOON, useful_for=timedelta(minutes=10))
    batch = alerts_batch(told[0], decision.evidence)
    spelt = batch.head + recipients_of(told, [str(alert.destination) for alert in told]) + batch.tail
    found = opened(spelt, Lane.ALERTS)
    assert found == list(told)
    assert len({id(n.body.evidence) for n in found if isinstance(n.body, CallAlert)}) == 1


@pytest.mark.parametrize("spelt", ["", "[]", "{}", '{"evidence":{}}', '{"evidence":1,"to":[]}'])
def test_what_is_no_batch_is_refused(spelt):
    with pytest.raises(NotStoredFormError):
        opened(spelt, Lane.ALERTS)


@pytest.mark.parametrize("recipient", ["1", "[]", '["1",[1]]', '["x",[1],[]]', '["1",["1"],[]]', '["1",[1],[1]]'])
def test_what_is_no_recipient_is_refused(recipient):
    alert = examples.alert()
    assert isinstance(alert.body, CallAlert)
    batch: Batch = alerts_batch(alert, alert.body.evidence)
    with pytest.raises(NotStoredFormError):
        opened(batch.head + recipient + batch.tail, Lane.ALERTS)


def test_an_alert_is_noted_under_its_token_and_anything_else_by_its_id():
    topic = replace(examples.alert(7), id=alert_id(examples.token(), Destination(ChatId(-7), 5)))
    digest = digest_of((examples.alert(7),), FoldReason.TOO_MANY, now=NOON)
    assert owed_by(topic.id) == (str(examples.token()), "-7/5")
    assert [owed_by(other) for other in (digest.id, "alert:7", "x")] == [("", digest.id), ("", "alert:7"), ("", "x")]


async def test_who_shares_an_entry_shares_the_evidence(redis_process):
    await settled(redis_process)
    evidence = {id(n.body.evidence) for n in await taken(redis_process, 3)}
    assert len(evidence) == 1


async def test_a_successor_is_given_those_of_an_entry_that_are_not_finished(redis_process, redis_successor):
    queued = await settled(redis_process)
    await finish(redis_process, (await taken(redis_process, 3))[1:2])
    heir = await redis_successor()
    assert await taken(heir, 2) == [queued[0], queued[2]]


async def exactly_these_are_given_and_end(process, queued):
    """Each of these is given once, and when they have ended nothing is left."""
    found = await taken(process, len(queued))
    assert sorted(n.id for n in found) == sorted(n.id for n in queued)
    await finish(process, found)
    await nothing_is_left(process)


async def nothing_is_left(process):
    """Nothing is owed, and nothing says that anything was."""
    assert await process.outbox.length() == await process.pending() == 0
    assert await process.stored("left:*") == await process.stored("*owed*") == []
    for key in await process.stored("outbox:*"):
        assert await process.connection.reads.xlen(key) == 0


async def test_with_the_last_of_an_entry_nothing_of_it_is_left(redis_process):
    queued = await settled(redis_process)
    await finish(redis_process, queued[:2])
    assert await redis_process.stored("left:*") != []
    await finish(redis_process, await taken(redis_process, 1))
    await nothing_is_left(redis_process)


async def test_money_comes_before_alerts_and_alerts_before_digests(redis_process):
    alert = examples.alert(1)
    one, two, three = (digest_of((examples.alert(n),), FoldReason.TOO_MANY, now=NOON) for n in (1, 2, 3))
    for notification in (replace(one, lane=Lane.REPORTS), alert, replace(two, lane=Lane.MONEY), three):
        await redis_process.outbox.put(notification)
    lanes = [n.lane for n in await taken(redis_process, 4)]
    assert lanes == sorted(lanes)
    assert lanes[0] is Lane.MONEY


async def test_a_digest_whose_chat_moved_is_finished_where_it_is_owed(redis_process):
    digest = digest_of((examples.alert(-5),), FoldReason.TOO_MANY, now=NOON)
    await redis_process.outbox.put(digest)
    [owed] = await taken(redis_process, 1)
    elsewhere = next(c for c in range(-200, -100) if home_of(c) != home_of(-5))
    moved = replace(owed, destination=Destination(ChatId(elsewhere)))
    assert await redis_process.outbox.intend(moved)
    await finish(redis_process, [moved])
    assert await redis_process.outbox.length() == 0
    assert await redis_process.journal.length() == 1


def home_of(chat):
    return home(None, Destination(ChatId(chat)), PARTITIONS)


async def test_who_no_longer_leads_may_neither_send_nor_finish(redis_process, redis_successor):
    await settled(redis_process)
    queued = await taken(redis_process, 3)
    await redis_successor()
    assert not await redis_process.outbox.intend(queued[0])
    with pytest.raises(StaleOwnerError):
        await finish(redis_process, queued)
    assert await redis_process.outbox.length() == 3


async def test_what_an_event_queued_is_not_queued_again_by_itself(redis_process):
    queued = await settled(redis_process)
    assert [await redis_process.outbox.put(n) for n in queued] == [False] * 3


async def test_who_is_told_anew_while_the_first_alert_is_still_owed_is_owed_one(redis_process):
    first = await settled(redis_process)
    everybody = frozenset(n.destination for n in first)
    await redis_process.tokens.forget(everybody - {first[0].destination})
    await finish(redis_process, first[1:2])
    again = await settled(redis_process, "@beta")
    assert {n.destination for n in again} == everybody - {first[0].destination}
    assert await redis_process.outbox.length() == 3
    await exactly_these_are_given_and_end(redis_process, first)


async def test_what_was_taken_and_not_finished_is_given_again_on_demand(redis_process):
    await settled(redis_process)
    queued = await taken(redis_process, 3)
    await finish(redis_process, queued[:1])
    redis_process.outbox.give_again()
    assert await taken(redis_process, 2) == queued[1:]


async def test_each_call_of_a_large_event_notes_whom_it_queued(redis_process, monkeypatch):
    monkeypatch.setattr(processed_tokens, "_RECIPIENTS_AT_ONCE", 10)
    routes = [examples.route(chat) for chat in range(1, 25)]
    queued = await settled(redis_process, routes=routes)
    noted = [n.entry for n in await soon(redis_process.journal.read(10))]
    assert [len(e.told) for e in noted if isinstance(e, EventSettled)] == [10, 10, 4]
    assert await taken(redis_process, 24) == list(queued)


async def test_what_is_spelt_again_reads_as_if_it_were_spelt_once(redis_process):
    digests = [digest_of((examples.alert(1), examples.alert(1)), FoldReason.TOO_MANY, now=NOON)]
    digests.append(joined(digests[0], (examples.alert(1, about=example_event("e2")),), FoldReason.TOO_MANY))
    for digest in digests:
        batch, recipient = batch_of(digest)
        assert spelt(digest) == batch.head + recipient + batch.tail
        assert opened(spelt(digest), Lane.REPORTS) == [digest]


async def entries(process):
    return sum([await process.connection.reads.xlen(key) for key in await process.stored("outbox:*")])


def example_event(name):
    return examples.stamped(examples.heard(name, symbol='"alerts":[]', mcap=9))


async def test_with_the_end_of_what_was_revised_nothing_of_it_is_left(redis_process):
    alert, other = examples.alert(-5), examples.alert(-5, about=example_event("e2"))
    digest = digest_of((alert,), FoldReason.TOO_MANY, now=NOON)
    await redis_process.outbox.put(digest)
    [owed] = await taken(redis_process, 1)
    for _ in range(3):
        owed = joined(owed, (other,), FoldReason.TOO_MANY)
        assert await redis_process.outbox.revise([owed]) == [True]
    assert await entries(redis_process) == 1
    await finish(redis_process, [owed])
    await nothing_is_left(redis_process)


async def test_who_no_longer_leads_may_not_revise(redis_process, redis_successor):
    digest = digest_of((examples.alert(-5),), FoldReason.TOO_MANY, now=NOON)
    await redis_process.outbox.put(digest)
    await taken(redis_process, 1)
    heir = await redis_successor()
    other = examples.alert(-5, about=example_event("e2"))
    assert await redis_process.outbox.revise([joined(digest, (other,), FoldReason.TOO_MANY)]) == [False]
    assert await taken(heir, 1) == [digest]
