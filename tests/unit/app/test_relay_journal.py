"""History learns everything exactly once, also after it was away."""

import asyncio
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.domain.history import EventSettled
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON


def entry(number):
    """An event of its own in the journal."""
    return EventSettled(evidence=examples.evidence_of(examples.stamped(examples.heard(f"e{number}"))), told=())


class Away(MemoryHistory):
    """Cannot be reached while `away`; `half_way`, it has kept what it says it could not."""

    def __init__(self):
        super().__init__()
        self.away = False
        self.half_way = False
        self.asked_at = []
        self.clock = None

    async def record(self, entries):
        self.asked_at.append(self.clock.now())
        if self.away or self.half_way:
            await super().record(entries[: len(entries) // 2 if self.half_way else 0])
            raise UnavailableError("history is away")
        await super().record(entries)


@pytest.fixture
def process(new_process):
    process = new_process(history=Away())
    process.history.clock = process.clock
    return process


async def known(process):
    """The events history knows, in its order."""
    return [e.event.id async for e in process.history.judged(NOON - timedelta(days=1), NOON + timedelta(days=1))]


async def test_everything_noted_is_in_history_in_order(process):
    for n in range(1_200):
        await process.journal.note(entry(n))
    assert [await process.relay.relay() for _ in range(3)] == [500, 500, 200]
    assert await known(process) == [f"e{n}" for n in range(1_200)]
    assert await process.journal.length() == 0


async def test_while_history_is_away_the_relay_waits_longer_and_longer_up_to_half_a_minute(process):
    process.history.away = True
    await process.journal.note(entry(1))
    async with process.running(process.relay.run()):
        await process.wait(timedelta(minutes=3))
    waits = [b - a for a, b in zip(process.history.asked_at, process.history.asked_at[1:], strict=False)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(milliseconds=50)
    assert waits[-1] == timedelta(seconds=30)
    assert process.telemetry.failures["history", "history is away"][1] == len(process.history.asked_at)


@pytest.mark.parametrize("fault", ["away", "half_way"])
async def test_what_happened_while_history_was_away_is_there_exactly_once_when_it_is_back(process, fault):
    setattr(process.history, fault, True)
    for n in range(4):
        await process.journal.note(entry(n))
    async with process.running(process.relay.run()):
        await process.wait(timedelta(seconds=20))
        for n in range(4, 8):
            await process.journal.note(entry(n))
        setattr(process.history, fault, False)
        await process.wait(timedelta(seconds=40))
    assert await known(process) == [f"e{n}" for n in range(8)]
    assert await process.journal.length() == 0


async def test_a_relay_that_dies_before_it_acknowledged_leaves_history_with_one_row_an_event(process):
    await process.journal.note(entry(1))
    noted = await process.journal.read(9)
    await process.history.record([n.entry for n in noted])
    await process.journal.redeliver()
    await process.relay.relay()
    assert await known(process) == ["e1"]
    assert await process.journal.length() == 0


async def test_the_relay_waits_while_nothing_is_noted(process):
    relaying = asyncio.create_task(process.relay.relay())
    await process.wait()
    assert not relaying.done()
    await process.journal.note(entry(1))
    assert await relaying == 1
