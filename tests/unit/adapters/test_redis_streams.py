"""Which entries a process is given: never one twice, none lost, what kills its readers set aside."""
# ruff: noqa: F811 - fixtures are imported

import asyncio

import pytest
from tests.faults.tcp_proxy import DropReply, TcpProxy
from tests.redis_process import (  # noqa: F401
    CAPACITY,
    RedisProcess,
    redis_connection,
    redis_keys,
    redis_process,
    redis_successor,
)

from tokenfilter.adapters.redis import groups, room
from tokenfilter.adapters.redis.connection import RedisConnection
from tokenfilter.adapters.redis.consumer import OWNER
from tokenfilter.domain.event import Event
from tokenfilter.domain.partition import partition_of
from tokenfilter.ports.dead_letters import DeadLetter
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import is_waiting, soon

pytest_plugins = ("tests.redis_user",)


@pytest.fixture
def looking_always(monkeypatch):
    """What may have got lost is looked for before every reading."""
    monkeypatch.setattr(groups, "_LOOK_EVERY", 0.0)


OTHER = next(
    n for n in range(2, 50) if partition_of(str(examples.token(n)), 3) != partition_of(str(examples.token()), 3)
)
"""A token of another partition than the first."""


def event(name, token=1, *, seq=1):
    return examples.stamped(examples.heard(name, about=examples.token(token)), seq=seq)


def names(entries):
    return [entry.item.id for entry in entries if isinstance(entry.item, Event)]


async def appended(process, *items):
    for item in items:
        await process.events.append(item)


async def given(process, count):
    """The names of the next entries that a process is given."""
    found = []
    while len(found) < count:
        found += names(await soon(process.events.read(10)))
    return found


def stream_of(process, item):
    return process.keys.events(process.keys.partition(item.token))


async def test_entries_of_all_partitions_come_by_the_settings_they_count_for_and_each_partition_in_its_order(
    redis_process,
):
    tokens = {partition_of(str(examples.token(n)), redis_process.keys.partitions): n for n in range(1, 30)}
    one, two, three = tokens.values()
    await appended(
        redis_process,
        event("late", one, seq=9),
        event("early", two, seq=2),
        event("after late", one, seq=1),
        event("middle", three, seq=5),
    )
    assert names(await soon(redis_process.events.read(10))) == ["early", "middle", "late", "after late"]


async def test_an_entry_that_is_no_event_is_set_aside_and_the_others_are_given(redis_process):
    stream = stream_of(redis_process, event("e"))
    for fields in ({"e": "{"}, {"e": '{"type":"event"}'}, {"other": "x"}, {b"e": b"\xff"}):
        await redis_process.connection.writes.xadd(stream, fields)
    await appended(redis_process, event("e"))
    assert await given(redis_process, 1) == ["e"]
    letters = await redis_process.dead.newest(10)
    assert sorted(letter.sample for letter in letters) == sorted(["{", "{'other': 'x'}", '{"type":"event"}', "�"])
    assert await redis_process.events.length() == 1


async def test_what_was_given_five_times_and_never_settled_is_set_aside_and_takes_no_other_with_it(
    redis_process, redis_successor
):
    await appended(redis_process, event("deadly"), event("innocent"), event("harmless", OTHER))
    reader, deaths, settled = redis_process, 0, []
    while len(settled) < 2:
        entries = await soon(reader.events.read(10))
        if "deadly" in names(entries):
            deaths += 1
            reader = await redis_successor()
            continue
        for entry in entries:
            await reader.events.acknowledge(entry)
        settled += names(entries)
    assert deaths == 5
    assert sorted(settled) == ["harmless", "innocent"]
    assert await reader.pending() == 0
    [letter] = await reader.dead.newest(10)
    assert letter.item == event("deadly")
    assert await reader.events.length() == 0


async def test_what_a_former_owner_reads_after_losing_its_lease_is_given_to_the_new_one(redis_process, looking_always):
    await appended(redis_process, event("first"))
    assert await given(redis_process, 1) == ["first"]
    await appended(redis_process, event("second"))
    stream = stream_of(redis_process, event("second"))
    await redis_process.connection.writes.xreadgroup("match", OWNER, {stream: ">"})
    assert await given(redis_process, 1) == ["second"]
    pending = await redis_process.connection.reads.xpending_range(stream, "match", "-", "+", 9)
    assert [row["times_delivered"] for row in pending] == [1, 2]


async def test_an_answer_that_got_lost_on_the_way_loses_no_entry(valkey_url, redis_keys, monkeypatch):
    monkeypatch.setattr(groups, "_LOOK_EVERY", 3_600.0)
    async with TcpProxy(valkey_url) as proxy:
        connection = RedisConnection(proxy.url)
        process = RedisProcess(connection, redis_keys, "first")
        await process.lead()
        await appended(process, event("e1"))
        assert await given(process, 1) == ["e1"]
        proxy.mode = DropReply(containing=b"XREADGROUP")
        await appended(process, event("e2"))
        with pytest.raises(UnavailableError):
            await soon(process.events.read(10))
        assert await given(process, 1) == ["e2"]
        await connection.close()


async def test_a_write_whose_answer_got_lost_is_not_repeated(valkey_url, redis_keys):
    async with TcpProxy(valkey_url) as proxy:
        connection = RedisConnection(proxy.url)
        process = RedisProcess(connection, redis_keys, "first")
        proxy.mode = DropReply(containing=b"XADD")
        with pytest.raises(UnavailableError) as failure:
            await process.events.append(event("e1"))
        assert failure.value.acted is None
        assert await process.events.length() == 1
        await connection.close()


async def test_whoever_waits_while_redis_goes_away_is_told_and_later_reads_on(redis_user, redis_user_url, redis_keys):
    connection = RedisConnection(redis_user_url)
    process = RedisProcess(connection, redis_keys, "first")
    await process.lead()
    readers = [asyncio.ensure_future(process.events.read(1)) for _ in range(2)]
    assert await is_waiting(readers[0])
    await redis_user.refuse()
    failures = await soon(asyncio.gather(*readers, return_exceptions=True))
    assert [type(f) for f in failures] == [UnavailableError, UnavailableError]
    await redis_user.admit()
    await appended(process, event("e1"))
    assert await given(process, 1) == ["e1"]
    await connection.close()


async def test_after_redis_was_emptied_what_was_read_ahead_is_given_and_reading_goes_on(redis_process):
    await appended(redis_process, event("e1"), event("e2", OTHER))
    first = names(await soon(redis_process.events.read(1)))
    await redis_process.connection.writes.delete(*await redis_process.stored("events:*"))
    assert sorted([*first, *await given(redis_process, 1)]) == ["e1", "e2"]
    await appended(redis_process, event("e3"))
    assert await given(redis_process, 1) == ["e3"]


async def test_after_redis_was_emptied_while_somebody_waits_reading_goes_on(redis_process):
    await appended(redis_process, event("e1"))
    await redis_process.events.acknowledge((await soon(redis_process.events.read(1)))[0])
    reading = asyncio.ensure_future(redis_process.events.read(1))
    assert await is_waiting(reading)
    await redis_process.connection.writes.delete(*await redis_process.stored("events:*"))
    await appended(redis_process, event("e2"))
    assert names(await soon(reading)) == ["e2"]


async def test_who_no_longer_leads_settles_nothing(redis_process, redis_successor):
    await appended(redis_process, event("e1"))
    [entry] = await soon(redis_process.events.read(1))
    await redis_successor()
    with pytest.raises(StaleOwnerError):
        await redis_process.events.acknowledge(entry)
    assert await redis_process.events.length() == 1


async def test_what_was_read_ahead_of_a_partition_that_is_led_no_longer_is_not_given(redis_process):
    await appended(redis_process, event("e1"), event("e2", OTHER))
    assert len(await soon(redis_process.events.read(1))) == 1
    for p in range(redis_process.keys.partitions):
        redis_process.fences.drop(f"match:{p}")
    reading = asyncio.ensure_future(redis_process.events.read(1))
    assert await is_waiting(reading)
    await redis_process.lead()
    assert sorted([*names(await soon(reading)), *await given(redis_process, 1)]) == ["e1", "e2"]


async def test_whoever_waits_for_room_is_served_when_something_is_settled_here(redis_process, monkeypatch):
    monkeypatch.setattr(room, "_ASK_AGAIN", 3_600.0)
    for n in range(CAPACITY):
        await appended(redis_process, event(f"e{n}"))
    held = asyncio.ensure_future(redis_process.events.append(event("held")))
    assert await is_waiting(held)
    [entry] = await soon(redis_process.events.read(1))
    await redis_process.events.acknowledge(entry)
    await soon(held)


async def test_whoever_waits_for_room_is_served_when_something_is_settled_elsewhere(redis_process, redis_successor):
    for n in range(CAPACITY):
        await appended(redis_process, event(f"e{n}"))
    held = asyncio.ensure_future(redis_process.events.append(event("held")))
    assert await is_waiting(held)
    heir = await redis_successor()
    [entry] = await soon(heir.events.read(1))
    await heir.events.acknowledge(entry)
    await soon(held)


async def test_what_was_given_and_not_settled_is_given_again_on_demand_and_does_not_count_as_given_twice(
    redis_process,
):
    await appended(redis_process, event("e1"), event("e2"), event("e3"))
    first, *_ = await soon(redis_process.events.read(3))
    await redis_process.events.acknowledge(first)
    for _ in range(7):
        redis_process.events.give_again()
        assert names(await soon(redis_process.events.read(3))) == ["e2", "e3"]
    assert await redis_process.dead.count() == 0


async def test_a_reader_is_told_when_the_connection_is_closed(valkey_url, redis_keys):
    connection = RedisConnection(valkey_url)
    process = RedisProcess(connection, redis_keys, "first")
    reading = asyncio.ensure_future(process.events.read(1))
    assert await is_waiting(reading)
    await connection.close()
    await connection.close()
    with pytest.raises(UnavailableError):
        await soon(reading)


async def test_a_journal_entry_that_nobody_can_read_is_set_aside(redis_process):
    await redis_process.connection.writes.xadd(redis_process.keys.journal(0), {"e": "[]"})
    await redis_process.journal.note(examples.ended(examples.alert()))
    [noted] = await soon(redis_process.journal.read(10))
    assert noted.entry == examples.ended(examples.alert())
    assert [letter.sample for letter in await redis_process.dead.newest(5)] == ["[]"]
    assert await redis_process.journal.length() == 1
    await redis_process.journal.acknowledge([noted])
    assert await redis_process.journal.length() == await redis_process.pending() == 0


async def test_a_dead_letter_that_nobody_can_read_hides_no_other(redis_process):
    client, stream = redis_process.connection.writes, redis_process.keys.dead("items")
    await redis_process.dead.bury(DeadLetter(reason="r", sample="s", at=examples.NOON, item=event("e")))
    [(_, whole)] = await client.xrange(stream)
    await client.xadd(stream, {"e": "{"})
    await client.xadd(stream, {"e": whole["e"].replace('"type":"event"', '"type":"other"')})
    letters = await redis_process.dead.newest(5)
    assert sorted((letter.sample, letter.item) for letter in letters if letter.item is None) == [
        ("s", None),
        ("{", None),
    ]
    assert [letter.item for letter in letters if letter.item] == [event("e")]
    assert all([await redis_process.dead.take(letter.id) for letter in letters])
