"""A real-time store that lost something is given back what the permanent one knows: nobody is missed or told twice."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app.rebuilding import ANNE, BERT, NOTHING, PEOPLE, Store, World, name_of, saved, wanted

from tokenfilter.app.rebuild_state import Rebuilt
from tokenfilter.app.rebuild_state.lost_records import LOOKED_AT
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

steps = st.lists(
    st.one_of(
        st.integers(1, 6).map(lambda number: ("hear", number, (0, 10, 100)[number % 3])),
        st.tuples(st.just("deliver"), st.integers(1, 4)),
        st.tuples(st.just("relay"), st.integers(1, 6)),
    ),
    max_size=20,
)


async def live(world, steps):
    for name, *about in steps:
        await getattr(world, name)(*about)


@given(before=steps, after=steps, breaks_off_after=st.integers(0, 4))
async def test_old_data_lose_nobody_and_double_nothing_of_which_the_permanent_store_knows_the_end(
    before, after, breaks_off_after
):
    world = World()
    await world.begin()
    await live(world, before)
    world.put_aside()
    await live(world, after)
    known = {told.end.notification for told in world.history.told.values() if told.end}
    await world.come_back_old()
    world.store.tokens.may_restore = breaks_off_after
    with suppress(UnavailableError):
        await world.rebuild().at_start()
    world.store.tokens.may_restore = 10**9
    await world.rebuild().at_start()
    await world.deliver_all()
    told = {name for name, _ in world.history.told}
    assert told <= set(world.sent)
    for said in list(world.heard):
        await world.store.settle(replace(said, id=f"again {said.id}", observed_at=world.clock.now()))
    await world.deliver_all()
    assert wanted(world.heard) == set(world.sent)
    assert {name: world.sent[name] for name in known} == dict.fromkeys(known, 1)
    assert max(world.sent.values()) <= 2


@given(steps=steps)
async def test_a_store_that_lost_nothing_is_left_as_it_is_however_late_the_permanent_one_is(steps):
    world = World()
    await world.begin()
    await live(world, steps)
    before = [await world.store.tokens.records(examples.token(number)) for number in range(7)]
    owed = await world.store.outbox.length()
    assert await world.rebuild().at_start() == NOTHING
    assert [await world.store.tokens.records(examples.token(number)) for number in range(7)] == before
    assert await world.store.outbox.length() == owed


@pytest.mark.parametrize("may_restore", range(5))
async def test_catching_up_that_was_broken_off_is_completed_by_the_next_start(may_restore):
    world = World()
    await world.begin()
    world.put_aside()
    for number in range(1, LOOKED_AT * 2 + 2):
        await world.hear(number, 10)
    await world.relay(10**6)
    await world.come_back_old()
    world.store.tokens.may_restore = may_restore * 200 + 1
    with pytest.raises(UnavailableError):
        await world.rebuild().at_start()
    world.store.tokens.may_restore = 10**9
    await world.rebuild().at_start()
    for number in range(1, LOOKED_AT * 2 + 2):
        records = await world.store.tokens.records(examples.token(number))
        assert {to.chat for to in records.accepted} == {ANNE}


async def test_a_start_looks_at_no_more_than_the_events_judged_last():
    world = World()
    await world.begin()
    for number in range(1, LOOKED_AT * 4):
        await world.hear(number, 0)
    await world.relay(10**6)
    world.store.tokens.reads = 0
    assert await world.rebuild().at_start() == NOTHING
    assert world.store.tokens.reads <= LOOKED_AT


async def test_many_events_about_few_tokens_hide_none_of_those_before_them():
    world = World()
    await world.begin()
    world.put_aside()
    await world.hear(1, 10)
    for _ in range(LOOKED_AT * 2):
        await world.hear(2, 0)
    await world.relay(10**6)
    await world.come_back_old()
    await world.rebuild().at_start()
    assert {to.chat for to in (await world.store.tokens.records(examples.token(1))).accepted} == {ANNE}


async def test_calls_heard_since_then_count_again():
    world = World()
    await world.begin()
    await world.hear(1, 0)
    world.put_aside()
    await world.hear(1, 0, calls=[examples.call("@alpha")])
    await world.relay(10)
    await world.come_back_old()
    assert await world.rebuild().at_start() == Rebuilt(subscribers=2, tokens=1, owed=0)
    assert [c.channel for c in (await world.store.tokens.records(examples.token(1))).calls] == ["@alpha"]


async def test_a_change_of_what_is_not_judged_is_not_undone():
    world = World()
    await world.begin()
    world.put_aside()
    await world.hear(1, 10)
    await world.history.record([saved(ANNE, "mcap >= 1", 0, silent=True)])
    await world.relay(10)
    await world.come_back_old()
    await world.rebuild().at_start()
    assert (await world.store.subscribers.get(ANNE)).silent


async def test_nothing_comes_back_of_a_person_who_was_forgotten_before_the_permanent_store_knew():
    world = World()
    await world.begin()
    await world.hear(1, 100)
    await world.relay(10)
    await world.store.tokens.forget(frozenset({PEOPLE[0].subscriber.own_chat}))
    await world.store.subscribers.remove(ANNE, now=world.clock.now())
    assert await world.rebuild().at_start() == NOTHING
    assert {to.chat for to in (await world.store.tokens.records(examples.token(1))).accepted} == {BERT}


async def test_after_days_without_the_program_it_is_enough_that_who_was_told_is_known():
    world = World()
    await world.begin()
    await world.hear(1, 100)
    await world.hear(2, 0)
    await world.relay(10)
    world.store = Store()
    await world.store.subscribers.restore(PEOPLE)
    told = await world.archive.told(examples.token(1), NOON)
    await world.store.tokens.restore(examples.token(1), TokenRecords(accepted=told))
    world.clock.advance(timedelta(days=2))
    assert await world.rebuild().at_start() == NOTHING
    world.clock.advance(timedelta(days=13))
    assert await world.rebuild().at_start() == NOTHING


async def test_what_is_owed_is_queued_by_a_rebuild_only_where_who_is_owed_does_not_count_as_told():
    world = World()
    await world.begin()
    await world.hear(1, 100)
    world.put_aside()
    await world.hear(2, 100)
    await world.relay(10)
    await world.old.outbox.finish([examples.ended(n) for n in await soon(world.old.outbox.take(10))])
    await world.come_back_old()
    await world.history.record([replace(PEOPLE[0], seq=3, subscriber=replace(PEOPLE[0].subscriber, version=2))])
    assert await world.rebuild().is_needed()
    assert (await world.rebuild().at_start()).owed == 2
    owed = {n.id for n in await soon(world.store.outbox.take(10))}
    assert owed == {name_of(2, ANNE), name_of(2, BERT)}
