"""Whatever happens to the real-time store while the program lives: every alert is sent once, and history knows it."""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.channels import MemoryChannels
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.dead_letters import MemoryDeadLetters
from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.filter_index import MemoryFilterIndex
from tokenfilter.adapters.memory.health_probe import MemoryHealthProbe
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.adapters.surviving.claimed_alerts import ClaimedAlerts
from tokenfilter.adapters.surviving.event_stream import SurvivingEventStream
from tokenfilter.adapters.surviving.journal import SurvivingJournal
from tokenfilter.adapters.surviving.outbox import SurvivingOutbox
from tokenfilter.adapters.surviving.processed_tokens import SurvivingProcessedTokens
from tokenfilter.adapters.surviving.subscribers import SurvivingSubscribers
from tokenfilter.adapters.surviving.survival import Survival
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.app.follow_settings import FollowSettings
from tokenfilter.app.match_events import MatchEvents
from tokenfilter.app.rebuild_state import RebuildState
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

ANNE, BERT = ChatId(1), ChatId(2)
WANTED = {ANNE: "mcap >= 1", BERT: "mcap >= 50"}


class Store:
    """A real-time store in memory that can go away, before or after it has acted, and forget everything."""

    def __init__(self):
        self.is_away, self.acts_unheard = False, 0
        self.wipe()

    def wipe(self):
        self.journal, self.events = MemoryJournal(), MemoryEventStream()
        self.outbox = MemoryOutbox(journal=self.journal)
        self.subscribers = MemorySubscribers(journal=self.journal)
        self.tokens = MemoryProcessedTokens(outbox=self.outbox, journal=self.journal, events=self.events)

    def port(self, name):
        return _Port(self, name)


class _Port:
    """One port of the store as it is now."""

    def __init__(self, store, name):
        self._store, self._name = store, name

    def __getattr__(self, method):
        async def call(*args, **kwargs):
            if self._store.is_away:
                raise UnavailableError("away")
            answer = await getattr(getattr(self._store, self._name), method)(*args, **kwargs)
            if self._store.acts_unheard:
                self._store.acts_unheard -= 1
                raise UnavailableError("the answer was lost", acted=None)
            return answer

        return call


class Program:
    """Ingest, match, deliver and relay over a store that may go away."""

    def __init__(self):
        self.store, self.probe, self.clock = Store(), MemoryHealthProbe("redis"), HandClock(NOON)
        self.history = MemoryHistory()
        archive = MemoryArchive(self.history)
        self.survival = Survival(probe=self.probe, clock=self.clock, telemetry=MemoryTelemetry(), random=lambda: 0.0)
        of = self.store.port
        self.journal = SurvivingJournal(of("journal"), self.survival)
        self.events = SurvivingEventStream(of("events"), self.survival)
        self.outbox = SurvivingOutbox(of("outbox"), self.survival, journal=self.journal)
        self.tokens = SurvivingProcessedTokens(
            of("tokens"),
            self.survival,
            events=self.events,
            outbox=self.outbox,
            claimed=ClaimedAlerts(of("outbox"), self.survival, outbox=self.outbox),
            journal=self.journal,
            archive=archive,
            clock=self.clock,
        )
        self.subscribers = SurvivingSubscribers(of("subscribers"), self.survival, archive=archive, journal=self.journal)
        self.edits = EditSettings(subscribers=self.subscribers, clock=self.clock, telemetry=MemoryTelemetry())
        index, watched = MemoryFilterIndex(), {"clock": self.clock, "telemetry": MemoryTelemetry()}
        self.match = MatchEvents(
            events=self.events,
            dead=MemoryDeadLetters(),
            index=index,
            tokens=self.tokens,
            channels=MemoryChannels(),
            settings=FollowSettings(subscribers=self.subscribers, index=index, **watched),
            **watched,
        )
        self.rebuild = RebuildState(
            archive=archive,
            subscribers=self.subscribers,
            tokens=self.tokens,
            channels=MemoryChannels(),
            outbox=self.outbox,
            clock=self.clock,
            alert_useful_for=timedelta(minutes=10),
        )
        self.sent = Counter()
        self.epoch = 1

    async def begin(self):
        await self.survival.begin(rebuild=self.rebuild.after_a_wipe)
        self.returning = asyncio.create_task(self.survival.run())
        for chat, text in WANTED.items():
            await self.edits.start(chat, "")
            await self.edits.add_filter(chat, "One", parse_filter(text))
        await self.match.warm()

    async def hear(self, number, mcap):
        said = examples.heard(f"e{number}", about=examples.token(number % 40 + 1), mcap=mcap, at=self.clock.now())
        await self.events.append(examples.stamped(said, seq=await self.subscribers.seq()))

    async def judge(self):
        if await self.events.length():
            for entry in await soon(self.events.read(5)):
                await self.match.settle(entry)

    async def deliver(self):
        if await self.outbox.length() > len(self.outbox._taken):
            for notification in await soon(self.outbox.take(5)):
                if await self.outbox.intend(notification):
                    self.sent[notification.id] += 1
                await self.outbox.finish([examples.ended(notification, at=self.clock.now())])

    async def relay(self):
        if await self.journal.length():
            try:
                async with asyncio.timeout(0.001):
                    noted = await self.journal.read(7)
            except TimeoutError:
                return  # given to the reader already, and settled by now
            await self.history.record([n.entry for n in noted])
            await self.journal.acknowledge(noted)

    async def goes_away(self, random):
        self.store.acts_unheard = random.choice((0, 0, 1, 2))
        self.store.is_away = not self.store.acts_unheard
        if self.store.is_away:
            self.probe.state = None

    async def comes_back(self, *, wiped):
        self.store.is_away, self.store.acts_unheard = False, 0
        if wiped and not self.survival.is_up:
            self.store.wipe()
            self.epoch += 1
        self.probe.state = str(self.epoch)
        while not self.survival.is_up:
            self.clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(40))
async def test_an_outage_loses_nothing_and_doubles_nothing(seed):
    random, program = Random(seed), Program()
    await program.begin()
    told = set()
    for number in range(150):
        mcap = random.choice((0, 10, 100))
        for chat, least in ((ANNE, 1), (BERT, 50)):
            if mcap >= least:
                told.add(f"alert:{examples.token(number % 40 + 1)}:{chat}")
        program.clock.advance(timedelta(minutes=2))
        await program.hear(number, mcap)
        for step in random.choices((program.judge, program.deliver, program.relay), k=random.randrange(6)):
            await step()
        if random.random() < 0.08:
            if program.survival.is_up and not program.store.is_away:
                await program.goes_away(random)
            else:
                await program.comes_back(wiped=random.random() < 0.5)
    await program.comes_back(wiped=False)
    for _ in range(400):
        for step in (program.judge, program.deliver, program.relay):
            await step()
    program.returning.cancel()
    assert {name for name, times in program.sent.items() if times} == told
    assert set(program.sent.values()) <= {1}
    for number in range(1, 41):
        for chat in WANTED:
            end = await program.history.delivery(examples.token(number), examples.route(chat).destination)
            assert (end is not None) == (f"alert:{examples.token(number)}:{chat}" in told)
