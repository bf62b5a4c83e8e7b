"""What several processes share while the real-time store is away: each acts for its own, by what is known now."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.health_probe import MemoryHealthProbe
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.leases import MemoryLeases
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.adapters.surviving import claimed_alerts
from tokenfilter.adapters.surviving.claimed_alerts import ClaimedAlerts
from tokenfilter.adapters.surviving.event_stream import SurvivingEventStream
from tokenfilter.adapters.surviving.journal import SurvivingJournal
from tokenfilter.adapters.surviving.leases import SurvivingLeases
from tokenfilter.adapters.surviving.outbox import SurvivingOutbox
from tokenfilter.adapters.surviving.processed_tokens import SurvivingProcessedTokens
from tokenfilter.adapters.surviving.subscribers import SurvivingSubscribers
from tokenfilter.adapters.surviving.survival import Survival
from tokenfilter.app.relay_journal import RelayJournal
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

OURS, THEIRS = examples.token(1), examples.token(2)
ANNE = Destination(ChatId(1))


class Ours:
    """One of several processes; `terms` says since when it judges which tokens."""

    def __init__(self):
        self.clock, self.probe = HandClock(NOON), MemoryHealthProbe("redis")
        self.survival = Survival(probe=self.probe, clock=self.clock, telemetry=MemoryTelemetry(), random=lambda: 0.0)
        self.history = MemoryHistory()
        self.archive = MemoryArchive(self.history)
        self.terms = {OURS: 1}
        self.store_journal, self.store_events = MemoryJournal(), MemoryEventStream()
        self.store_outbox = MemoryOutbox(journal=self.store_journal)
        self.store_tokens = MemoryProcessedTokens(
            outbox=self.store_outbox, journal=self.store_journal, events=self.store_events
        )
        self.store_subscribers = MemorySubscribers(journal=self.store_journal)
        self.journal = SurvivingJournal(self.store_journal, self.survival)
        self.events = SurvivingEventStream(self.store_events, self.survival, capacity=3, term=self.terms.get)
        self.outbox = SurvivingOutbox(self.store_outbox, self.survival, journal=self.journal)
        self.delivers = {OURS}
        self.claimed = ClaimedAlerts(
            self.store_outbox, self.survival, outbox=self.outbox, delivers=lambda n: n.token in self.delivers
        )
        self.tokens = SurvivingProcessedTokens(
            self.store_tokens,
            self.survival,
            events=self.events,
            outbox=self.outbox,
            claimed=self.claimed,
            journal=self.journal,
            archive=self.archive,
            clock=self.clock,
            term=self.terms.get,
        )
        self.subscribers = SurvivingSubscribers(
            self.store_subscribers, self.survival, archive=self.archive, journal=self.journal
        )

    async def relay(self):
        """Let history know everything that the store has noted."""
        relay = RelayJournal(
            journal=self.store_journal,
            history=self.history,
            dead=None,
            random=lambda: 0.5,
            clock=self.clock,
            telemetry=MemoryTelemetry(),
        )
        while await self.store_journal.length():
            await relay.relay()


@pytest.fixture
async def ours():
    process = Ours()
    await process.survival.begin(rebuild=process.clock.now)
    return process


def event(name, token, *, seq=0):
    return examples.stamped(examples.heard(name, about=token, mcap=5), seq=seq)


async def test_what_another_process_judges_is_not_judged_here_because_the_store_is_away(ours):
    await ours.events.append(event("theirs", THEIRS))
    await ours.events.append(event("ours", OURS))
    ours.survival.lost("away")
    assert [e.item.id for e in await soon(ours.events.read(9))] == ["ours"]


async def test_what_was_judged_by_the_successor_of_this_process_is_not_judged_here_again(ours):
    await ours.events.append(event("before", OURS))
    del ours.terms[OURS]
    ours.survival.lost("away")
    await ours.events.append(event("after", OURS))
    assert [e.item.id for e in await soon(ours.events.read(9))] == ["after"]


async def test_what_is_heard_while_the_store_is_away_is_judged_here_whoever_judged_its_token_before(ours):
    for number in range(5):
        await ours.events.append(event(f"before {number}", THEIRS))
    ours.survival.lost("away")
    await soon(ours.events.append(event("theirs", THEIRS)))
    assert [e.item.id for e in await soon(ours.events.read(9))] == ["theirs"]


async def test_who_waits_is_given_what_is_heard_though_something_else_is_in_hand(ours):
    await ours.store_events.append(event("heard elsewhere", OURS))
    (in_hand,) = await soon(ours.events.read(9))
    ours.survival.lost("away")
    reading = asyncio.ensure_future(ours.events.read(1))
    for _ in range(9):
        await asyncio.sleep(0)
    await ours.events.append(event("first", OURS))
    assert [e.item.id for e in await soon(reading)] == ["first"]
    await ours.events.acknowledge(in_hand)


async def test_a_store_that_lost_it_is_given_again_what_others_judge(ours):
    await ours.events.append(event("theirs", THEIRS))
    (lost,) = await ours.store_events.read(9)
    await ours.store_events.acknowledge(lost)
    await ours.events.bring_over(wiped=True)
    assert [e.item.id for e in await soon(ours.store_events.read(9))] == ["theirs"]


@pytest.mark.parametrize("delivers", [{OURS}, set()])
async def test_a_store_that_lost_them_is_given_again_what_was_claimed_here_whoever_sends_it(ours, delivers):
    ours.delivers = delivers
    (claimed,) = await settled(ours, event("e1", OURS, seq=1))
    await lose_the_owed(ours)
    for survivor in (ours.outbox, ours.claimed):
        await survivor.bring_over(wiped=False)
    assert await ours.store_outbox.length() == 0
    for survivor in (ours.outbox, ours.claimed):
        await survivor.bring_over(wiped=True)
    assert list(await soon(ours.store_outbox.take(9))) == [claimed]


async def test_of_what_others_send_only_the_newest_events_are_remembered(ours, monkeypatch):
    monkeypatch.setattr(claimed_alerts, "MOST_REMEMBERED", 2)
    ours.delivers = set()
    claimed = [(await settled(ours, event(f"e{n}", examples.token(n), seq=1)))[0] for n in range(1, 5)]
    await lose_the_owed(ours)
    await ours.claimed.bring_over(wiped=True)
    assert list(await soon(ours.store_outbox.take(9))) == claimed[2:]


async def lose_the_owed(ours):
    await ours.store_outbox.finish([examples.ended(one) for one in await soon(ours.store_outbox.take(9))])


async def settled(ours, heard):
    decision = examples.decided(heard, [examples.route(1)])
    return (await ours.tokens.settle(decision, alerts(decision, now=NOON, useful_for=timedelta(minutes=1)))).queued


async def test_who_judges_a_token_nowhere_reads_its_records_each_time(ours):
    assert (await ours.tokens.records(THEIRS)).accepted == {}
    await ours.store_tokens.restore(THEIRS, TokenRecords(accepted={ANNE: NOON}))
    assert (await ours.tokens.records(THEIRS)).accepted == {ANNE: NOON}


async def test_whom_another_process_told_meanwhile_counts_as_told_while_the_store_is_away(ours):
    await ours.tokens.records(OURS)
    ours.terms[OURS] = 3
    told = EventSettled(evidence=examples.evidence_of(event("by another", OURS)), told=(ANNE,))
    await ours.history.record([told])
    ours.survival.lost("away")
    assert set((await ours.tokens.records(OURS)).accepted) == {ANNE}


@pytest.mark.parametrize(("later", "given"), [(timedelta(seconds=5), 0), (ACCEPTED_FOR + timedelta(seconds=1), 1)])
async def test_who_was_told_without_the_store_is_not_told_again_because_another_found_it_back_first(ours, later, given):
    here, there = examples.alert(about=event("e1", THEIRS)), examples.alert(about=event("e2", THEIRS))
    ours.survival.lost("away")
    ours.outbox.keep([here])
    await soon(ours.outbox.take(9))
    await ours.outbox.finish([examples.ended(here)])
    await ours.outbox.bring_over(wiped=False)
    await ours.store_outbox.put(replace(there, queued_at=NOON + later))
    await ours.survival._returns()
    last = examples.alert(2, about=event("e1", THEIRS))
    await ours.store_outbox.put(last)
    taken = await soon(ours.outbox.take(9))
    assert [n.id for n in taken] == [there.id] * given + [last.id]
    assert await ours.store_outbox.length() == len(taken)


async def test_a_change_that_history_knows_counts_for_what_is_heard_while_the_store_is_away(ours):
    reader = with_filter(Subscriber(chat=ChatId(1)), "One", parse_filter("mcap >= 5"))
    await ours.store_subscribers.save(reader, now=NOON)
    seq = await ours.subscribers.seq()
    await ours.relay()
    ours.survival.lost("away")
    assert await ours.subscribers.seq() == seq
    assert [(c.seq, c.owner) for c in await ours.subscribers.changes(0)] == [(seq, 1)]
    assert await ours.subscribers.changes(seq) == []


async def test_a_change_is_not_hidden_by_what_was_saved_after_it_and_changes_no_judging(ours):
    reader = with_filter(Subscriber(chat=ChatId(1)), "One", parse_filter("mcap >= 5"))
    await ours.store_subscribers.save(reader, now=NOON)
    stored = await ours.store_subscribers.get(ChatId(1))
    await ours.store_subscribers.save(replace(stored, silent=True), now=NOON)
    for noted in await ours.store_journal.read(9):
        ours.journal.remember_one(noted.entry)
    ours.survival.lost("away")
    seq = await ours.subscribers.seq()
    (change,) = await ours.subscribers.changes(0)
    assert (change.seq, len(change.routes)) == (seq, 1)
    assert seq > 0


class Told(MemoryLeases):
    """Cannot be told for a while, and knows what was let go."""

    def __init__(self, **more):
        super().__init__(**more)
        self.let_go = []

    async def release(self, lease):
        self.let_go.append(lease.name)
        raise UnavailableError("away")


async def test_what_another_led_while_the_store_was_away_is_not_taken_before_it_could_come_back(ours):
    leases = SurvivingLeases(MemoryLeases(clock=ours.clock), ours.survival)
    lasts = timedelta(seconds=10)
    assert await leases.take("deliver:0", "one", lasts=lasts)
    ours.survival.lost("away")
    ours.clock.advance(2 * lasts)
    await ours.survival._returns()
    assert await leases.take("deliver:1", "one", lasts=lasts) is None
    assert await leases.take("deliver:0", "one", lasts=lasts)
    ours.clock.advance(lasts)
    assert await leases.take("deliver:1", "one", lasts=lasts)


async def test_what_is_let_go_while_the_store_is_away_is_acted_under_no_longer():
    clock = HandClock(NOON)
    probe = MemoryHealthProbe("redis")
    survival = Survival(probe=probe, clock=clock, telemetry=MemoryTelemetry(), random=lambda: 0.0)
    inner = Told(clock=clock)
    leases = SurvivingLeases(inner, survival)
    lease = await leases.take("match:0", "one", lasts=timedelta(seconds=10))
    survival.lost("away")
    with pytest.raises(UnavailableError):
        await leases.release(lease)
    assert inner.let_go == ["match:0"]
