"""What matching meets on the way stops nothing and loses nobody: a partition that moves, a store that is away."""

from datetime import timedelta

from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)


def told(settled):
    """Who was told, event by event."""
    return [{n.destination.chat for n in s.queued} if s else set() for s in settled]


class Poisoned(MemoryProcessedTokens):
    """Breaks over one token."""

    async def records(self, token):
        if token == examples.token(13):
            raise ZeroDivisionError
        return await super().records(token)


class Moved(MemoryEventStream):
    """Another worker owns every partition by the time anything is acknowledged, or nobody answers for a while."""

    def __init__(self, *failures):
        super().__init__()
        self.failures = list(failures)

    async def acknowledge(self, entry):
        if self.failures:
            raise self.failures.pop()
        await super().acknowledge(entry)


async def test_an_event_that_cannot_be_judged_and_is_anothers_by_now_stops_nothing(process):
    process.events = Moved(StaleOwnerError("led by another"))
    process.tokens = Poisoned(outbox=process.outbox, journal=process.journal, events=process.events)
    async with process.running(process.matcher().run()) as judging:
        await process.events.append(examples.stamped(examples.heard("e1", about=examples.token(13), mcap=5)))
        await process.wait()
        assert not judging.done()
    assert len(await process.dead.newest(9)) == 1


async def test_an_event_that_cannot_be_judged_is_buried_though_the_store_was_away_for_a_moment(process):
    process.events = Moved(UnavailableError("away"))
    process.tokens = Poisoned(outbox=process.outbox, journal=process.journal, events=process.events)
    async with process.running(process.matcher().run()) as judging:
        await process.events.append(examples.stamped(examples.heard("e1", about=examples.token(13), mcap=5)))
        await process.wait(SECOND)
        assert not judging.done()
    assert await process.events.length() == 0


class Behind:
    """Settings of which a change cannot be read for now."""

    def __init__(self, process):
        self._process = process
        self.most = 0

    async def upto(self, seq):
        return await self._process.settings.upto(min(seq, self.most))

    async def catch_up(self):
        return await self.upto(await self._process.subscribers.seq())


async def test_whose_change_could_not_be_read_in_time_is_judged_at_the_next_event(process):
    behind = Behind(process)
    await process.subscribe(1, "mcap >= 5")
    process.match = process.matcher(settings=behind)
    same = [examples.heard(f"e{n}", at=NOON + n * SECOND, calls=[examples.call()], mcap=5) for n in range(2)]
    await process.hear(same[0])
    assert told(await process.judge()) == [set()]
    behind.most = 99
    await process.hear(same[1])
    assert told(await process.judge()) == [{1}]
