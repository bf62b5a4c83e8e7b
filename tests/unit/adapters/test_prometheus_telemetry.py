"""The metrics say what was told, and name no person and no token."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.prometheus.telemetry import PrometheusTelemetry
from tokenfilter.domain.health import Alarm, Cleared, Raised
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON


def value(telemetry, sample):
    """A sample's value; None if there is none of that name and labels."""
    found = re.search(rf"^{re.escape(sample)} (\S+)$", telemetry.text().decode(), re.MULTILINE)
    return found and float(found[1])


def test_whether_a_neighbour_is_up_and_how_often_that_changed():
    telemetry = PrometheusTelemetry()
    for state in ("up", "down", "down", "returning", "up"):
        telemetry.state_changed("redis", state, "why", now=NOON)
    assert value(telemetry, 'tokenfilter_up{what="redis"}') == 1
    assert value(telemetry, 'tokenfilter_state_changes_total{state="down",what="redis"}') == 1
    telemetry.state_changed("redis", "returning", "why", now=NOON)
    assert value(telemetry, 'tokenfilter_up{what="redis"}') == 0


def test_an_alarm_is_zero_before_it_is_raised_and_after_its_all_clear():
    telemetry = PrometheusTelemetry()
    levels = [value(telemetry, 'tokenfilter_alarm{alarm="queue"}')]
    telemetry.alarm(Raised(alarm=Alarm.QUEUE, at=NOON, reason="full"))
    levels.append(value(telemetry, 'tokenfilter_alarm{alarm="queue"}'))
    telemetry.alarm(Cleared(alarm=Alarm.QUEUE, at=NOON, raised_at=NOON))
    levels.append(value(telemetry, 'tokenfilter_alarm{alarm="queue"}'))
    assert levels == [0, 1, 0]


@given(st.lists(st.integers(0, 100), max_size=20))
def test_a_caches_look_ups_add_up_also_when_its_totals_begin_anew(grown):
    telemetry, total = PrometheusTelemetry(), 0
    for n, more in enumerate(grown):
        total = more if n % 5 == 4 and more < total else total + more
        telemetry.cache("settings", hits=total, misses=0, evicted=0, entries=7)
    if grown:
        assert value(telemetry, 'tokenfilter_cache_total{cache="settings",result="hit"}') == sum(grown)
        assert value(telemetry, 'tokenfilter_cache_entries{cache="settings"}') == 7


def test_calls_are_counted_by_how_long_they_took():
    telemetry = PrometheusTelemetry()
    for seconds in (0.0002, 0.02, 3):
        telemetry.command("redis.xadd", seconds)
    assert value(telemetry, 'tokenfilter_command_seconds_bucket{command="redis.xadd",le="0.00025"}') == 1
    assert value(telemetry, 'tokenfilter_command_seconds_count{command="redis.xadd"}') == 3


def test_no_label_names_a_person_or_a_token():
    telemetry = PrometheusTelemetry()
    alert = examples.alert(987654321)
    telemetry.delivered(alert, DeliveryOutcome.SENT, asked_at=NOON)
    telemetry.setting_changed(ChatId(987654321), "filter 987654321", "a", "b", now=NOON)
    text = telemetry.text().decode()
    assert "987654321" not in text
    assert alert.body.token.address not in text
    assert value(telemetry, "tokenfilter_settings_changed_total") == 1
