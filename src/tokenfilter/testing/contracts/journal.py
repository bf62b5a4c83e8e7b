"""What any journal must keep."""

import asyncio
from datetime import timedelta
from decimal import Decimal

from tokenfilter.domain.history import (
    DeliveryOutcome,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    PriceSeen,
    price_seen,
)
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.ports.journal import Journal, Noted
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import Successor, is_waiting, soon
from tokenfilter.testing.examples import NOON


def price(number: int) -> PriceSeen:
    """A price that its number tells from the others."""
    return price_seen(examples.tick(NOON + timedelta(seconds=number), price=number + 1))


OF_EVERY_KIND: tuple[JournalEntry, ...] = (
    EventSettled(
        evidence=examples.evidence_of(
            examples.stamped(examples.heard(symbol="<b>", calls=[examples.call(fdv_usd="0.1")], mcap=5)),
            {stats.channel: stats for stats in [examples.stats(win=60, record=9)]},
        ),
        told=(Destination(ChatId(1)), Destination(ChatId(-2), 3)),
    ),
    PriceSeen(token=examples.token(), observed_at=NOON, values={"fdv": Decimal("0.1")}, liquidity=None),
    DeliverySettled(
        notification="alert:1",
        token=examples.token(),
        destination=Destination(ChatId(1)),
        outcome=DeliveryOutcome.SENT,
        at=NOON + timedelta(microseconds=1),
        message_id=7,
        call_to_sent=0.25,
    ),
    DeliverySettled(
        notification="digest:1",
        token=None,
        destination=Destination(ChatId(-2), 3),
        outcome=DeliveryOutcome.GONE,
        at=NOON,
    ),
)


class JournalContract:
    """Fixtures: `journal`, empty; `successor`."""

    async def test_entries_of_every_kind_are_read_as_they_were_noted(self, journal: Journal) -> None:
        for entry in OF_EVERY_KIND:
            await journal.note(entry)
        read = [n.entry for n in await soon(journal.read(10))]
        assert sorted(read, key=OF_EVERY_KIND.index) == list(OF_EVERY_KIND)

    async def test_no_more_is_read_than_asked_for_and_nothing_twice(self, journal: Journal) -> None:
        for n in range(3):
            await journal.note(price(n))
        batches = [await soon(journal.read(2)), await soon(journal.read(2))]
        assert [[n.entry for n in batch] for batch in batches] == [[price(0), price(1)], [price(2)]]

    async def test_reading_waits_until_something_is_noted(self, journal: Journal) -> None:
        reading = asyncio.ensure_future(journal.read(1))
        assert await is_waiting(reading)
        await journal.note(price(1))
        assert [n.entry for n in await soon(reading)] == [price(1)]

    async def test_an_entry_counts_until_it_is_acknowledged(self, journal: Journal) -> None:
        for n in range(3):
            await journal.note(price(n))
        noted = await soon(journal.read(2))
        assert await journal.length() == 3
        await journal.acknowledge(noted)
        await journal.acknowledge(noted)
        assert await journal.length() == 1

    async def test_two_readers_never_get_the_same_entry(self, journal: Journal) -> None:
        readers = [asyncio.ensure_future(journal.read(1)) for _ in range(2)]
        for n in range(2):
            await journal.note(price(n))
        seen = [noted.id for r in readers for noted in await soon(r)]
        assert len(set(seen)) == len(seen) == 2

    async def test_a_successor_reads_what_the_dead_reader_left_and_nothing_acknowledged(
        self, journal: Journal, successor: Successor[Journal]
    ) -> None:
        for n in range(3):
            await journal.note(price(n))
        await journal.acknowledge((await soon(journal.read(2)))[:1])
        heir = await successor()
        left: list[Noted] = []
        while len(left) < 2:
            left += await soon(heir.read(10))
        assert [n.entry for n in left] == [price(1), price(2)]

    async def test_what_is_acknowledged_before_a_successor_reads_it_is_not_read(
        self, journal: Journal, successor: Successor[Journal]
    ) -> None:
        await journal.note(price(1))
        noted = await soon(journal.read(1))
        heir = await successor()
        await journal.acknowledge(noted)
        reading = asyncio.ensure_future(heir.read(1))
        assert await is_waiting(reading)
        await heir.note(price(2))
        assert [n.entry for n in await soon(reading)] == [price(2)]
