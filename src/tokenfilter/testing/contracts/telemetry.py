"""What any telemetry must keep: telling never fails, whatever is told."""

from datetime import timedelta

import pytest

from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.history import DeliveryOutcome
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
        for value in (0, 10_000, 0.5, -1.5):
            telemetry.gauge("queue", value)

    def test_telling_very_much_is_no_failure(self, telemetry: Telemetry) -> None:
        for n in range(2_000):
            now = NOON + timedelta(seconds=n)
            telemetry.heard("simulator", now=now)
            telemetry.failed("history", str(n), now=now)
            telemetry.unreadable("simulator", "not JSON")
