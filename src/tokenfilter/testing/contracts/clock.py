"""What any clock must keep."""

import asyncio
from collections.abc import Callable
from datetime import UTC, timedelta

from tokenfilter.ports.clock import Clock
from tokenfilter.testing.contracts import is_waiting, soon

Pass = Callable[[timedelta], None]

MOMENT = timedelta(milliseconds=20)


class ClockContract:
    """Fixtures: `clock`; `let_pass`, a function that lets a span go by (nothing to do where time passes by itself)."""

    def test_now_is_in_utc(self, clock: Clock) -> None:
        assert clock.now().tzinfo is UTC

    async def test_now_does_not_go_back(self, clock: Clock, let_pass: Pass) -> None:
        before = clock.now()
        let_pass(MOMENT)
        assert clock.now() >= before

    async def test_an_instant_that_is_over_is_not_waited_for(self, clock: Clock) -> None:
        await soon(clock.sleep_until(clock.now() - timedelta(days=1)))
        await soon(clock.sleep_until(clock.now()))

    async def test_sleep_lasts_until_its_instant(self, clock: Clock, let_pass: Pass) -> None:
        instant = clock.now() + MOMENT
        sleeper = asyncio.ensure_future(clock.sleep_until(instant))
        await asyncio.sleep(0)
        let_pass(MOMENT)
        await soon(sleeper)
        assert clock.now() >= instant

    async def test_sleepers_do_not_wait_for_one_another(self, clock: Clock, let_pass: Pass) -> None:
        long = asyncio.ensure_future(clock.sleep_until(clock.now() + timedelta(days=1)))
        short = asyncio.ensure_future(clock.sleep_until(clock.now() + MOMENT))
        await asyncio.sleep(0)
        let_pass(MOMENT)
        await soon(short)
        assert await is_waiting(long)
        long.cancel()

    async def test_a_sleeper_can_be_cancelled(self, clock: Clock, let_pass: Pass) -> None:
        sleeper = asyncio.ensure_future(clock.sleep_until(clock.now() + MOMENT))
        await asyncio.sleep(0)
        sleeper.cancel()
        let_pass(MOMENT)
        await asyncio.wait([sleeper])
        assert sleeper.cancelled()
