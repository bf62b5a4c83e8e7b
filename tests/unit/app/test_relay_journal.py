"""History learns everything exactly once, also after it was away, and what it refuses is set aside alone."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.dead_letters import MemoryDeadLetters
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.app.relay_journal import FORGOTTEN_AGAIN_AFTER, RelayJournal
from tokenfilter.domain.history import EventSettled, PersonForgotten, SubscriberSaved, name_of
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ANNE = ChatId(1)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def entry(number):
    """An event of its own in the journal."""
    return EventSettled(evidence=examples.evidence_of(examples.stamped(examples.heard(f"e{number}"))), told=())


def saved(version=1, *, at=NOON):
    """Anne as stored under a version."""
    subscriber = Subscriber(chat=ANNE, version=version)
    return SubscriberSaved(subscriber=subscriber, seq=version, renewed=frozenset(), at=at)


def late():
    """How an alert to Anne ended that was under way when she was forgotten."""
    return examples.ended(examples.alert(ANNE), at=NOON + SECOND)


FORGOTTEN = PersonForgotten(chat=ANNE, at=NOON)


class Fickle(MemoryHistory):
    """Refuses the batch of some entries; `outages` are how many halves it keeps of what it says it could not keep."""

    clock = meanwhile = None

    def __init__(self):
        super().__init__()
        self.refused, self.outages, self.asked_at = set(), [], []

    async def record(self, entries):
        self.asked_at.append(self.clock.now())
        refuses = any(name_of(e) in self.refused for e in entries)
        outage = self.outages.pop(0) if self.outages else None
        if outage is not None:
            await super().record(() if refuses else entries[: len(entries) * outage // 2])
            raise UnavailableError("history is away")
        if refuses:
            raise RefusedError("of no form")
        await super().record(entries)
        if self.meanwhile:
            await self.meanwhile()


class Stuck(MemoryDeadLetters):
    """Cannot be reached the first `away` times."""

    away = 0

    async def bury(self, letter):
        self.away -= 1
        if self.away >= 0:
            raise UnavailableError("letters are away")
        await super().bury(letter)


class LostAnswers(MemoryJournal):
    """The first `away` times nobody hears that it acknowledged, or it cannot be read."""

    away = 0

    async def acknowledge(self, noted):
        await super().acknowledge(noted)
        self._fail()

    async def read(self, limit):
        self._fail()
        return await super().read(limit)

    def _fail(self):
        self.away -= 1
        if self.away >= 0:
            raise UnavailableError("the journal is away")


@dataclass
class World:
    """A relay and all it talks to; `jitter` is the share of the longest pause that is waited."""

    jitter: float = 1.0
    history: Fickle = field(default_factory=Fickle)
    journal: LostAnswers = field(default_factory=LostAnswers)
    dead: Stuck = field(default_factory=Stuck)

    def __post_init__(self):
        self.history.clock = self.clock = HandClock(NOON)
        self.telemetry = MemoryTelemetry()
        self.relay = self.new_relay()
        self.archive = MemoryArchive(self.history)

    def new_relay(self):
        ports = {"journal": self.journal, "history": self.history, "dead": self.dead, "clock": self.clock}
        return RelayJournal(**ports, telemetry=self.telemetry, random=lambda: self.jitter)

    async def note(self, *entries):
        for one in entries:
            await self.journal.note(one)

    async def run(self, span=timedelta(0), *, step=SECOND):
        """Let the relay run for so long."""
        running = asyncio.create_task(self.relay.run())
        await self.wait(span, step=step)
        assert not running.done()
        running.cancel()
        await asyncio.wait([running])

    async def wait(self, span, *, step=SECOND):
        """Let time pass in small steps, and everybody act meanwhile."""
        until = self.clock.now() + span
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if self.clock.now() == until:
                return
            self.clock.advance(min(step, until - self.clock.now()))

    async def known(self):
        """The events history knows, in its order."""
        return [e.event.id async for e in self.history.judged(NOON - DAY, NOON + DAY)]


@pytest.fixture
def world():
    return World()


async def test_everything_noted_is_in_history_in_order(world):
    await world.note(*map(entry, range(1_200)))
    assert [await world.relay.relay() for _ in range(3)] == [500, 500, 200]
    assert await world.known() == [f"e{n}" for n in range(1_200)]
    assert await world.journal.length() == 0


async def test_the_relay_waits_while_nothing_is_noted(world):
    relaying = asyncio.create_task(world.relay.relay())
    await world.wait(timedelta(hours=1), step=timedelta(minutes=10))
    assert not relaying.done()
    await world.note(entry(1))
    assert await relaying == 1


async def test_while_history_is_away_the_relay_waits_longer_and_longer_up_to_half_a_minute(world):
    world.history.outages = [0] * 1_000
    await world.note(entry(1))
    await world.run(timedelta(minutes=3), step=timedelta(milliseconds=50))
    waits = [b - a for a, b in zip(world.history.asked_at, world.history.asked_at[1:], strict=False)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(milliseconds=50)
    assert waits[-1] == timedelta(seconds=30)
    assert world.telemetry.failures["history", "history is away"][1] == len(world.history.asked_at)
    assert world.telemetry.gauges["journal_age_s"] > 60


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
async def test_the_pause_is_any_share_of_the_longest(share):
    world = World(jitter=share)
    world.history.outages = [0] * 4
    await world.note(entry(1))
    await world.run(SECOND, step=timedelta(milliseconds=10))
    waits = [b - a for a, b in zip(world.history.asked_at, world.history.asked_at[1:], strict=False)]
    assert waits == [share * timedelta(milliseconds=50) * 2**n for n in range(4)]


async def test_a_relay_that_dies_before_it_acknowledged_leaves_history_with_one_row_an_event(world):
    await world.note(entry(1))
    noted = await world.journal.read(9)
    await world.history.record([n.entry for n in noted])
    await world.journal.redeliver()
    await world.relay.relay()
    assert await world.known() == ["e1"]
    assert await world.journal.length() == 0


@given(
    refused=st.sets(st.integers(0, 40)),
    size=st.integers(1, 40),
    outages=st.lists(st.sampled_from([None, 0, 1, 2]), max_size=30),
    away=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    jitter=st.sampled_from([0.0, 0.5, 1.0]),
)
async def test_each_good_entry_is_kept_once_in_order_and_each_bad_one_set_aside_once(
    refused, size, outages, away, jitter
):
    """Whatever is refused, and however often history, journal and dead letters are away."""
    world = World(jitter=jitter)
    entries = [entry(n) for n in range(size)]
    world.history.refused = {name_of(entries[n]) for n in refused if n < size}
    world.history.outages = list(outages)
    world.dead.away, world.journal.away = away
    await world.note(*entries)
    await world.run(timedelta(minutes=20), step=timedelta(seconds=30))
    assert await world.known() == [f"e{n}" for n in range(size) if n not in refused]
    letters = await world.dead.newest(100)
    assert sorted(letter.item.evidence.event.id for letter in letters) == sorted(f"e{n}" for n in refused if n < size)
    assert all(letter.reason == "history: of no form" and "event:e" in letter.sample for letter in letters)
    assert await world.journal.length() == 0


async def test_one_bad_entry_among_many_costs_few_questions(world):
    entries = [entry(n) for n in range(500)]
    world.history.refused = {name_of(entries[77])}
    await world.note(*entries)
    assert await world.relay.relay() == 499
    assert len(world.history.asked_at) <= 2 * 9 + 1
    assert [letter.item for letter in await world.dead.newest(9)] == [entries[77]]


class TestForgetting:
    async def test_a_person_is_forgotten_at_once_and_the_entry_stays_until_two_minutes_have_passed(self, world):
        await world.note(saved(at=NOON - SECOND), FORGOTTEN)
        await world.run(FORGOTTEN_AGAIN_AFTER - SECOND)
        assert await world.archive.of_person(ANNE) == {}
        assert (await world.journal.length(), len(world.relay.held)) == (1, 1)
        await world.run(SECOND)
        assert (await world.journal.length(), len(world.relay.held)) == (0, 0)

    async def test_what_is_noted_late_does_not_bring_a_row_back_for_good(self, world):
        await world.note(FORGOTTEN, late())
        await world.run(SECOND)
        assert await world.archive.of_person(ANNE) != {}
        await world.run(FORGOTTEN_AGAIN_AFTER)
        assert await world.archive.of_person(ANNE) == {}

    async def test_whoever_comes_back_meanwhile_stays(self, world):
        back = saved(at=NOON + SECOND)
        await world.note(FORGOTTEN, back)
        await world.run(2 * FORGOTTEN_AGAIN_AFTER)
        assert await world.archive.subscriber(ANNE) == back
        assert await world.journal.length() == 0

    async def test_a_crash_before_the_second_time_forgets_twice_again(self, world):
        await world.note(FORGOTTEN, late())
        await world.run(FORGOTTEN_AGAIN_AFTER - SECOND)
        await world.journal.redeliver()
        world.relay = world.new_relay()
        await world.run(FORGOTTEN_AGAIN_AFTER - SECOND)
        assert await world.journal.length() == 1
        await world.run(SECOND)
        assert await world.archive.of_person(ANNE) == {}
        assert await world.journal.length() == 0

    async def test_an_entry_that_is_given_again_is_held_once(self, world):
        await world.note(FORGOTTEN)
        await world.run(SECOND)
        await world.journal.redeliver()
        await world.run(FORGOTTEN_AGAIN_AFTER)
        assert (await world.journal.length(), len(world.relay.held)) == (0, 0)

    async def test_it_waits_for_everything_noted_before_however_long_that_takes(self, world):
        """The late entry lies behind a backlog that history takes longer to accept than two minutes."""
        await world.note(FORGOTTEN)
        await world.run()
        await world.note(*map(entry, range(1_200)), late())
        world.history.outages = [0] * 14
        await world.run(timedelta(minutes=10))
        assert await world.archive.of_person(ANNE) == {}
        assert await world.journal.length() == 0

    async def test_it_does_not_wait_for_what_is_noted_after(self, world):
        """Something new is noted whenever something is recorded, so the journal is never empty."""
        world.history.meanwhile = lambda: world.journal.note(entry(len(world.history.asked_at)))
        await world.note(FORGOTTEN, entry(0))
        await world.run(FORGOTTEN_AGAIN_AFTER + SECOND)
        assert len(world.relay.held) == 0
        assert await world.journal.length() > 0

    async def test_a_person_whom_history_refuses_to_forget_is_set_aside(self, world):
        world.history.refused = {name_of(FORGOTTEN)}
        await world.note(FORGOTTEN, entry(1))
        await world.run(SECOND)
        assert [letter.item for letter in await world.dead.newest(9)] == [FORGOTTEN]
        assert (await world.journal.length(), len(world.relay.held)) == (0, 0)
