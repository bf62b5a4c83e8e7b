"""Readers are looked up ahead, and what they wish is never taken from too long ago."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.app.deliver_notifications.readers import FRESH_FOR, Readers
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ANNE, BERT, CLEO = ChatId(1), ChatId(2), ChatId(3)
ALERTS = [examples.alert(chat) for chat in (ANNE, BERT, CLEO)]


class Gated(MemorySubscribers):
    """Answers for each chat once it is let; some are broken. Notes who was asked for."""

    def __init__(self, *, journal):
        super().__init__(journal=journal)
        self.gates, self.broken, self.asked = {}, set(), []

    async def get(self, chat):
        self.asked.append(chat)
        found = await super().get(chat)
        if chat in self.broken:
            raise UnavailableError("away")
        if chat in self.gates:
            await self.gates[chat].wait()
        return found


@pytest.fixture
async def store():
    subscribers = Gated(journal=MemoryJournal())
    for chat in (ANNE, BERT, CLEO):
        await subscribers.save(Subscriber(chat=chat), now=NOON)
    return subscribers


@pytest.fixture
def clock():
    return HandClock(NOON)


@pytest.fixture
async def readers(store, clock):
    """Looking ahead at everybody."""
    made = Readers(subscribers=store, clock=clock, slices=3)
    looking = asyncio.create_task(made.look_ahead(lambda most: ALERTS[:most]))
    yield made
    looking.cancel()
    await asyncio.wait([looking])


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def rename(store, chat, name):
    """Somebody changes a setting."""
    await store.save(replace(await MemorySubscribers.get(store, chat), name=name), now=NOON)


async def test_after_one_was_asked_for_the_others_are_known_without_asking(readers, store):
    assert [s.chat for s in await readers.of(ALERTS[0])] == [ANNE]
    await settle()
    store.asked.clear()
    assert [s.chat for s in await readers.of(ALERTS[1])] == [BERT]
    assert BERT not in store.asked


async def test_what_was_looked_up_ahead_is_used_once(readers, store):
    await readers.of(ALERTS[0])
    await settle()
    await readers.of(ALERTS[1])
    await rename(store, BERT, "new")
    assert [s.name for s in await readers.of(ALERTS[1])] == ["new"]


async def test_what_was_looked_up_too_long_ago_is_not_used(readers, store, clock):
    await readers.of(ALERTS[0])
    await settle()
    await rename(store, BERT, "new")
    clock.advance(FRESH_FOR + timedelta(microseconds=1))
    assert [s.name for s in await readers.of(ALERTS[1])] == ["new"]


async def test_a_wish_that_came_after_its_owner_was_asked_for_counts_for_the_next_alert(readers, store):
    store.gates[CLEO] = asyncio.Event()  # so that looking ahead takes a while
    await readers.of(ALERTS[0])
    await settle()
    await readers.of(ALERTS[1])
    await rename(store, BERT, "new")
    store.gates[CLEO].set()
    await settle()
    assert [s.name for s in await readers.of(ALERTS[1])] == ["new"]


async def test_who_is_gone_is_left_out_and_who_cannot_be_read_is_an_error(readers, store):
    await store.remove(ANNE, now=NOON)
    assert await readers.of(replace(ALERTS[0], owners=(ANNE, BERT))) == [Subscriber(chat=BERT, version=1)]
    store.broken.add(CLEO)
    await settle()
    with pytest.raises(UnavailableError):
        await readers.of(ALERTS[2])


async def test_of_many_those_who_cannot_be_read_are_missing_and_those_who_are_gone_are_none(readers, store):
    await store.remove(ANNE, now=NOON)
    store.broken.add(CLEO)
    found = await readers.all([ANNE, BERT, CLEO])
    assert found == {ANNE: None, BERT: Subscriber(chat=BERT, version=1)}
    store.broken |= {ANNE, BERT}
    with pytest.raises(UnavailableError):
        await readers.all([ANNE, BERT, CLEO])
