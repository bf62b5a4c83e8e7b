"""What any store of dead letters must keep."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.domain.history import PriceSeen, price_seen
from tokenfilter.ports.dead_letters import LINES_KEPT, DeadLetter, DeadLetters
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

EVENT = examples.stamped(examples.heard(symbol="<b>", calls=[examples.call()], mcap=5))
TICK = examples.stamped_tick(examples.tick(mcap=5))
PRICE: PriceSeen = price_seen(examples.tick(fdv=5))


def letter(number: int, *, item: object = None) -> DeadLetter:
    """A letter that its number tells from the others, and that was set aside so many seconds after noon."""
    return DeadLetter(reason=f"r{number}", sample='{"a', at=NOON + timedelta(seconds=number), item=item)  # type: ignore[arg-type]


async def buried(dead: DeadLetters, *letters: DeadLetter) -> None:
    """Set these aside in their order."""
    for one in letters:
        await dead.bury(one)


class DeadLettersContract:
    """Fixtures: `dead`, empty."""

    async def test_nothing_is_kept_before_anything_is_buried(self, dead: DeadLetters) -> None:
        assert (await dead.count(), list(await dead.newest(5))) == (0, [])

    @pytest.mark.parametrize("item", [None, EVENT, TICK, PRICE], ids=["line", "event", "tick", "entry"])
    async def test_a_letter_is_kept_as_it_was_buried_under_a_name_of_its_own(
        self, dead: DeadLetters, item: object
    ) -> None:
        one = letter(1, item=item)
        await buried(dead, one, one)
        kept = await dead.newest(5)
        assert [replace(k, id="") for k in kept] == [one, one]
        assert len({k.id for k in kept} - {""}) == 2

    async def test_any_text_is_kept(self, dead: DeadLetters) -> None:
        odd = replace(letter(1), reason="\x00 \ud83d ü", sample="\u2028{\x00")
        await dead.bury(odd)
        assert replace((await dead.newest(1))[0], id="") == odd

    async def test_the_newest_come_first_whether_they_can_be_tried_again_or_not(self, dead: DeadLetters) -> None:
        await buried(dead, letter(1), letter(2, item=EVENT), letter(3), letter(4, item=PRICE))
        assert [one.reason for one in await dead.newest(10)] == ["r4", "r3", "r2", "r1"]
        assert [one.reason for one in await dead.newest(3)] == ["r4", "r3", "r2"]

    @pytest.mark.parametrize("item", [None, EVENT], ids=["line", "event"])
    async def test_a_letter_is_taken_once_and_is_kept_no_longer(self, dead: DeadLetters, item: object) -> None:
        await buried(dead, letter(1, item=item), letter(2, item=item))
        newest = (await dead.newest(1))[0]
        taken = await asyncio.gather(dead.take(newest.id), dead.take(newest.id))
        assert sorted(taken, key=lambda one: one is None) == [newest, None]
        assert [one.reason for one in await dead.newest(5)] == ["r1"]
        assert await dead.count() == 1

    @pytest.mark.parametrize("name", ["", "no such", "items/x", "items/99-0", "lines/0-0", "lines/-"])
    async def test_of_an_unknown_name_there_is_none(self, dead: DeadLetters, name: str) -> None:
        await buried(dead, letter(1))
        assert await dead.take(name) is None
        assert await dead.count() == 1

    async def test_beyond_a_thousand_lines_the_oldest_are_given_up_and_what_can_be_tried_again_stays(
        self, dead: DeadLetters
    ) -> None:
        await buried(dead, letter(0, item=EVENT))
        await asyncio.gather(*[dead.bury(letter(1)) for _ in range(LINES_KEPT)])
        await buried(dead, letter(2), letter(3))
        assert await dead.count() == LINES_KEPT + 1
        kept = await dead.newest(LINES_KEPT + 5)
        assert (kept[0].reason, kept[1].reason, kept[-1].reason) == ("r3", "r2", "r0")
