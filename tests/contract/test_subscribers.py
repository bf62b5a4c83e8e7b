"""Every store of subscribers keeps the promises of its port."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.layered.caches import Caches
from tokenfilter.adapters.layered.subscribers import CachedSubscribers
from tokenfilter.adapters.memory.invalidations import MemoryInvalidations
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.adapters.redis.journal import RedisJournal
from tokenfilter.adapters.redis.subscribers import REMOVAL_KEPT_FOR, REPLACED_KEPT_FOR, RedisSubscribers
from tokenfilter.adapters.system.clock import SystemClock
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.partition import hash_slot
from tokenfilter.domain.subscriber import routes, with_filter
from tokenfilter.testing.contracts.subscribers import ANNE, BERT, SAFE, SubscribersContract, newcomer
from tokenfilter.testing.contracts.subscribers_kept import KeptSubscribersContract
from tokenfilter.testing.examples import NOON


class TestMemory(SubscribersContract, KeptSubscribersContract):
    @pytest.fixture
    def journal(self):
        return MemoryJournal()

    @pytest.fixture
    def store(self, journal):
        return MemorySubscribers(journal=journal)


class TestCached(SubscribersContract, KeptSubscribersContract):
    @pytest.fixture
    def journal(self):
        return MemoryJournal()

    @pytest.fixture
    def store(self, journal):
        inner = MemorySubscribers(journal=journal)
        return CachedSubscribers(inner, Caches(clock=SystemClock()).settings, MemoryInvalidations())


class TestRedis(SubscribersContract, KeptSubscribersContract):
    @pytest.fixture
    def journal(self, redis_connection, redis_keys, redis_fences, redis_dead):
        return RedisJournal(redis_connection, redis_keys, redis_fences, dead=redis_dead, clock=SystemClock())

    @pytest.fixture
    def store(self, redis_connection, redis_keys):
        return RedisSubscribers(redis_connection, redis_keys)

    @pytest.fixture
    def found(self, redis_connection, redis_keys):
        """The keys under which a text stands, in themselves or in what they hold."""

        async def where(text):
            asked, holding = redis_connection.reads, []
            async for key in asked.scan_iter(f"{redis_keys.prefix}*"):
                match await asked.type(key):
                    case "string":
                        held = await asked.get(key)
                    case "zset":
                        held = await asked.zrange(key, 0, -1)
                    case "hash":
                        held = await asked.hgetall(key)
                    case "stream":
                        held = await asked.xrange(key)
                if text in key or text in str(held):
                    holding.append(key.removeprefix(redis_keys.prefix))
            return sorted(holding)

        return where

    async def test_what_a_later_change_replaced_is_dropped_after_ten_minutes(self, store, found):
        anne = await store.save(replace(newcomer(ANNE), name="Anne"), now=NOON)
        anne = await store.save(with_filter(anne, "Safe", SAFE), now=NOON)
        await store.save(replace(anne, silent=True), now=NOON + REPLACED_KEPT_FOR)
        assert [c.seq for c in await store.changes(0)] == [2]
        assert await found("1 1") == []

    async def test_of_who_is_removed_only_the_removal_stays_and_that_for_a_day(self, store, found):
        chat = 71_777_177
        person = await store.save(replace(newcomer(chat), name="Anne"), now=NOON)
        person = await store.save(with_filter(person, "Safe", SAFE), now=NOON)
        bert = await store.save(newcomer(BERT), now=NOON)
        await store.remove(chat, now=NOON)
        places = [f"settings:{{cfg}}:{what}" for what in ("numbers", "replaced", "stream")]
        assert await found(str(chat)) == ["journal:{cfg}", *places]
        assert await found("Anne") == ["journal:{cfg}"]
        bert = await store.save(replace(bert, silent=True), now=NOON + REMOVAL_KEPT_FOR - timedelta(microseconds=1))
        assert [c.owner for c in await store.changes(3)] == [chat]
        await store.save(replace(bert, silent=False), now=NOON + REMOVAL_KEPT_FOR)
        assert await found(str(chat)) == ["journal:{cfg}"]

    async def test_who_was_removed_is_not_brought_back_by_a_restore_that_was_under_way(self, store):
        known = SubscriberSaved(subscriber=replace(newcomer(ANNE), version=9), seq=5, renewed=frozenset(), at=NOON)
        await store.restore([known])
        await store.remove(ANNE, now=NOON)
        await store.restore([known])
        assert await store.get(ANNE) is None
        assert [c.routes for c in await store.changes(0)] == [()]

    async def test_what_is_judged_is_restored_though_a_newer_version_that_judges_alike_came_first(self, store):
        older = replace(newcomer(ANNE), version=4)
        newer = replace(older, version=5, silent=True)
        await store.restore([SubscriberSaved(subscriber=newer, seq=0, renewed=frozenset(), at=NOON)])
        await store.restore([SubscriberSaved(subscriber=older, seq=41, renewed=frozenset(), at=NOON)])
        assert await store.get(ANNE) == newer
        assert [(c.seq, c.routes) for c in await store.changes(0)] == [(41, tuple(routes(newer)))]

    async def test_names_that_look_like_what_the_script_fills_in_are_kept_as_they_are(self, store, journal):
        odd = replace(newcomer(ANNE), name='"seq":0,"seq":0 \\"seq\\":0 \ud800')
        stored = await store.save(with_filter(odd, '"seq":0', SAFE), now=NOON)
        assert await store.get(ANNE) == stored
        assert (await journal.read(1))[0].entry.subscriber == stored
        assert {route.name for route in (await store.changes(0))[0].routes} == {"Cheap", '"seq":0'}

    def test_what_is_written_with_a_subscriber_shares_a_slot(self, store, redis_keys):
        keys = [*store._written, redis_keys.subscriber(ANNE), redis_keys.journal("cfg")]
        assert len({hash_slot(key) for key in keys}) == 1
