"""Whatever happens in whatever order: Redis owes what it should, and notes nothing that is over."""
# ruff: noqa: F811 - fixtures are imported

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from tests.redis_process import redis_connection, redis_keys, redis_process, redis_successor  # noqa: F401
from tests.unit.adapters.test_redis_outbox import (
    exactly_these_are_given_and_end,
    finish,
    nothing_is_left,
    settled,
    taken,
)

from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.adapters.redis import outbox, processed_tokens, settling
from tokenfilter.adapters.redis.batches import Batch, spelt
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import FoldReason, Lane
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

PLACES = [Destination(ChatId(chat)) for chat in range(1, 7)] + [Destination(ChatId(-1), 5), Destination(ChatId(-1))]
STEPS = 150


class Model:
    """What there would be in memory."""

    def __init__(self):
        self.journal = MemoryJournal()
        self.outbox = MemoryOutbox(journal=self.journal)
        self.tokens = MemoryProcessedTokens(outbox=self.outbox, journal=self.journal, events=MemoryEventStream())


def heard(random, number, at):
    call = examples.call(f"@c{number}", at)
    said = examples.heard(
        f"e{number}", at=at, about=examples.token(random.choice((1, 2))), calls=[call], mcap=random.choice((2, 5, 9))
    )
    return examples.stamped(said)


async def told(process, event):
    """Whom settling queued an alert, told by ids."""
    routes = [examples.route(1, f"mcap >= {n}", to=to) for n, to in enumerate(PLACES, 1)]
    decision = examples.decided(event, routes, await process.tokens.records(event.token))
    owed = alerts(decision, now=NOON, useful_for=timedelta(minutes=10))
    return sorted(n.id for n in (await process.tokens.settle(decision, owed)).queued)


def something(random):
    """A notification that may be owed, or may not."""
    alert = examples.alert(
        to=random.choice(PLACES), about=examples.stamped(examples.heard(about=examples.token(random.choice((1, 2)))))
    )
    return alert if random.random() < 0.8 else digest_of((alert,), FoldReason.TOO_MANY, now=NOON)


async def done(process, what, notification):
    if what == "finish":
        return await process.outbox.finish([examples.ended(notification)])
    if what == "revise":
        return list(await process.outbox.revise([notification]))
    return await getattr(process.outbox, what)(notification)


@pytest.mark.parametrize("seed", range(12))
async def test_any_story_leaves_the_same_owed_as_in_memory(redis_process, redis_successor, monkeypatch, seed):
    monkeypatch.setattr(processed_tokens, "_RECIPIENTS_AT_ONCE", 3)
    random, at, model, process = Random(seed), NOON, Model(), redis_process
    for number in range(STEPS):
        what = random.choice(("settle", "settle", "finish", "finish", "intend", "revise", "put", "forget", "heir"))
        if what == "settle":
            at += ACCEPTED_FOR if random.random() < 0.05 else timedelta(hours=random.choice((0, 2)), seconds=1)
            event = heard(random, number, at)
            assert await told(process, event) == await told(model, event)
        elif what == "forget":
            forgotten = frozenset(random.sample(PLACES, 2))
            for one in (process, model):
                await one.tokens.forget(forgotten)
        elif what == "heir":
            process = await redis_successor()
            if await model.outbox.length():
                await soon(process.outbox.take(random.choice((2, 100))))
        else:
            notification = replace(something(random), queued_at=NOON + timedelta(seconds=number))
            assert await done(process, what, notification) == await done(model, what, notification)
        assert await process.outbox.length() == await model.outbox.length()
    left = await model.outbox.length()
    heir, owed = await redis_successor(), []
    while len(owed) < left:
        owed += await soon(heir.outbox.take(100))
    await model.outbox.redeliver()
    expected = await soon(model.outbox.take(1_000)) if left else []
    assert sorted(n.id for n in owed) == sorted(n.id for n in expected)
    await heir.outbox.finish([examples.ended(n) for n in owed])
    await nothing_is_left(heir)


async def test_an_entry_that_nobody_can_read_is_set_aside_and_nobody_is_owed_it(redis_process, monkeypatch):
    with monkeypatch.context() as spoilt:
        spoilt.setattr(settling, "alerts_batch", lambda *_: Batch(head="{", tail=""))
        unread = await settled(redis_process)
    others = await settled(redis_process, "@beta", routes=[examples.route(chat) for chat in (4, 5)])
    await redis_process.outbox.put(examples.alert(9))
    assert await taken(redis_process, 3) == [*others, examples.alert(9)]
    assert [letter.sample[0] for letter in await redis_process.dead.newest(5)] == ["{"]
    assert await redis_process.outbox.length() == 3
    assert [await redis_process.outbox.intend(n) for n in (*unread, *others)] == [False] * 3 + [True] * 2
    assert [await redis_process.outbox.put(n) for n in unread] == [True] * 3
    await finish(redis_process, [*await taken(redis_process, 3), *others, examples.alert(9)])
    await nothing_is_left(redis_process)


async def test_an_unreadable_digest_is_set_aside_and_may_be_queued_anew(redis_process, monkeypatch):
    digest = digest_of((examples.alert(-5),), FoldReason.TOO_MANY, now=NOON)
    with monkeypatch.context() as spoilt:
        spoilt.setattr(outbox, "spelt", lambda _: "{")
        await redis_process.outbox.put(digest)
    redis_process.outbox._written.clear()
    await redis_process.outbox.put(examples.alert(9))
    assert await taken(redis_process, 1) == [examples.alert(9)]
    assert await redis_process.outbox.length() == 1
    assert await redis_process.outbox.put(digest)
    await finish(redis_process, [*await taken(redis_process, 1), examples.alert(9)])
    await nothing_is_left(redis_process)


async def tries(process, alert):
    """How often the notes say it was tried to send an alert."""
    noted = await process.connection.reads.hgetall(
        process.keys.owed(process.keys.partition(alert.token), str(alert.token))
    )
    return [state for name, state in noted.items() if name.endswith(f" {alert.destination}")]


async def test_every_try_to_send_is_noted(redis_process):
    await settled(redis_process)
    [first, second, _] = await taken(redis_process, 3)
    for noted in ([], ["1"], ["2"]):
        assert await tries(redis_process, first) == noted
        assert await redis_process.outbox.intend(first)
    assert await tries(redis_process, second) == []


async def test_whose_alert_is_revised_has_it_alone_with_its_tries_and_the_others_keep_theirs(
    redis_process, redis_successor
):
    queued = await settled(redis_process)
    await taken(redis_process, 3)
    assert await redis_process.outbox.intend(queued[1])
    revised = replace(queued[1], owners=(ChatId(1), ChatId(7)))
    for _ in range(2):
        assert await redis_process.outbox.revise([revised]) == [True]
    assert await redis_process.outbox.length() == 3
    assert await redis_process.outbox.put(queued[1]) is False
    heir = await redis_successor()
    assert await taken(heir, 3) == [queued[0], queued[2], revised]
    assert await heir.outbox.intend(revised)
    assert "2" in await tries(heir, revised)
    await finish(heir, [revised, queued[0], queued[2]])
    await nothing_is_left(heir)


async def test_what_was_read_ahead_and_revised_is_given_only_as_it_reads_then(redis_process):
    queued = await settled(redis_process)
    assert list(await soon(redis_process.outbox.take(1))) == [queued[0]]
    revised = replace(queued[1], owners=(ChatId(1), ChatId(7)))
    assert await redis_process.outbox.revise([revised]) == [True]
    assert await taken(redis_process, 2) == [queued[2], revised]


async def test_what_another_process_took_in_the_middle_of_an_entry_is_finished_without_being_taken_anew(
    redis_process, redis_successor
):
    queued = await settled(redis_process)
    await taken(redis_process, 3)
    await finish(redis_process, queued[:1])
    heir = await redis_successor()
    assert [await heir.outbox.intend(n) for n in queued] == [False, True, True]
    await finish(heir, queued)
    assert await heir.journal.length() == 1 + 3
    await nothing_is_left(heir)


async def test_what_was_taken_before_redis_lost_it_and_is_queued_anew_ends_where_it_stands_now(redis_process):
    queued = await settled(redis_process)
    await taken(redis_process, 3)
    await redis_process.empty()
    await redis_process.lead()
    for notification in queued:
        assert await redis_process.outbox.put(notification)
    assert await redis_process.outbox.intend(queued[0])
    await finish(redis_process, queued)
    await nothing_is_left(redis_process)


async def test_whoever_is_owed_one_by_itself_is_not_queued_again_by_an_event(redis_process):
    queued = await settled(redis_process)
    await finish(redis_process, queued)
    await redis_process.tokens.forget(frozenset(n.destination for n in queued))
    assert await redis_process.outbox.put(queued[1])
    again = await settled(redis_process, "@beta")
    assert [n.id for n in again] == [n.id for n in queued]
    assert await redis_process.outbox.length() == 3
    await exactly_these_are_given_and_end(redis_process, queued)


async def test_whoever_is_owed_an_alert_is_owed_no_other_where_the_acceptances_are_gone(redis_process):
    queued = await settled(redis_process)
    [accepted] = await redis_process.stored("*:accepted")
    await redis_process.connection.writes.delete(accepted)
    await settled(redis_process, "@beta")
    assert await redis_process.outbox.length() == len(queued)


async def test_what_an_earlier_version_left_is_given_to_nobody_and_goes(redis_process):
    alert, keys = examples.alert(9), redis_process.keys
    partition, client = keys.partition(alert.token), redis_process.connection.writes
    entry = await client.xadd(keys.outbox(partition, Lane.ALERTS), {"e": spelt(alert)})
    await client.hset(keys.left(partition), f"B {entry}", 1)
    other = examples.alert(8)
    await redis_process.outbox.put(other)
    assert await taken(redis_process, 1) == [other]
    await finish(redis_process, [other])
    await nothing_is_left(redis_process)
