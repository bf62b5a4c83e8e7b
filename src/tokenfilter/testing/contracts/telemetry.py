"""What any telemetry must keep: telling never fails, whatever is told."""

from datetime import timedelta

import pytest

from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.health import Alarm, Cleared, Raised
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import FoldReason
from tokenfilter.ports.telemetry import Telemetry
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

HOSTILE = ("plain", '"\\\n{}', "<b>\u202e\u200b", "ü" * 300, "")
CALLED = examples.stamped(examples.heard(symbol=HOSTILE[2], calls=[examples.call()], mcap=5))
LATE = NOON + timedelta(days=400)


class TelemetryContract:
    """Fixtures: `telemetry`."""

    @pytest.mark.parametrize("text", HOSTILE)
    def test_any_text_can_be_told(self, telemetry: Telemetry, text: str) -> None:
        telemetry.unreadable("simulator", text)
        telemetry.failed(text, text, now=NOON)
        telemetry.heard("simulator", now=NOON)

    @pytest.mark.parametrize("state", ["opening", "live", "ended", "failed"])
    def test_every_state_of_a_feed_can_be_told_in_any_order(self, telemetry: Telemetry, state: str) -> None:
        telemetry.feed_state("replay", state)
        telemetry.feed_state("replay", "live")
        telemetry.feed_state("replay", state)
        telemetry.duplicate("never opened")

    @pytest.mark.parametrize("wanted", ["mcap >= 1", "mcap >= 6"])
    def test_every_decision_can_be_told(self, telemetry: Telemetry, wanted: str) -> None:
        first = examples.decided(CALLED, [examples.route(chat, wanted) for chat in range(1, 50)])
        again = examples.decided(CALLED, [examples.route(1, wanted)], first.records)
        for decision in (first, again):
            telemetry.settled(CALLED, decision, judged=49, now=LATE)
            telemetry.settled(CALLED, decision, judged=0, now=NOON - timedelta(seconds=1))

    @pytest.mark.parametrize("outcome", DeliveryOutcome)
    def test_every_end_of_a_notification_can_be_told(self, telemetry: Telemetry, outcome: DeliveryOutcome) -> None:
        alert = examples.alert(about=CALLED)
        for notification in (alert, digest_of((alert,), FoldReason.SNOOZED, now=NOON)):
            telemetry.delivered(notification, outcome, asked_at=LATE)
            telemetry.delivered(notification, outcome, asked_at=NOON - timedelta(seconds=1))

    def test_levels_may_go_anywhere(self, telemetry: Telemetry) -> None:
        for value in (0, 10_000, 0.5, -1.5, float("inf"), float("nan")):
            for name in ("queue", "memory_bytes", "loop_lag_ms"):
                telemetry.gauge(name, value)
            telemetry.heartbeat(now=NOON)

    @pytest.mark.parametrize("text", HOSTILE)
    @pytest.mark.parametrize("state", ["up", "down", "returning"])
    def test_every_state_of_a_neighbour_can_be_told_in_any_order(
        self, telemetry: Telemetry, state: str, text: str
    ) -> None:
        for told in (state, "returning", "down", state, "up", state):
            telemetry.state_changed("redis", told, text, now=LATE)
            telemetry.state_changed(text, told, text, now=NOON)

    @pytest.mark.parametrize("alarm", Alarm)
    def test_every_alarm_can_be_raised_and_cleared_also_twice(self, telemetry: Telemetry, alarm: Alarm) -> None:
        for _ in range(2):
            telemetry.alarm(Cleared(alarm=alarm, at=LATE, raised_at=NOON))
            telemetry.alarm(Raised(alarm=alarm, at=NOON, reason="x"))
            telemetry.alarm(Raised(alarm=alarm, at=LATE, reason="x"))

    @pytest.mark.parametrize("text", [*HOSTILE, None])
    def test_every_change_of_a_setting_can_be_told(self, telemetry: Telemetry, text: str | None) -> None:
        telemetry.setting_changed(ChatId(-5), text or "filter", text, "mcap >= 1", now=NOON)
        telemetry.setting_changed(ChatId(5), "filter", "mcap >= 1", text, now=NOON)

    @pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-9, 0.002, 1e9, float("inf"), float("nan")])
    def test_a_call_may_take_any_time(self, telemetry: Telemetry, seconds: float) -> None:
        for _ in range(3):
            telemetry.command("redis.get", seconds)
            telemetry.command("postgres.insert", seconds)
            telemetry.heartbeat(now=NOON)

    def test_a_caches_totals_may_begin_anew(self, telemetry: Telemetry) -> None:
        for total in (0, 10, 3, 3, 0):
            telemetry.cache("settings", hits=total, misses=total, evicted=total, entries=total)
            telemetry.heartbeat(now=NOON)

    def test_heartbeats_may_come_at_any_time(self, telemetry: Telemetry) -> None:
        for now in (NOON, LATE, NOON):
            telemetry.heartbeat(now=now)

    def test_telling_very_much_is_no_failure(self, telemetry: Telemetry) -> None:
        for n in range(2_000):
            now = NOON + timedelta(seconds=n)
            telemetry.heard("simulator", now=now)
            telemetry.failed("history", str(n), now=now)
            telemetry.unreadable("simulator", "not JSON")
            telemetry.state_changed(f"neighbour {n}", "down", str(n), now=now)
            telemetry.command(f"command {n}", n)
            telemetry.cache(f"cache {n}", hits=n, misses=n, evicted=n, entries=n)
        telemetry.heartbeat(now=LATE)
