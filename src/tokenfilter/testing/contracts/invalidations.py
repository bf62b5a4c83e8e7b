"""What any way to tell other processes what is stale must keep."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tokenfilter.ports.invalidations import Invalidations, Stale
from tokenfilter.testing.contracts import soon

Listen = Callable[[Invalidations], Awaitable[AsyncIterator[Stale | None]]]

ANNE, BERT, ALL = (
    Stale(cache="settings", key="1"),
    Stale(cache="settings", key="2"),
    Stale(cache="channels", key=None),
)
ODD = Stale(cache="channels", key='@a"\n\x00é\ud800')


async def news(heard: AsyncIterator[Stale | None], number: int) -> list[Stale]:
    """The next news, passing over "something may have been missed"."""
    told: list[Stale] = []
    while len(told) < number:
        stale = await soon(anext(heard))
        if stale is not None:
            told.append(stale)
    return told


class InvalidationsContract:
    """Fixtures: `here` and `there`, of two processes; `listen`, which gives what one hears, once it surely does.

    What it gives is closed by the fixture.
    """

    @pytest.mark.parametrize("stale", [ANNE, ALL, ODD])
    async def test_what_is_told_is_heard_as_it_was_told_by_others_and_by_the_teller(
        self, here: Invalidations, there: Invalidations, listen: Listen, stale: Stale
    ) -> None:
        both = [await listen(here), await listen(there)]
        await here.tell(stale)
        assert [await news(heard, 1) for heard in both] == [[stale], [stale]]

    async def test_everything_told_by_anybody_is_heard(
        self, here: Invalidations, there: Invalidations, listen: Listen
    ) -> None:
        heard = await listen(here)
        told = [Stale(cache="settings", key=str(n)) for n in range(100)]
        for n, stale in enumerate(told):
            await (here, there)[n % 2].tell(stale)
        assert {stale.key for stale in await news(heard, 100)} == {stale.key for stale in told}

    async def test_what_was_told_while_nobody_listened_is_not_heard_later(
        self, here: Invalidations, there: Invalidations, listen: Listen
    ) -> None:
        await there.tell(ANNE)
        heard = await listen(here)
        await there.tell(BERT)
        assert await news(heard, 1) == [BERT]

    async def test_a_listener_who_leaves_takes_nothing_from_the_others(
        self, here: Invalidations, there: Invalidations, listen: Listen
    ) -> None:
        leaving, staying = await listen(here), await listen(here)
        await there.tell(ANNE)
        assert await news(leaving, 1) == [ANNE]
        await leaving.aclose()  # type: ignore[attr-defined]
        await there.tell(BERT)
        assert await news(staying, 2) == [ANNE, BERT]
