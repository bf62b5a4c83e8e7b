"""What was set aside is tried again where it came from, or given up."""

from tokenfilter.app.revive_dead_letters import ReviveDeadLetters
from tokenfilter.domain.history import price_seen
from tokenfilter.ports.dead_letters import DeadLetter
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

EVENT = examples.stamped(examples.heard())
PRICE = price_seen(examples.tick(mcap=1))


def reviving(process):
    return ReviveDeadLetters(dead=process.dead, events=process.events, journal=process.journal)


async def bury(process, *items):
    for item in items:
        await process.dead.bury(DeadLetter(reason="r", sample="s", at=NOON, item=item))
    return [letter.id for letter in reversed(await process.dead.newest(99))]


async def test_an_event_goes_back_to_the_events_and_an_entry_to_the_journal(process):
    event, price = await bury(process, EVENT, PRICE)
    for letter in (event, price):
        assert await reviving(process).retry(letter)
    assert [e.item for e in await process.events.read(9)] == [EVENT]
    assert [n.entry for n in await process.journal.read(9)] == [PRICE]
    assert await process.dead.count() == 0


async def test_a_line_that_could_not_be_read_has_nowhere_to_go_and_stays(process):
    (line,) = await bury(process, None)
    assert await reviving(process).retry(line) is None
    assert await process.dead.count() == 1


async def test_a_dropped_letter_is_gone_and_cannot_be_dropped_again(process):
    (letter,) = await bury(process, EVENT)
    assert (await reviving(process).drop(letter)).item == EVENT
    assert await reviving(process).drop(letter) is None
    assert await reviving(process).retry(letter) is None
    assert await process.events.length() == 0
