"""Every telemetry keeps the promises of its port."""

import pytest

from tokenfilter.adapters.layered.telemetry import EachTelemetry
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.adapters.prometheus.telemetry import PrometheusTelemetry
from tokenfilter.adapters.system.telemetry import LogTelemetry
from tokenfilter.testing.contracts.telemetry import TelemetryContract


class TestMemory(TelemetryContract):
    @pytest.fixture
    def telemetry(self):
        return MemoryTelemetry()


class TestPrometheus(TelemetryContract):
    @pytest.fixture
    def telemetry(self):
        return PrometheusTelemetry()


class TestSystem(TelemetryContract):
    @pytest.fixture
    def telemetry(self):
        return LogTelemetry()


class TestLayered(TelemetryContract):
    @pytest.fixture
    def telemetry(self):
        return EachTelemetry(MemoryTelemetry(), PrometheusTelemetry())
