"""What any health probe must keep."""

from collections.abc import Awaitable, Callable

import pytest

from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.health_probe import HealthProbe
from tokenfilter.testing.contracts import soon

Happening = Callable[[], Awaitable[None]]


class HealthProbeContract:
    """Fixtures: `probe`, of something that is well; `lose_state`, `fall_silent` and `speak_again`, which happen to it.

    `sibling` is the probe of another process.
    """

    async def test_it_has_a_name(self, probe: HealthProbe) -> None:
        assert probe.name

    async def test_what_kept_its_state_has_the_same_name_for_everybody(
        self, probe: HealthProbe, sibling: HealthProbe
    ) -> None:
        assert len({await soon(p.probe()) for p in (probe, sibling, probe)}) == 1

    async def test_what_lost_its_state_has_another_name_for_everybody(
        self, probe: HealthProbe, sibling: HealthProbe, lose_state: Happening
    ) -> None:
        before = await soon(probe.probe())
        await lose_state()
        after = await soon(probe.probe())
        assert after != before
        assert await soon(sibling.probe()) == after

    async def test_what_does_not_answer_is_unavailable_and_says_why(
        self, probe: HealthProbe, fall_silent: Happening
    ) -> None:
        await fall_silent()
        for _ in range(2):
            with pytest.raises(UnavailableError, match=probe.name):
                await soon(probe.probe())

    async def test_what_answers_again_is_what_it_was(
        self, probe: HealthProbe, fall_silent: Happening, speak_again: Happening
    ) -> None:
        before = await soon(probe.probe())
        await fall_silent()
        with pytest.raises(UnavailableError):
            await soon(probe.probe())
        await speak_again()
        assert await soon(probe.probe()) == before
