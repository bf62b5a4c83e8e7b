"""Telemetry as log lines, each in the area where a person would look for it; what repeats is told once a minute."""

from collections import Counter
from datetime import datetime, timedelta
from math import isfinite

import structlog

from tokenfilter.domain.decide import Decision
from tokenfilter.domain.event import Event
from tokenfilter.domain.health import Cleared, Raised
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.latency import Spread
from tokenfilter.domain.notification import CallAlert, Notification
from tokenfilter.ports.telemetry import Telemetry

_EVERY = timedelta(minutes=1)
_KINDS = 500
"""Different failures and commands of a minute that are told one by one."""

_COUNTED = ("heard", "events", "told", "sent", "failures")
_LEVELS = ("queue", "outbox", "held", "journal", "dead")


class LogTelemetry(Telemetry):
    """Writes what a person reading the log needs: single facts as they happen, figures with the heartbeat."""

    def __init__(self) -> None:
        self._log = structlog.stdlib.get_logger("tokenfilter.bot")
        self._beat = structlog.stdlib.get_logger("tokenfilter.heartbeat")
        self._redis = structlog.stdlib.get_logger("tokenfilter.rediserror")
        self._performance = structlog.stdlib.get_logger("tokenfilter.redisperformance")
        self._sent = structlog.stdlib.get_logger("tokenfilter.sent_notifications")
        self._settings = structlog.stdlib.get_logger("tokenfilter.user_settings")
        self._feeds: dict[str, str] = {}
        self._neighbours: dict[str, str] = {}
        self._unreadable: Counter[tuple[str, str]] = Counter()
        self._said: dict[tuple[str, str], datetime] = {}
        self._failures: Counter[tuple[str, str]] = Counter()
        self._counts: Counter[str] = Counter()
        self._levels: dict[str, float] = {}
        self._peaks: dict[str, float] = {}
        self._calls: dict[str, Spread] = {}
        self._caches: dict[str, str] = {}

    def feed_state(self, feed: str, state: str) -> None:
        if self._feeds.get(feed) != state:
            self._feeds[feed] = state
            self._log.info("feed", feed=feed, state=state)

    def heard(self, feed: str, *, now: datetime) -> None:
        self._counts["heard"] += 1
        for key in [k for k in self._unreadable if k[0] == feed]:
            if now - self._said.get(key, datetime.min.replace(tzinfo=now.tzinfo)) >= _EVERY:
                self._said[key] = now
                self._log.warning("lines refused", feed=feed, reason=key[1], times=self._unreadable.pop(key))

    def duplicate(self, feed: str) -> None:
        pass

    def unreadable(self, feed: str, reason: str) -> None:
        self._unreadable[feed, reason] += 1

    def settled(self, event: Event, decision: Decision, *, judged: int, now: datetime) -> None:
        self._counts["events"] += 1
        self._counts["told"] += len(decision.told)
        self._log.debug("settled", token=str(event.token), told=len(decision.told), judged=judged, at=now.isoformat())

    def delivered(self, notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
        self._counts["sent"] += outcome is DeliveryOutcome.SENT
        body = notification.body
        begun = body.evidence.event.received_at if isinstance(body, CallAlert) else notification.queued_at
        self._sent.info(
            "notification",
            id=notification.id,
            destination=str(notification.destination),
            lane=notification.lane.value,
            result=outcome.value,
            latency_ms=round((asked_at - begun).total_seconds() * 1_000, 1),
        )

    def failed(self, what: str, detail: str, *, now: datetime) -> None:
        self._counts["failures"] += 1
        if what == "redis":
            self._redis.warning("failed", detail=detail, at=now.isoformat())
        elif (what, detail) in self._failures or len(self._failures) >= _KINDS:
            self._failures[what, detail] += 1
        else:
            self._failures[what, detail] = 0
            self._log.warning("failed", what=what, detail=detail, at=now.isoformat())

    def state_changed(self, what: str, state: str, reason: str, *, now: datetime) -> None:
        if self._neighbours.get(what) == state:
            return
        self._neighbours[what] = state
        log = self._redis if what == "redis" else self._log
        tell = log.error if state == "down" else log.info
        tell("state", what=what, state=state, reason=reason, at=now.isoformat())

    def alarm(self, change: Raised | Cleared) -> None:
        if isinstance(change, Raised):
            self._log.error("alarm", alarm=change.alarm.value, reason=change.reason, at=change.at.isoformat())
        else:
            lasted = round((change.at - change.raised_at).total_seconds())
            self._log.info("all clear", alarm=change.alarm.value, lasted_s=lasted, at=change.at.isoformat())

    def setting_changed(self, chat: ChatId, what: str, before: str | None, after: str | None, *, now: datetime) -> None:
        self._settings.info("setting", who=chat, what=what, before=before, after=after, at=now.isoformat())

    def command(self, name: str, seconds: float) -> None:
        if name in self._calls or len(self._calls) < _KINDS:
            self._calls.setdefault(name, Spread()).add(seconds)

    def cache(self, name: str, *, hits: int, misses: int, evicted: int, entries: int) -> None:  # noqa: ARG002
        if hits + misses > 0:
            self._caches[name] = f"{hits / (hits + misses):.1%}"

    def gauge(self, name: str, value: float) -> None:
        self._levels[name] = value
        self._peaks[name] = max(value, self._peaks.get(name, value))

    def heartbeat(self, *, now: datetime) -> None:
        for (what, detail), more in self._failures.items():
            if more:
                self._log.warning("failed again", what=what, detail=detail, times=more)
        for name, spread in sorted(self._calls.items()):
            tell = self._performance.info if name.startswith("redis.") else self._log.debug
            shown = {f"p{p}_ms": round((spread.percentile(p) or 0.0) * 1_000, 3) for p in (50, 95, 99)}
            tell("command", command=name, n=spread.n, **shown)
        self._beat.info(
            "heartbeat",
            **{name: self._counts[name] for name in _COUNTED},
            **{name: _whole(self._levels[name]) for name in _LEVELS if name in self._levels},
            queue_most=_whole(self._peaks.get("queue", 0.0)),
            lag_most_ms=round(self._peaks.get("loop_lag_ms", 0.0), 1),
            memory_mb=_whole(self._levels.get("memory_bytes", 0.0) / 1_000_000),
            feeds=dict(self._feeds),
            not_up={name: state for name, state in self._neighbours.items() if state != "up"},
            caches=dict(self._caches),
            at=now.isoformat(),
        )
        for kept in (self._failures, self._calls, self._counts, self._peaks):
            kept.clear()


def _whole(level: float) -> float:
    return round(level) if isfinite(level) else level
