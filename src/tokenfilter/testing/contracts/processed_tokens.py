"""What any store of dedup records must keep."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from tokenfilter.domain.alerts import Alerts, alerts
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.dedup import ACCEPTED_FOR, Accepted, Rejected
from tokenfilter.domain.event import Event
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Route
from tokenfilter.ports.event_stream import EventStream
from tokenfilter.ports.failures import StaleOwnerError
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

ANNE, BERT, GROUP = Destination(ChatId(1)), Destination(ChatId(2)), Destination(ChatId(-3), 4)
EVERYBODY = (
    examples.route(1),
    examples.route(1, "mcap >= 2", number=2),
    examples.route(2, "mcap >= 10"),
    examples.route(1, to=GROUP),
)


def heard(name: str = "e1", *, at: timedelta = timedelta(0), mcap: int = 5, channel: str = "@alpha") -> Event:
    """An event about the first token; Bert wants it from a market cap of 10 on."""
    when = NOON + at
    return examples.stamped(examples.heard(name, at=when, calls=[examples.call(channel, when)], mcap=mcap))


def owed(decision: Decision) -> Alerts:
    """The alerts of a decision."""
    return alerts(decision, now=decision.evidence.at, useful_for=timedelta(minutes=10))


async def deciding(tokens: ProcessedTokens, event: Event, *routes: Route) -> Decision:
    """Decide an event by what the store remembers."""
    return examples.decided(event, routes or EVERYBODY, await tokens.records(event.token))


async def settling(tokens: ProcessedTokens, event: Event) -> Settled:
    """Decide an event by what the store remembers, and settle it."""
    decision = await deciding(tokens, event)
    return await tokens.settle(decision, owed(decision))


class ProcessedTokensContract:
    """Fixtures: `tokens`, empty; `outbox`, `journal` and `events`, empty, where it queues, notes and acknowledges."""

    async def test_nothing_is_remembered_of_a_token_that_was_never_judged(self, tokens: ProcessedTokens) -> None:
        records = await tokens.records(examples.token())
        assert (dict(records.accepted), records.cohorts, dict(records.exceptions), records.calls) == ({}, (), {}, ())

    async def test_who_is_told_counts_as_accepted_and_has_one_alert_in_the_outbox(
        self, tokens: ProcessedTokens, outbox: Outbox
    ) -> None:
        decision = await deciding(tokens, heard())
        settled = await tokens.settle(decision, owed(decision))
        assert settled.queued == owed(decision)
        assert {n.destination for n in settled.queued} == {ANNE, GROUP}
        assert list(await soon(outbox.take(10))) == list(settled.queued)
        records = await tokens.records(examples.token())
        assert records.record(ANNE, since=1, now=NOON) == Accepted(at=NOON)
        assert records.record(GROUP, since=1, now=NOON) == Accepted(at=NOON)

    async def test_who_is_refused_has_a_record_and_no_alert(self, tokens: ProcessedTokens, outbox: Outbox) -> None:
        await settling(tokens, heard())
        record = (await tokens.records(examples.token())).record(BERT, since=1, now=NOON)
        assert isinstance(record, Rejected)
        assert record.checked == {"@alpha": NOON}
        assert await outbox.length() == 2

    async def test_the_event_is_in_the_journal_with_those_it_told(
        self, tokens: ProcessedTokens, journal: Journal
    ) -> None:
        decision = await deciding(tokens, heard())
        await tokens.settle(decision, owed(decision))
        entries = [n.entry for n in await soon(journal.read(10))]
        told = tuple(n.destination for n in owed(decision))
        assert entries == [EventSettled(evidence=decision.evidence, told=told)]

    async def test_an_event_that_tells_nobody_is_in_the_journal_too(
        self, tokens: ProcessedTokens, journal: Journal, outbox: Outbox
    ) -> None:
        decision = await deciding(tokens, heard(), examples.route(2, "mcap >= 10"))
        assert not (await tokens.settle(decision, owed(decision))).queued
        assert [n.entry for n in await soon(journal.read(10))] == [EventSettled(evidence=decision.evidence, told=())]
        assert await outbox.length() == 0

    async def test_a_repeated_settle_tells_nobody_again(self, tokens: ProcessedTokens, outbox: Outbox) -> None:
        decision = await deciding(tokens, heard())
        await tokens.settle(decision, owed(decision))
        assert not (await tokens.settle(decision, owed(decision))).queued
        assert await outbox.length() == 2

    async def test_a_repeated_settle_tells_nobody_again_after_the_alerts_were_sent(
        self, tokens: ProcessedTokens, outbox: Outbox
    ) -> None:
        decision = await deciding(tokens, heard())
        await tokens.settle(decision, owed(decision))
        await outbox.finish([examples.ended(n) for n in await soon(outbox.take(10))])
        await tokens.settle(decision, owed(decision))
        assert await outbox.length() == 0

    async def test_two_workers_settle_the_same_event_and_each_destination_is_told_once(
        self, tokens: ProcessedTokens, outbox: Outbox, journal: Journal
    ) -> None:
        decision = await deciding(tokens, heard())
        ends = await asyncio.gather(
            *[tokens.settle(decision, owed(decision)) for _ in range(4)], return_exceptions=True
        )
        assert sum(len(end.queued) for end in ends if isinstance(end, Settled)) == 2
        assert all(isinstance(end, Settled | StaleOwnerError) for end in ends)
        assert await outbox.length() == 2
        assert {n.entry.told for n in await soon(journal.read(10)) if isinstance(n.entry, EventSettled)} == {
            tuple(n.destination for n in owed(decision))
        }

    async def test_of_two_decisions_on_the_same_records_one_is_written_and_the_other_is_stale(
        self, tokens: ProcessedTokens, outbox: Outbox, journal: Journal
    ) -> None:
        one = await deciding(tokens, heard("one"))
        two = await deciding(tokens, heard("two", at=timedelta(seconds=1), mcap=10, channel="@beta"))
        ends = await asyncio.gather(
            tokens.settle(one, owed(one)), tokens.settle(two, owed(two)), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["Settled", "StaleOwnerError"]
        won = one if isinstance(ends[0], Settled) else two
        assert await outbox.length() == len(won.told)
        assert await journal.length() == 1
        after = await tokens.records(examples.token())
        assert replace(after, version=0) == replace(won.records, version=0)

    async def test_whoever_was_stale_reads_again_and_tells_only_who_is_not_told_yet(
        self, tokens: ProcessedTokens
    ) -> None:
        stale = await deciding(tokens, heard("two", at=timedelta(seconds=1), mcap=10, channel="@beta"))
        await settling(tokens, heard("one"))
        with pytest.raises(StaleOwnerError):
            await tokens.settle(stale, owed(stale))
        again = await settling(tokens, stale.evidence.event)
        assert [n.destination for n in again.queued] == [BERT]

    async def test_a_stale_refusal_changes_nothing(self, tokens: ProcessedTokens, journal: Journal) -> None:
        stale = await deciding(tokens, heard("two", at=timedelta(seconds=1)), examples.route(2, "mcap >= 10"))
        await settling(tokens, heard("one"))
        before = await tokens.records(examples.token())
        with pytest.raises(StaleOwnerError):
            await tokens.settle(stale, owed(stale))
        assert await tokens.records(examples.token()) == before
        assert await journal.length() == 1

    async def test_what_is_remembered_of_one_token_says_nothing_of_another(self, tokens: ProcessedTokens) -> None:
        await settling(tokens, heard())
        other = examples.stamped(examples.heard("e2", about=examples.token(2), mcap=5))
        assert {n.destination for n in (await settling(tokens, other)).queued} == {ANNE, GROUP}

    async def test_nobody_is_told_again_until_fourteen_days_have_passed(self, tokens: ProcessedTokens) -> None:
        await settling(tokens, heard("e1"))
        early = ACCEPTED_FOR - timedelta(microseconds=1)
        assert not (await settling(tokens, heard("e2", at=early))).queued
        again = await settling(tokens, heard("e3", at=ACCEPTED_FOR))
        assert {n.destination for n in again.queued} == {ANNE, GROUP}

    @pytest.mark.parametrize("seed", range(4))
    async def test_everything_that_can_change_a_later_decision_is_kept(
        self, tokens: ProcessedTokens, seed: int
    ) -> None:
        """Any story: what is read back leads to the decisions that the records written would lead to."""
        random, at = Random(seed), timedelta(0)
        steps = [timedelta(seconds=s, microseconds=1) for s in (0, 60, 3_000, 3_600, 90_000)]
        last = None
        for n in range(60):
            at += random.choice(steps) if n % 20 else ACCEPTED_FOR
            event = heard(
                f"e{n}", at=at, mcap=random.choice((0, 5, 10)), channel=random.choice(("@alpha", "@beta", "@gamma"))
            )
            decision = await deciding(tokens, event)
            if last is not None:
                expected = examples.decided(event, EVERYBODY, last.records)
                assert decision.told == expected.told
                for destination in (ANNE, BERT, GROUP):
                    kept = decision.records.record(destination, since=1, now=event.at)
                    assert kept == expected.records.record(destination, since=1, now=event.at)
            if decision.changed:
                await tokens.settle(decision, owed(decision))
                last = decision

    async def test_the_entry_that_was_settled_is_acknowledged_and_no_other(
        self, tokens: ProcessedTokens, events: EventStream
    ) -> None:
        for name in ("e1", "e2"):
            await events.append(heard(name))
        first, _ = await soon(events.read(2))
        decision = await deciding(tokens, heard("e1"))
        for _ in range(2):
            await tokens.settle(decision, owed(decision), first)
            assert await events.length() == 1

    async def test_a_stale_settle_acknowledges_nothing(self, tokens: ProcessedTokens, events: EventStream) -> None:
        await events.append(heard("two", at=timedelta(seconds=1), mcap=10))
        entry = (await soon(events.read(1)))[0]
        stale = await deciding(tokens, heard("two", at=timedelta(seconds=1), mcap=10))
        await settling(tokens, heard("one"))
        with pytest.raises(StaleOwnerError):
            await tokens.settle(stale, owed(stale), entry)
        assert await events.length() == 1

    async def test_an_event_that_tells_thousands_tells_each_once(
        self, tokens: ProcessedTokens, outbox: Outbox, journal: Journal
    ) -> None:
        decision = await deciding(tokens, heard(), *(examples.route(chat) for chat in range(1, 2_502)))
        assert len((await tokens.settle(decision, owed(decision))).queued) == 2_501
        assert not (await tokens.settle(decision, owed(decision))).queued
        assert await outbox.length() == 2_501
        entries = [n.entry for n in await soon(journal.read(10))]
        told = [to for entry in entries if isinstance(entry, EventSettled) for to in entry.told]
        assert sorted(told) == sorted(n.destination for n in owed(decision))
        assert len((await tokens.records(examples.token())).accepted) == 2_501

    async def test_what_two_survivors_remember_is_united(self, tokens: ProcessedTokens) -> None:
        late = heard("late", at=timedelta(minutes=5), channel="@beta")
        first = examples.decided(heard(), [examples.route(1), examples.route(2, "mcap >= 10")]).records
        last = examples.decided(late, [examples.route(1, to=GROUP)]).records
        for restored in (first, last, first):
            await tokens.restore(examples.token(), restored)
        records = await tokens.records(examples.token())
        assert dict(records.accepted) == {ANNE: NOON, GROUP: late.at}
        assert (records.cohorts, records.calls, records.seen_at) == (last.cohorts, last.calls, last.seen_at)

    async def test_after_a_restore_a_decision_made_before_is_stale(self, tokens: ProcessedTokens) -> None:
        stale = await deciding(tokens, heard("two", at=timedelta(seconds=1)))
        await tokens.restore(examples.token(), examples.decided(heard(), EVERYBODY).records)
        with pytest.raises(StaleOwnerError):
            await tokens.settle(stale, owed(stale))

    async def test_who_is_forgotten_is_told_anew_and_nobody_else(self, tokens: ProcessedTokens) -> None:
        other = examples.stamped(examples.heard("other", about=examples.token(2), mcap=5))
        for event in (heard(), other):
            await settling(tokens, event)
        for _ in range(2):
            await tokens.forget(frozenset({ANNE}))
        for about in (examples.token(), examples.token(2)):
            assert set((await tokens.records(about)).accepted) == {GROUP}
