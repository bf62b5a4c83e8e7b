"""One process on memory adapters and a clock moved by hand: what the use cases are tried on."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.channels import MemoryChannels
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.dead_letters import MemoryDeadLetters
from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.filter_index import MemoryFilterIndex
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.messenger import MemoryMessenger
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.adapters.memory.send_budget import MemorySendBudget
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.app.backtest_filter import BacktestFilter
from tokenfilter.app.deliver_notifications import DeliverNotifications
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.app.explain_verdict import ExplainVerdict
from tokenfilter.app.follow_chats import FollowChats
from tokenfilter.app.follow_settings import FollowSettings
from tokenfilter.app.ingest_events import IngestEvents
from tokenfilter.app.match_events import MatchEvents
from tokenfilter.app.notice_silence import NoticeSilence
from tokenfilter.app.relay_journal import RelayJournal
from tokenfilter.app.watch_health import WatchHealth
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import DeliverySettled
from tokenfilter.domain.ids import ChatId
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

_STEP = timedelta(milliseconds=50)


async def settle(turns=40):
    """Give everything that can go on its turn."""
    for _ in range(turns):
        await asyncio.sleep(0)


@dataclass
class Process:
    """Every port in memory; `capacity` is the event stream's."""

    capacity: int = 10_000
    messenger: MemoryMessenger = field(default_factory=MemoryMessenger)
    history: MemoryHistory = field(default_factory=MemoryHistory)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    subscribers_of: Callable[..., MemorySubscribers] = MemorySubscribers

    def __post_init__(self):
        self.clock = HandClock(NOON)
        self.events = MemoryEventStream(capacity=self.capacity)
        self.index = MemoryFilterIndex()
        self.subscribers = self.subscribers_of(journal=self.journal)
        self.outbox, self.channels = MemoryOutbox(journal=self.journal), MemoryChannels()
        self.dead = MemoryDeadLetters()
        self.tokens = MemoryProcessedTokens(outbox=self.outbox, journal=self.journal, events=self.events)
        self.budget = MemorySendBudget()
        self.telemetry = MemoryTelemetry()
        watched = {"clock": self.clock, "telemetry": self.telemetry}
        heard = {"events": self.events, "channels": self.channels, "subscribers": self.subscribers}
        heard["dead"] = self.dead
        self.edits = EditSettings(subscribers=self.subscribers, **watched)
        self.chats = FollowChats(subscribers=self.subscribers, outbox=self.outbox, clock=self.clock)
        self.ingest = IngestEvents(**heard, journal=self.journal, **watched)
        self.settings = FollowSettings(subscribers=self.subscribers, index=self.index, **watched)
        self.match = self.matcher()
        self.relay = RelayJournal(
            journal=self.journal, history=self.history, dead=self.dead, random=lambda: 0.5, **watched
        )
        self.backtest = BacktestFilter(history=self.history, clock=self.clock)
        self.explain = ExplainVerdict(
            history=self.history,
            subscribers=self.subscribers,
            tokens=self.tokens,
            index=self.index,
            clock=self.clock,
        )
        self.silence = NoticeSilence(subscribers=self.subscribers, history=self.history, outbox=self.outbox, **watched)
        self.health = WatchHealth(events=self.events, outbox=self.outbox, journal=self.journal, **watched)

    def matcher(self, **more):
        """Matching over whatever stands behind the ports now; `more` stands in for some of it."""
        ports = {"events": self.events, "dead": self.dead, "tokens": self.tokens, "channels": self.channels}
        known = {"index": self.index, "settings": self.settings, "clock": self.clock, "telemetry": self.telemetry}
        return MatchEvents(**{**ports, **known, **more})

    def sender(self, *, at_once=10, slices=5):
        """A sender that begins with nothing in hand."""
        return DeliverNotifications(
            outbox=self.outbox,
            messenger=self.messenger,
            budget=self.budget,
            subscribers=self.subscribers,
            clock=self.clock,
            telemetry=self.telemetry,
            on_gone=self.chats.gone,
            on_moved=self.chats.moved,
            at_once=at_once,
            slices=slices,
        )

    async def flow(self, span):
        """Let time pass from one instant at which somebody wakes to the next."""
        await settle()
        until = self.clock.now() + span
        while wakes := [at for at, _ in self.clock._sleepers if at <= until]:
            self.clock.advance(min(wakes) - self.clock.now())
            await settle(15)
        self.clock.advance(until - self.clock.now())

    async def subscribe(self, chat, *texts):
        """A subscriber with these filters."""
        subscriber = await self.edits.start(ChatId(chat), "")
        for text in texts:
            subscriber = await self.edits.add_filter(ChatId(chat), "Filter", parse_filter(text))
        return subscriber

    async def hear(self, *lines, recorded=True):
        """Let a feed say these lines."""
        for line in lines:
            await self.ingest.take(line, feed="memory", recorded=recorded)

    async def judge(self):
        """Judge everything that was heard; what each entry led to."""
        found = []
        while await self.events.length():
            found += [await self.match.settle(entry) for entry in await self.events.read(100)]
        return found

    async def remember(self):
        """Let history know everything that happened."""
        while await self.journal.length():
            await self.relay.relay()

    async def wait(self, span=timedelta(0), *, step=_STEP):
        """Let time pass in small steps, and everybody act meanwhile."""
        await settle()
        until = self.clock.now() + span
        while self.clock.now() < until:
            self.clock.advance(min(step, until - self.clock.now()))
            await settle()

    @asynccontextmanager
    async def running(self, loop):
        """A loop that runs within the block and is stopped after it."""
        task = asyncio.create_task(loop)
        try:
            yield task
            if task.done():
                task.result()
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def owe(self, chat, number=1, **more):
        """Owe a chat, which is a subscriber from then on, alerts about so many tokens."""
        if await self.edits.subscriber(ChatId(chat)) is None:
            await self.subscribe(chat)
        about = [examples.stamped(examples.heard(f"e{n}", about=examples.token(n))) for n in range(1, number + 1)]
        owed = [examples.alert(chat, about=event, **more) for event in about]
        for alert in owed:
            await self.outbox.put(alert)
        return owed

    async def outcomes(self):
        """How each notification ended."""
        return [end.outcome for end in await self.ends()]

    async def ends(self):
        """How notifications ended so far, by their id, as history will know it."""
        noted = await self.journal.read(100_000) if await self.journal.length() else []
        return [n.entry for n in noted if isinstance(n.entry, DeliverySettled)]

    def arrived(self, chat):
        """What a chat received, in order."""
        return [n for n in self.messenger.sent if n.destination.chat == chat]


class Asked(MemoryMessenger):
    """Counts what it was asked to send, and fails everything while it is away."""

    def __init__(self):
        super().__init__()
        self.asked = 0
        self.away = None

    async def send(self, notification, *, reader):
        self.asked += 1
        if self.away:
            raise self.away
        return await super().send(notification, reader=reader)


@pytest.fixture
def process():
    return Process()


@pytest.fixture
def new_process():
    return Process


@pytest.fixture
def counting():
    return Process(messenger=Asked())
