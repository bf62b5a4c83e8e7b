"""Counters, gauges and histograms for Prometheus. No label names a user or a token: their number has no bound."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.domain.health import Alarm, Cleared, Raised
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import CallAlert, Notification
from tokenfilter.ports.telemetry import Telemetry

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)
_CALL_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class PrometheusTelemetry(Telemetry):
    """A registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._heard = Counter("tokenfilter_lines_heard", "Feed lines understood", ["feed"], registry=registry)
        self._duplicates = Counter("tokenfilter_duplicates", "Repeated events dropped", ["feed"], registry=registry)
        self._unreadable = Counter("tokenfilter_unreadable", "Lines refused", ["feed", "reason"], registry=registry)
        self._feed_up = Gauge("tokenfilter_feed_live", "1 while a feed is live", ["feed"], registry=registry)
        self._events = Counter("tokenfilter_events_settled", "Events judged", ["outcome"], registry=registry)
        self._told = Counter("tokenfilter_destinations_told", "Alerts queued", registry=registry)
        self._claim = Histogram(
            "tokenfilter_claim_seconds", "From hearing to claiming", buckets=_SECONDS, registry=registry
        )
        self._ended = Counter("tokenfilter_notifications", "Notifications ended", ["outcome"], registry=registry)
        self._send = Histogram(
            "tokenfilter_send_seconds", "From hearing to the send call", buckets=_SECONDS, registry=registry
        )
        self._failed = Counter("tokenfilter_failures", "Failures by place", ["what"], registry=registry)
        self._up = Gauge("tokenfilter_up", "1 while a neighbour is up", ["what"], registry=registry)
        self._changes = Counter(
            "tokenfilter_state_changes", "Changes of a neighbour's state", ["what", "state"], registry=registry
        )
        self._alarms = Gauge("tokenfilter_alarm", "1 while an alarm is raised", ["alarm"], registry=registry)
        for alarm in Alarm:
            self._alarms.labels(alarm.value).set(0)
        self._settings = Counter("tokenfilter_settings_changed", "Settings changed by people", registry=registry)
        self._calls = Histogram(
            "tokenfilter_command_seconds", "Calls of a store", ["command"], buckets=_CALL_SECONDS, registry=registry
        )
        self._looked_up = Counter("tokenfilter_cache", "Look-ups in a cache", ["cache", "result"], registry=registry)
        self._evicted = Counter("tokenfilter_cache_evicted", "Entries given up", ["cache"], registry=registry)
        self._entries = Gauge("tokenfilter_cache_entries", "Entries in a cache", ["cache"], registry=registry)
        self._states: dict[str, str] = {}
        self._totals: dict[tuple[str, str], int] = {}
        self._levels = Gauge("tokenfilter_level", "Lengths of queues and the like", ["name"], registry=registry)

    def text(self) -> bytes:
        """Everything in the text exposition format."""
        return generate_latest(self._registry)

    def feed_state(self, feed: str, state: str) -> None:
        self._feed_up.labels(feed).set(state == "live")

    def heard(self, feed: str, *, now: datetime) -> None:  # noqa: ARG002
        self._heard.labels(feed).inc()

    def duplicate(self, feed: str) -> None:
        self._duplicates.labels(feed).inc()

    def unreadable(self, feed: str, reason: str) -> None:
        self._unreadable.labels(feed, reason).inc()

    def settled(self, event: Event, decision: Decision, *, judged: int, now: datetime) -> None:  # noqa: ARG002
        outcome = "told" if decision.told else "refused" if decision.judged else "nothing_fresh"
        self._events.labels(outcome).inc()
        self._told.inc(len(decision.told))
        if decision.changed:
            self._claim.observe(max(0.0, (now - event.received_at).total_seconds()))

    def delivered(self, notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
        self._ended.labels(outcome.name.lower()).inc()
        if outcome is DeliveryOutcome.SENT and isinstance(notification.body, CallAlert):
            heard_at = notification.body.evidence.event.received_at
            self._send.observe(max(0.0, (asked_at - heard_at).total_seconds()))

    def failed(self, what: str, detail: str, *, now: datetime) -> None:  # noqa: ARG002
        self._failed.labels(what).inc()

    def state_changed(self, what: str, state: str, reason: str, *, now: datetime) -> None:  # noqa: ARG002
        if self._states.get(what) != state:
            self._states[what] = state
            self._up.labels(what).set(state == "up")
            self._changes.labels(what, state).inc()

    def alarm(self, change: Raised | Cleared) -> None:
        self._alarms.labels(change.alarm.value).set(isinstance(change, Raised))

    def setting_changed(self, chat: ChatId, what: str, before: str | None, after: str | None, *, now: datetime) -> None:  # noqa: ARG002
        self._settings.inc()

    def command(self, name: str, seconds: float) -> None:
        self._calls.labels(name).observe(seconds)

    def cache(self, name: str, *, hits: int, misses: int, evicted: int, entries: int) -> None:
        self._looked_up.labels(name, "hit").inc(self._more(name, "hit", hits))
        self._looked_up.labels(name, "miss").inc(self._more(name, "miss", misses))
        self._evicted.labels(name).inc(self._more(name, "evicted", evicted))
        self._entries.labels(name).set(entries)

    def gauge(self, name: str, value: float) -> None:
        self._levels.labels(name).set(value)

    def heartbeat(self, *, now: datetime) -> None:
        pass  # whoever scrapes keeps the time

    def _more(self, name: str, kind: str, total: int) -> int:
        """How much a total has grown; one that fell has begun anew."""
        before = self._totals.get((name, kind), 0)
        self._totals[name, kind] = total
        return total - before if total >= before else max(0, total)
