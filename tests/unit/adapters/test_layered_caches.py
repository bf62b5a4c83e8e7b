"""The caches of a process: how much and how long, what ends a value early, and what is served while a store is away."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.layered.caches import Caches
from tokenfilter.adapters.layered.channels import CachedChannels
from tokenfilter.adapters.layered.subscribers import CachedSubscribers
from tokenfilter.adapters.memory.channels import MemoryChannels
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.invalidations import MemoryInvalidations
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChannelId, ChatId
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.invalidations import Stale
from tokenfilter.ports.subscribers import ConflictError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import is_waiting
from tokenfilter.testing.examples import NOON

ANNE = ChatId(1)
ALPHA = ChannelId("@alpha")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
R27 = {
    "channels": (30 * MINUTE, 1_000),
    "settings": (5 * MINUTE, 5_000),
    "subscriptions": (5 * MINUTE, 5_000),
    "permissions": (5 * MINUTE, 1_000),
    "wallet": (MINUTE / 2, 5_000),
}


class CountedSubscribers(MemorySubscribers):
    """Counts reads; while it is `away`, nothing can be asked of it."""

    def __init__(self):
        super().__init__(journal=MemoryJournal())
        self.reads = 0
        self.away = False

    async def get(self, chat):
        self.reads += 1
        self._reached()
        return await super().get(chat)

    async def save(self, subscriber, *, now):
        self._reached()
        return await super().save(subscriber, now=now)

    def _reached(self):
        if self.away:
            raise UnavailableError("away", acted=None)


class CountedChannels(MemoryChannels):
    """Counts reads."""

    def __init__(self):
        super().__init__()
        self.reads = 0

    async def as_of(self, channels, at):
        self.reads += 1
        return await super().as_of(channels, at)


class Mute(MemoryInvalidations):
    """Nobody can be told."""

    async def tell(self, stale):
        raise UnavailableError("away")


@pytest.fixture
def clock():
    return HandClock(NOON)


@pytest.fixture
def kept(clock):
    return Caches(clock=clock, timer=lambda: clock.now().timestamp())


@pytest.fixture
def inner():
    return CountedSubscribers()


@pytest.fixture
def subscribers(inner, kept):
    return CachedSubscribers(inner, kept.settings, MemoryInvalidations())


@pytest.mark.parametrize("name", R27)
def test_a_value_is_good_for_its_time_and_the_least_used_are_given_up(kept, clock, name):
    ttl, most = R27[name]
    cache = kept.named()[name]
    for n in range(most + 1):
        cache.put(str(n), n)
    assert (cache.get("0"), cache.get("1")) == (None, 1)
    clock.advance(ttl - timedelta(milliseconds=1))
    assert cache.get("1") == 1
    clock.advance(timedelta(milliseconds=1))
    assert cache.get("1") is None
    assert kept.figures()[name].evicted == 1


def test_the_caches_are_those_of_the_requirement(kept):
    assert set(kept.named()) == set(R27) == set(kept.figures())


async def test_every_minute_what_is_past_its_time_is_given_up(kept, clock):
    sweeping = asyncio.ensure_future(kept.swept())
    await asyncio.sleep(0)
    kept.wallet.put("a", 1)
    clock.advance(MINUTE)
    await asyncio.sleep(0)
    assert kept.wallet._kept.expired == 1
    sweeping.cancel()


async def test_what_others_tell_ends_values_early(kept):
    told = MemoryInvalidations()
    following = asyncio.ensure_future(kept.follow(told))
    await asyncio.sleep(0)
    for key in ("1", "2"):
        kept.settings.put(key, key)
        kept.wallet.put(key, key)
    for stale in (Stale(cache="settings", key="1"), Stale(cache="wallet", key=None), Stale(cache="other", key="2")):
        await told.tell(stale)
    assert await is_waiting(following)
    assert [kept.settings.get(key) for key in ("1", "2")] == [None, "2"]
    assert [kept.wallet.get(key) for key in ("1", "2")] == [None, None]
    following.cancel()


def test_where_news_may_have_been_missed_nothing_is_sure(kept):
    for cache in kept.named().values():
        cache.put("1", 1)
    kept.apply(None)
    assert [cache.get("1") for cache in kept.named().values()] == [None] * 5


async def test_a_subscriber_is_read_once_in_five_minutes(subscribers, inner, clock):
    stored = await subscribers.save(Subscriber(chat=ANNE), now=NOON)
    for _ in range(10):
        assert await subscribers.get(ANNE) == stored
    assert inner.reads == 1
    clock.advance(5 * MINUTE)
    await subscribers.get(ANNE)
    assert inner.reads == 2


async def test_nobody_is_asked_for_again(subscribers, inner):
    assert await subscribers.get(ANNE) is None
    await inner.save(Subscriber(chat=ANNE), now=NOON)
    assert await subscribers.get(ANNE)


async def test_after_a_conflict_what_is_there_is_read(subscribers, inner):
    read = await subscribers.save(Subscriber(chat=ANNE), now=NOON)
    assert await subscribers.get(ANNE) == read
    elsewhere = await inner.save(replace(read, silent=True), now=NOON)
    assert await subscribers.get(ANNE) == read
    with pytest.raises(ConflictError):
        await subscribers.save(replace(read, zone="Asia/Tokyo"), now=NOON)
    assert await subscribers.get(ANNE) == elsewhere


async def test_every_write_is_told_to_the_others(inner, kept):
    told = MemoryInvalidations()
    heard = told.heard()
    subscribers = CachedSubscribers(inner, kept.settings, told)
    stored = await subscribers.save(Subscriber(chat=ANNE), now=NOON)
    await subscribers.remove(ANNE, now=NOON)
    await subscribers.restore([SubscriberSaved(subscriber=stored, seq=0, renewed=frozenset(), at=NOON)])
    assert [await anext(heard) for _ in range(3)] == [Stale(cache="settings", key=key) for key in ("1", "1", None)]


async def test_a_write_of_which_nobody_can_be_told_is_a_write_all_the_same(inner, kept):
    subscribers = CachedSubscribers(inner, kept.settings, Mute())
    stored = await subscribers.save(Subscriber(chat=ANNE), now=NOON)
    assert await subscribers.get(ANNE) == stored
    assert subscribers.untold == 1
    channels = CachedChannels(MemoryChannels(), kept.channels, Mute())
    await channels.put(examples.stats())
    assert channels.untold == 1


async def test_who_was_removed_is_served_to_nobody_though_the_store_goes_away(subscribers, inner):
    await subscribers.save(Subscriber(chat=ANNE), now=NOON)
    await subscribers.get(ANNE)
    await subscribers.remove(ANNE, now=NOON)
    inner.away = True
    with pytest.raises(UnavailableError):
        await subscribers.get(ANNE)


async def test_while_the_store_is_away_what_was_read_in_the_last_hour_is_served(subscribers, inner, kept, clock):
    stored = await subscribers.save(Subscriber(chat=ANNE), now=NOON)
    await subscribers.get(ANNE)
    inner.away = True
    kept.apply(None)
    clock.advance(HOUR - timedelta(seconds=1))
    assert await subscribers.get(ANNE) == stored
    clock.advance(timedelta(seconds=1))
    with pytest.raises(UnavailableError):
        await subscribers.get(ANNE)


async def test_after_a_write_that_may_have_failed_what_was_read_before_is_served_only_while_the_store_is_away(
    subscribers, inner
):
    stored = await subscribers.save(Subscriber(chat=ANNE), now=NOON)
    await subscribers.get(ANNE)
    inner.away = True
    with pytest.raises(UnavailableError):
        await subscribers.save(replace(stored, silent=True), now=NOON)
    assert await subscribers.get(ANNE) == stored
    inner.away = False
    written = await inner.save(replace(stored, silent=True), now=NOON)
    assert await subscribers.get(ANNE) == written


async def test_a_channels_newest_line_answers_for_every_later_instant(kept):
    inner = CountedChannels()
    channels = CachedChannels(inner, kept.channels, MemoryInvalidations())
    await channels.put(examples.stats(as_of=NOON, win=60))
    for n in range(10):
        assert (await channels.as_of([ALPHA], NOON + n * MINUTE))[ALPHA].values == {"win": 60}
    assert inner.reads == 1


async def test_an_instant_before_a_channels_newest_line_is_asked_of_the_store(kept):
    inner = CountedChannels()
    channels = CachedChannels(inner, kept.channels, MemoryInvalidations())
    for n in range(2):
        await channels.put(examples.stats(as_of=NOON + n * HOUR, win=n))
    assert (await channels.as_of([ALPHA], NOON + HOUR))[ALPHA].values == {"win": 1}
    assert (await channels.as_of([ALPHA], NOON))[ALPHA].values == {"win": 0}
    assert inner.reads == 2
