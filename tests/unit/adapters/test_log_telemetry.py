"""What the program does is found in the file where one would look for it."""

from datetime import timedelta

import pytest
import structlog
from structlog.testing import capture_logs

from tokenfilter.adapters.system.telemetry import LogTelemetry
from tokenfilter.domain.health import Alarm, Cleared, Raised
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
def log():
    """What was logged, each line with its logger."""
    factory = structlog.PrintLoggerFactory()
    structlog.reset_defaults()

    def named(*arguments):
        made = factory()
        made.name = arguments[0]
        return made

    structlog.configure(logger_factory=named)
    with capture_logs(processors=[lambda logger, _, event: {**event, "logger": logger.name}]) as lines:
        yield lines
    structlog.reset_defaults()


def of(log, area):
    """The lines of an area."""
    return [line for line in log if line["logger"] == f"tokenfilter.{area}"]


def test_each_failure_and_each_change_of_redis_is_in_its_file_also_when_repeated(log):
    telemetry = LogTelemetry()
    for state in ("up", "up", "down", "down", "returning", "up"):
        telemetry.state_changed("redis", state, "why", now=NOON)
    for _ in range(3):
        telemetry.failed("redis", "no answer", now=NOON)
    told = of(log, "rediserror")
    assert [line["state"] for line in told if line["event"] == "state"] == ["up", "down", "returning", "up"]
    assert [line["log_level"] for line in told] == ["info", "error", "info", "info", "warning", "warning", "warning"]
    assert of(log, "bot") == []


def test_what_fails_again_is_told_once_a_minute_with_how_often(log):
    telemetry = LogTelemetry()
    for _ in range(2):
        for _ in range(5):
            telemetry.failed("history", "no answer", now=NOON)
        telemetry.failed("sending", "refused", now=NOON)
        telemetry.heartbeat(now=NOON)
    assert [(line["event"], line["what"], line.get("times")) for line in of(log, "bot")] == [
        ("failed", "history", None),
        ("failed", "sending", None),
        ("failed again", "history", 4),
    ] * 2


def test_percentiles_of_each_redis_command_are_told_with_each_heartbeat_and_begin_anew(log):
    telemetry = LogTelemetry()
    for ms in range(1, 101):
        telemetry.command("redis.xadd", ms / 1_000)
    telemetry.command("postgres.insert", 1)
    telemetry.heartbeat(now=NOON)
    telemetry.heartbeat(now=NOON)
    (line,) = of(log, "redisperformance")
    assert (line["command"], line["n"]) == ("redis.xadd", 100)
    for percent in (50, 95, 99):
        assert percent <= line[f"p{percent}_ms"] <= percent * 1.05 + 0.001


def test_each_end_of_a_notification_is_told_with_id_result_and_latency(log):
    alert = examples.alert(5)
    asked_at = alert.body.evidence.event.received_at + timedelta(milliseconds=1_500)
    for outcome in DeliveryOutcome:
        LogTelemetry().delivered(alert, outcome, asked_at=asked_at)
    told = of(log, "sent_notifications")
    assert [line["result"] for line in told] == [outcome.value for outcome in DeliveryOutcome]
    assert {(line["id"], line["destination"], line["latency_ms"]) for line in told} == {(alert.id, "5", 1_500)}


def test_a_changed_setting_is_told_with_who_what_before_and_after(log):
    LogTelemetry().setting_changed(ChatId(5), "filter 1", "mcap >= 1", None, now=NOON)
    (line,) = of(log, "user_settings")
    assert [line[name] for name in ("who", "what", "before", "after")] == [5, "filter 1", "mcap >= 1", None]


def test_an_alarm_and_its_all_clear_are_told(log):
    telemetry = LogTelemetry()
    telemetry.alarm(Raised(alarm=Alarm.QUEUE, at=NOON, reason="full"))
    telemetry.alarm(Cleared(alarm=Alarm.QUEUE, at=NOON + MINUTE, raised_at=NOON))
    raised, cleared = of(log, "bot")
    assert (raised["event"], raised["reason"], raised["log_level"]) == ("alarm", "full", "error")
    assert (cleared["event"], cleared["lasted_s"], cleared["log_level"]) == ("all clear", 60, "info")


def test_a_heartbeat_tells_the_minutes_counts_and_the_levels_now(log):
    telemetry = LogTelemetry()
    event = examples.stamped(examples.heard(mcap=5, calls=[examples.call()]))
    telemetry.settled(event, examples.decided(event, [examples.route(1, "mcap >= 1")]), judged=1, now=NOON)
    telemetry.heard("simulator", now=NOON)
    telemetry.feed_state("simulator", "live")
    telemetry.state_changed("postgres", "down", "no answer", now=NOON)
    telemetry.cache("settings", hits=3, misses=1, evicted=0, entries=1)
    for name, value in {"queue": 9, "journal": 4, "loop_lag_ms": 12.34, "memory_bytes": 5e8}.items():
        telemetry.gauge(name, value)
    telemetry.gauge("queue", 2)
    telemetry.heartbeat(now=NOON)
    telemetry.heartbeat(now=NOON)
    first, second = of(log, "heartbeat")
    told = {
        "heard": 1, "events": 1, "told": 1, "sent": 0, "failures": 0, "queue": 2, "queue_most": 9, "journal": 4,
        "lag_most_ms": 12.3, "memory_mb": 500, "feeds": {"simulator": "live"}, "not_up": {"postgres": "down"},
        "caches": {"settings": "75.0%"},
    }  # fmt: skip
    assert {name: first[name] for name in told} == told
    assert (second["events"], second["queue"], second["queue_most"]) == (0, 2, 0)


def test_what_a_heartbeat_told_does_not_change_afterwards(log):
    telemetry = LogTelemetry()
    telemetry.feed_state("simulator", "live")
    telemetry.heartbeat(now=NOON)
    telemetry.feed_state("simulator", "failed")
    assert of(log, "heartbeat")[0]["feeds"] == {"simulator": "live"}
