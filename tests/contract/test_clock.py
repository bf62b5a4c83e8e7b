"""Every clock keeps the promises of its port."""

import pytest

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.system.clock import SystemClock
from tokenfilter.testing.contracts.clock import ClockContract
from tokenfilter.testing.examples import NOON


class TestHand(ClockContract):
    @pytest.fixture
    def clock(self):
        return HandClock(NOON)

    @pytest.fixture
    def let_pass(self, clock):
        return clock.advance


class TestSystem(ClockContract):
    @pytest.fixture
    def clock(self):
        return SystemClock()

    @pytest.fixture
    def let_pass(self):
        return lambda _: None
