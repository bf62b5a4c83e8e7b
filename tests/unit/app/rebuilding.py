"""A real-time store, an old copy of it, and a permanent one: what the tests of rebuilding play on."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from tokenfilter.adapters.layered.outbox import RecallingOutbox
from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.channels import MemoryChannels
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.app.rebuild_state import RebuildState, Rebuilt
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber, routes, with_filter
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

ANNE, BERT = ChatId(1), ChatId(2)
USEFUL_FOR = timedelta(minutes=10)
NOTHING = Rebuilt(subscribers=0, tokens=0, owed=0)


def saved(chat, wanted, seq, **changed):
    subscriber = replace(
        with_filter(Subscriber(chat=chat, version=1), "One", parse_filter(wanted)), version=1 + len(changed), **changed
    )
    return SubscriberSaved(subscriber=subscriber, seq=seq, renewed=frozenset({subscriber.own_chat}), at=NOON)


PEOPLE = [saved(ANNE, "mcap >= 1", 1), saved(BERT, "mcap >= 50", 2)]
ROUTES = [route for one in PEOPLE for route in routes(one.subscriber)]


class Tokens(MemoryProcessedTokens):
    """Counts what is read, and may fail to write."""

    reads, may_restore = 0, 10**9

    async def records(self, token):
        self.reads += 1
        return await super().records(token)

    async def restore(self, token, records):
        if not self.may_restore:
            raise UnavailableError("away")
        self.may_restore -= 1
        await super().restore(token, records)


class Store:
    """A real-time store."""

    def __init__(self):
        self.journal = MemoryJournal()
        self.outbox = MemoryOutbox(journal=self.journal)
        self.tokens = Tokens(outbox=self.outbox, journal=self.journal, events=MemoryEventStream())
        self.subscribers = MemorySubscribers(journal=self.journal)

    async def settle(self, said):
        event = examples.stamped(said, seq=2)
        decision = examples.decided(event, ROUTES, await self.tokens.records(event.token))
        await self.tokens.settle(decision, alerts(decision, now=event.at, useful_for=USEFUL_FOR))

    async def relay(self, history, limit):
        if await self.journal.length():
            noted = await soon(self.journal.read(limit))
            await history.record([one.entry for one in noted])
            await self.journal.acknowledge(noted)


class World:
    """What happens, happens to the store and to an old copy of it, until that is put aside."""

    def __init__(self):
        self.clock, self.history, self.sent = HandClock(NOON), MemoryHistory(), Counter()
        self.archive = MemoryArchive(self.history)
        self.store, self.old = Store(), Store()
        self.stores = [self.store, self.old]
        self.heard = []

    async def begin(self):
        for store in self.stores:
            await store.subscribers.restore(PEOPLE)
        await self.history.record(PEOPLE)

    def put_aside(self):
        self.stores = [self.store]

    async def hear(self, number, mcap, *, calls=()):
        self.clock.advance(timedelta(seconds=5))
        said = examples.heard(
            f"e{len(self.heard)}", about=examples.token(number), mcap=mcap, calls=calls, at=self.clock.now()
        )
        self.heard.append(said)
        for store in self.stores:
            await store.settle(said)

    async def deliver(self, limit):
        if not self.store.outbox._waiting:
            return
        self.clock.advance(timedelta(seconds=1))
        taken = await soon(self.store.outbox.take(limit))
        self.sent.update(n.id for n in taken)
        ended = [examples.ended(n, at=self.clock.now()) for n in taken]
        for store in self.stores:
            await store.outbox.finish(ended)

    async def relay(self, limit):
        for store in self.stores:
            await store.relay(self.history, limit)

    async def come_back_old(self):
        """The program and its store end; the store comes back as it was when it was put aside."""
        self.store = self.old
        self.stores = [self.store]
        await self.store.outbox.redeliver()
        self.clock.advance(timedelta(minutes=1))

    def rebuild(self):
        store = self.store
        return RebuildState(
            archive=self.archive,
            subscribers=store.subscribers,
            tokens=store.tokens,
            channels=MemoryChannels(),
            outbox=store.outbox,
            clock=self.clock,
            alert_useful_for=USEFUL_FOR,
        )

    async def deliver_all(self):
        began = self.clock.now()
        recalling = RecallingOutbox(self.store.outbox, archive=self.archive, since=lambda: began)
        last = 1_000 + len(self.heard)
        await self.hear(last, 100)  # so that taking ends
        while not self.sent[name_of(last, BERT)]:
            taken = await soon(recalling.take(7))
            self.sent.update(n.id for n in taken)
            await recalling.finish([examples.ended(n, at=self.clock.now()) for n in taken])


def name_of(number, chat):
    return f"alert:{examples.token(number)}:{chat}"


def wanted(heard):
    return {
        f"alert:{said.token}:{chat}"
        for said in heard
        for chat, least in ((ANNE, 1), (BERT, 50))
        if said.market["mcap"] >= least
    }
