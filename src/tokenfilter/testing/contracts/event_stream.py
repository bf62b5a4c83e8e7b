"""What any event stream must keep."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from tokenfilter.domain.event import Event
from tokenfilter.ports.event_stream import Entry, EventStream
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import Successor, is_waiting, soon


def numbered(number: int) -> Event:
    """An event that its number tells from the others."""
    return examples.stamped(examples.heard(f"e{number}"))


def names(entries: Iterable[Entry]) -> list[str]:
    """The events' names in the order in which they were read."""
    return [entry.item.id for entry in entries if isinstance(entry.item, Event)]


class EventStreamContract:
    """Fixtures: `stream`, empty, with room for `capacity` items (at least 4); `capacity`; `successor`."""

    async def test_items_are_read_in_the_order_in_which_they_were_appended(self, stream: EventStream) -> None:
        for n in range(3):
            await stream.append(numbered(n))
        assert names(await soon(stream.read(10))) == ["e0", "e1", "e2"]

    async def test_what_was_appended_is_read_as_it_was(self, stream: EventStream) -> None:
        event = examples.stamped(
            examples.heard(symbol="<b>", calls=[examples.call(market_cap_usd="0.1")], flags={"mint": True}, mcap=5)
        )
        price = examples.stamped_tick(examples.tick(price=3))
        await stream.append(event)
        await stream.append(price)
        assert [e.item for e in await soon(stream.read(10))] == [event, price]

    async def test_no_more_is_read_than_asked_for(self, stream: EventStream) -> None:
        for n in range(3):
            await stream.append(numbered(n))
        first, rest = await soon(stream.read(2)), await soon(stream.read(2))
        assert (names(first), names(rest)) == (["e0", "e1"], ["e2"])

    async def test_reading_waits_for_the_first_item(self, stream: EventStream) -> None:
        reading = asyncio.ensure_future(stream.read(1))
        assert await is_waiting(reading)
        await stream.append(numbered(1))
        assert names(await soon(reading)) == ["e1"]

    async def test_a_reader_that_gives_up_waiting_takes_nothing_with_it(self, stream: EventStream) -> None:
        reading = asyncio.ensure_future(stream.read(1))
        assert await is_waiting(reading)
        reading.cancel()
        await asyncio.wait([reading])
        await stream.append(numbered(1))
        assert names(await soon(stream.read(1))) == ["e1"]

    async def test_a_full_stream_holds_the_next_item_back_until_one_is_acknowledged(
        self, stream: EventStream, capacity: int
    ) -> None:
        for n in range(capacity):
            await soon(stream.append(numbered(n)))
        held = asyncio.ensure_future(stream.append(numbered(capacity)))
        assert await is_waiting(held)
        first = (await soon(stream.read(1)))[0]
        assert await is_waiting(held), "what was read and is not settled still takes its place"
        await stream.acknowledge(first)
        await soon(held)
        assert await stream.length() == capacity
        assert names(await soon(stream.read(capacity))) == [f"e{n}" for n in range(1, capacity + 1)]

    async def test_many_writers_at_a_full_stream_lose_nothing_and_never_overfill_it(
        self, stream: EventStream, capacity: int
    ) -> None:
        writers = [asyncio.ensure_future(stream.append(numbered(n))) for n in range(3 * capacity)]
        seen: list[str] = []
        while len(seen) < 3 * capacity:
            for entry in await soon(stream.read(2)):
                assert await stream.length() <= capacity
                seen += names([entry])
                await stream.acknowledge(entry)
        await asyncio.gather(*writers)
        assert sorted(seen) == sorted(f"e{n}" for n in range(3 * capacity))

    async def test_two_readers_never_get_the_same_entry(self, stream: EventStream) -> None:
        readers = [asyncio.ensure_future(stream.read(1)) for _ in range(2)]
        for n in range(2):
            await stream.append(numbered(n))
        assert sorted([*names(await soon(readers[0])), *names(await soon(readers[1]))]) == ["e0", "e1"]

    async def test_what_is_not_acknowledged_counts_and_what_is_does_not(self, stream: EventStream) -> None:
        for n in range(3):
            await stream.append(numbered(n))
        read = await soon(stream.read(2))
        assert await stream.length() == 3
        await stream.acknowledge(read[0])
        await stream.acknowledge(read[0])
        assert await stream.length() == 2

    async def test_a_successor_reads_what_the_dead_reader_left_and_nothing_that_was_settled(
        self, stream: EventStream, successor: Successor[EventStream]
    ) -> None:
        for n in range(4):
            await stream.append(numbered(n))
        read = await soon(stream.read(3))
        await stream.acknowledge(read[1])
        heir = await successor()
        left: list[str] = []
        while len(left) < 3:
            left += names(await soon(heir.read(10)))
        assert left == ["e0", "e2", "e3"]

    async def test_what_was_acknowledged_last_about_a_token_is_known_to_whoever_reads_next(
        self, stream: EventStream, successor: Successor[EventStream]
    ) -> None:
        one, two = examples.token(1), examples.token(2)
        first = examples.stamped(examples.heard("e1", about=one, mcap=5))
        later = examples.stamped(examples.heard("e2", about=one, at=examples.NOON + timedelta(seconds=1), mcap=6))
        for item in (first, examples.stamped_tick(examples.tick(about=one, price=3)), later):
            assert await stream.latest(one) == (None if item is first else first)
            await stream.append(item)
            (entry,) = await soon(stream.read(1))
            await stream.acknowledge(entry)
        heir = await successor()
        assert (await heir.latest(one), await heir.latest(two)) == (later, None)

    async def test_an_event_that_comes_late_does_not_replace_a_newer_one(self, stream: EventStream) -> None:
        newer = examples.stamped(examples.heard("e1", at=examples.NOON + timedelta(seconds=1), mcap=5))
        for item in (newer, examples.stamped(examples.heard("e2", at=examples.NOON, mcap=6))):
            await stream.append(item)
            (entry,) = await soon(stream.read(1))
            await stream.acknowledge(entry)
        assert await stream.latest(newer.token) == newer
