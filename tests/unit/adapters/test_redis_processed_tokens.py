"""Settling in several calls: broken off anywhere, repeated by anybody, each recipient is told once."""
# ruff: noqa: F811 - fixtures are imported

from datetime import timedelta

import pytest
from tests.redis_process import RedisProcess, redis_connection, redis_keys, redis_process, redis_successor  # noqa: F401

from tokenfilter.adapters.redis import processed_tokens
from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.cohorts import BEFORE_ALL, Exempt, TokenRecords
from tokenfilter.domain.dedup import ACCEPTED_FOR, Accepted
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

MANY = [examples.route(chat) for chat in range(1, 26)]
TOKEN = examples.token()


@pytest.fixture(autouse=True)
def ten_at_once(monkeypatch):
    """A call takes ten recipients, so that few make many calls."""
    monkeypatch.setattr(processed_tokens, "_RECIPIENTS_AT_ONCE", 10)


class Breaking(RedisConnection):
    """Settles until the `survived` calls are over; the next one fails, before or after Redis has acted, and all others.

    For others to be settled again it is mended first.
    """

    survived = 0
    acts = True
    is_broken = False

    async def run(self, script, keys, args):
        if script.name == "settle":
            if self.is_broken:
                raise UnavailableError("broken off", acted=False)
            if not self.survived:
                self.is_broken = True
                if self.acts:
                    await super().run(script, keys, args)
                raise UnavailableError("broken off", acted=None)
            self.survived -= 1
        return await super().run(script, keys, args)


class Meddled(RedisConnection):
    """Just before a script of that name runs, somebody else does something, once."""

    before = ""
    meddle = None

    async def run(self, script, keys, args):
        if script.name == self.before:
            self.before = ""
            await self.meddle()
        return await super().run(script, keys, args)


def heard(name="e1", *, at=timedelta(0), channel="@alpha", mcap=5):
    when = NOON + at
    return examples.stamped(examples.heard(name, at=when, calls=[examples.call(channel, when)], mcap=mcap))


async def decided(process, event, routes=MANY):
    return examples.decided(event, routes, await process.tokens.records(event.token))


def owed(decision):
    return alerts(decision, now=decision.evidence.at, useful_for=timedelta(minutes=10))


async def settle(process, event, routes=MANY, entry=None):
    decision = await decided(process, event, routes)
    return await process.tokens.settle(decision, owed(decision), entry)


async def noted(process):
    """Whom the journal says each event told."""
    entries = [n.entry for n in await soon(process.journal.read(100))]
    return [e.told for e in entries if isinstance(e, EventSettled)]


@pytest.fixture
async def breaking(valkey_url, redis_keys, redis_process):
    """A process whose settling breaks off; what it was leading goes to `redis_process` then."""
    connection = Breaking(valkey_url)
    process = RedisProcess(connection, redis_keys, "breaking")
    await process.lead()
    yield process
    await connection.close()


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("survived", range(3))
async def test_whoever_was_told_before_it_was_broken_off_is_not_told_again_and_the_others_are(
    breaking, redis_process, survived, acts
):
    breaking.connection.survived, breaking.connection.acts = survived, acts
    await breaking.events.append(heard())
    [entry] = await soon(breaking.events.read(1))
    with pytest.raises(UnavailableError):
        await settle(breaking, heard(), entry=entry)
    told_before = len((await breaking.tokens.records(TOKEN)).accepted)
    assert told_before == min(25, 10 * (survived + acts))
    await redis_process.lead()
    again = await soon(redis_process.events.read(1)) if await redis_process.events.length() else [None]
    rest = await settle(redis_process, heard(), entry=again[0])
    assert len(rest.queued) == 25 - told_before
    assert await redis_process.outbox.length() == 25
    assert await redis_process.events.length() == 0
    told = [to for some in await noted(redis_process) for to in some]
    assert len(told) == len(set(told)) == 25


async def test_the_very_same_decision_repeated_after_it_was_broken_off_tells_the_rest(breaking, redis_process):
    breaking.connection.survived = 1
    decision = await decided(breaking, heard())
    with pytest.raises(UnavailableError):
        await breaking.tokens.settle(decision, owed(decision))
    await redis_process.lead()
    settled = await redis_process.tokens.settle(decision, owed(decision))
    assert [n.id for n in settled.queued] == [n.id for n in owed(decision)[20:]]
    assert await redis_process.outbox.length() == 25


async def test_the_last_call_notes_nothing_where_others_did_and_it_tells_nobody(breaking, redis_process):
    decision = await decided(breaking, heard())
    with pytest.raises(UnavailableError):
        await breaking.tokens.settle(decision, owed(decision)[::-1])
    await redis_process.lead()
    assert len((await redis_process.tokens.settle(decision, owed(decision))).queued) == 15
    assert [len(told) for told in await noted(redis_process)] == [10, 10, 5]


async def test_an_event_that_finds_everybody_told_meanwhile_is_noted_with_nobody(redis_process):
    decision = await decided(redis_process, heard(), MANY[:2])
    told = {Destination(ChatId(chat)): NOON for chat in (1, 2)}
    await redis_process.tokens.restore(TOKEN, TokenRecords(accepted=told))
    assert not (await redis_process.tokens.settle(decision, owed(decision))).queued
    assert await noted(redis_process) == [()]


async def test_an_acceptance_that_ran_out_counts_as_none_also_where_settling_was_broken_off(breaking, redis_process):
    await settle(breaking_through(breaking), heard(), MANY[:15])
    late = heard("late", at=ACCEPTED_FOR)
    breaking.connection.survived = 0
    with pytest.raises(UnavailableError):
        await settle(breaking, late, MANY)
    await redis_process.lead()
    records = await redis_process.tokens.records(TOKEN)
    waiting = [to for to, at in records.accepted.items() if at == NOON]
    assert waiting
    assert {records.record(to, since=1, now=late.at) for to in waiting} == {None}
    assert len((await settle(redis_process, late, MANY)).queued) == 15


def breaking_through(process):
    process.connection.survived = 9
    return process


async def test_who_no_longer_leads_settles_nothing(redis_process, redis_successor):
    decision = await decided(redis_process, heard(), MANY[:3])
    heir = await redis_successor()
    with pytest.raises(StaleOwnerError):
        await redis_process.tokens.settle(decision, owed(decision))
    assert await heir.tokens.records(TOKEN) == TokenRecords()
    assert await heir.outbox.length() == await heir.journal.length() == 0


async def test_who_never_led_settles_nothing(redis_connection, redis_keys):
    process = RedisProcess(redis_connection, redis_keys, "nobody")
    with pytest.raises(StaleOwnerError):
        await settle(process, heard(), MANY[:3])
    assert await process.stored() == []


async def test_a_repeated_refusal_is_known_as_such_and_acknowledged(redis_process):
    await redis_process.events.append(heard())
    [entry] = await soon(redis_process.events.read(1))
    decision = await decided(redis_process, heard(), [examples.route(1, "mcap >= 10")])
    for _ in range(2):
        assert not (await redis_process.tokens.settle(decision, owed(decision))).queued
    assert await redis_process.events.length() == 1
    assert not (await redis_process.tokens.settle(decision, owed(decision), entry)).queued
    assert await redis_process.events.length() == 0
    assert await noted(redis_process) == [()]


async def test_two_decisions_of_one_event_are_not_taken_for_each_other(redis_process):
    one, two = [await decided(redis_process, heard(), MANY[:n]) for n in (2, 3)]
    await redis_process.tokens.settle(one, owed(one))
    with pytest.raises(StaleOwnerError):
        await redis_process.tokens.settle(two, owed(two))


async def test_instants_are_kept_to_the_microsecond(redis_process):
    at = timedelta(microseconds=1)
    await settle(redis_process, heard(at=at), MANY[:1])
    after = await redis_process.tokens.records(TOKEN)
    assert after.accepted == {Destination(ChatId(1)): NOON + at}
    assert after.seen_at == NOON + at
    to = Destination(ChatId(1))
    almost = NOON + at + ACCEPTED_FOR - timedelta(microseconds=1)
    assert after.record(to, since=1, now=almost) == Accepted(at=NOON + at)
    assert after.record(to, since=1, now=NOON + at + ACCEPTED_FOR) is None


async def test_redis_forgets_what_can_change_no_decision_any_more_and_nothing_sooner(redis_process):
    await settle(redis_process, heard(), MANY[:1])
    ttl = redis_process.connection.reads.ttl
    assert ACCEPTED_FOR < timedelta(seconds=await ttl(redis_process.keys.accepted(TOKEN))) <= timedelta(days=15)
    assert timedelta(hours=25) < timedelta(seconds=await ttl(redis_process.keys.rejected(TOKEN))) <= timedelta(hours=27)


@pytest.fixture
async def meddled(valkey_url, redis_keys, redis_process):
    connection = Meddled(valkey_url)
    yield RedisProcess(connection, redis_keys, "meddled")
    await connection.close()


@pytest.mark.parametrize("script", ["records_restore", "records_write"])
async def test_two_who_restore_at_once_are_united(redis_process, meddled, script):
    anne, bert, both = (Destination(ChatId(n)) for n in (1, 2, 3))
    later = NOON + timedelta(seconds=1)
    here = TokenRecords(accepted={anne: later, both: later}, seen_at=later)
    meddled.connection.before = script
    meddled.connection.meddle = lambda: redis_process.tokens.restore(TOKEN, here)
    await meddled.tokens.restore(TOKEN, TokenRecords(accepted={bert: NOON, both: NOON}, seen_at=NOON))
    records = await redis_process.tokens.records(TOKEN)
    assert records.accepted == {anne: later, bert: NOON, both: later}
    assert records.seen_at == later


async def test_thousands_are_restored(redis_process):
    accepted = {Destination(ChatId(n)): NOON + timedelta(microseconds=n) for n in range(1, 2_502)}
    await redis_process.tokens.restore(TOKEN, TokenRecords(accepted=accepted))
    assert (await redis_process.tokens.records(TOKEN)).accepted == accepted


async def test_a_later_acceptance_is_not_taken_back_by_an_earlier_one(redis_process):
    to = Destination(ChatId(1))
    for at in (NOON, NOON + timedelta(seconds=1), NOON):
        await redis_process.tokens.restore(TOKEN, TokenRecords(accepted={to: at}))
    assert (await redis_process.tokens.records(TOKEN)).accepted == {to: NOON + timedelta(seconds=1)}


async def test_who_is_forgotten_is_no_exception_any_more_and_nothing_else_changes(redis_process):
    anne, bert = Destination(ChatId(1)), Destination(ChatId(1), 5)
    exempt = Exempt(record=None, seq=BEFORE_ALL)
    before = TokenRecords(exceptions={anne: exempt, bert: exempt}, seen_at=NOON)
    await redis_process.tokens.restore(TOKEN, before)
    await redis_process.tokens.restore(examples.token(2), TokenRecords(accepted={anne: NOON, bert: NOON}))
    await redis_process.tokens.forget(frozenset({anne}))
    assert dict((await redis_process.tokens.records(TOKEN)).exceptions) == {bert: exempt}
    assert (await redis_process.tokens.records(TOKEN)).seen_at == NOON
    assert (await redis_process.tokens.records(examples.token(2))).accepted == {bert: NOON}
    assert await redis_process.stored("*rejected") == [redis_process.keys.rejected(TOKEN)]


async def test_two_who_are_forgotten_at_once_are_both_forgotten(redis_process, meddled):
    exempt = Exempt(record=None, seq=BEFORE_ALL)
    anne, bert, cleo = (Destination(ChatId(n)) for n in (1, 2, 3))
    before = TokenRecords(exceptions=dict.fromkeys((anne, bert, cleo), exempt), seen_at=NOON)
    await redis_process.tokens.restore(TOKEN, before)
    meddled.connection.before = "records_forget"
    meddled.connection.meddle = lambda: redis_process.tokens.forget(frozenset({anne}))
    await meddled.tokens.forget(frozenset({bert}))
    assert dict((await redis_process.tokens.records(TOKEN)).exceptions) == {cleo: exempt}


async def test_a_decision_made_before_somebody_was_forgotten_is_stale(redis_process):
    await settle(redis_process, heard(), MANY[:2])
    stale = await decided(redis_process, heard("e2", channel="@beta"), MANY[:3])
    await redis_process.tokens.forget(frozenset({Destination(ChatId(1))}))
    with pytest.raises(StaleOwnerError):
        await redis_process.tokens.settle(stale, owed(stale))
