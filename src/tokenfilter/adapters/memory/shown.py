"""Telemetry as the dashboard's JSON: figures with their windows, newest verdicts first."""

from collections.abc import Sequence
from datetime import datetime

from tokenfilter.adapters.memory.telemetry import (
    LATENCY_WINDOW,
    CacheShown,
    FeedShown,
    MemoryTelemetry,
    VerdictShown,
)
from tokenfilter.domain.health import FeedHealth, Footprint, reasons
from tokenfilter.domain.latency import Spread
from tokenfilter.ports.event_stream import CAPACITY

_WINDOW = 60
_VERDICTS = 30
_TEXT = 200
_PUSHED = ("stage", "http")  # others decide when these speak: silence is no fault


def shown(telemetry: MemoryTelemetry, now: datetime) -> dict[str, object]:
    """Everything the dashboard says of this process."""
    events, alerts = telemetry.a_second(now, _WINDOW)
    claims, sends = telemetry.latencies(now)
    found = health(telemetry, now)
    return {
        "now": now.isoformat(),
        "healthy": not found,
        "reasons": found,
        "neighbours": [
            {"name": name, "state": n.state, "since": n.since.isoformat(), "reason": n.reason[:_TEXT]}
            for name, n in telemetry.neighbours.items()
        ],
        "alarms": [
            {"alarm": raised.alarm.value, "since": raised.at.isoformat(), "reason": raised.reason}
            for raised in telemetry.alarms.values()
        ],
        "feeds": [_feed(name, feed, now) for name, feed in telemetry.feeds.items()],
        "queue": {
            "length": telemetry.gauges.get("queue", 0),
            "capacity": CAPACITY,
            "peak": telemetry.peaks.get("queue", 0),
        },
        "outbox": {"waiting": telemetry.gauges.get("outbox", 0), "held": telemetry.gauges.get("held", 0)},
        "journal": {"waiting": telemetry.gauges.get("journal", 0), "peak": telemetry.peaks.get("journal", 0)},
        "memory": {
            "bytes": telemetry.gauges.get("memory_bytes"),
            "limit_bytes": telemetry.gauges.get("memory_limit_bytes"),
        },
        "stores": {
            "window_s": int(LATENCY_WINDOW.total_seconds()),
            "commands": [_command(name, spread) for name, spread in sorted(telemetry.commands().items())],
        },
        "caches": [_cache(name, cache) for name, cache in sorted(telemetry.caches.items())],
        "rates": {
            "events_per_s": round(sum(events) / _WINDOW, 2),
            "alerts_per_s": round(sum(alerts) / _WINDOW, 2),
            "window_s": _WINDOW,
        },
        "history": {"events": events, "alerts": alerts},
        "latency_ms": {
            "window_s": int(LATENCY_WINDOW.total_seconds()),
            "claim": _percentiles(claims),
            "send": _percentiles(sends),
        },
        "verdicts": [_verdict(v) for v in list(telemetry.verdicts)[: -_VERDICTS - 1 : -1]],
        "failures": [
            {"at": at.isoformat(), "what": what, "detail": detail[:_TEXT], "count": times}
            for (what, detail), (at, times) in reversed(telemetry.failures.items())
        ][:10],
        "dead_letters": {
            "kept": telemetry.gauges.get("dead"),
            "count": sum(telemetry.unreadable_by_reason.values()),
            "by_reason": dict(telemetry.unreadable_by_reason.most_common(8)),
        },
        "loop_lag_ms": round(telemetry.gauges.get("loop_lag_ms", 0.0), 1),
    }


def health(telemetry: MemoryTelemetry, now: datetime) -> list[str]:
    """What is not as it should be; empty while all is well."""
    feeds = {
        name: FeedHealth(state=f.state, silent_for=(now - f.last_at).total_seconds() if f.last_at else None)
        for name, f in telemetry.feeds.items()
        if name not in _PUSHED
    }
    gauges = telemetry.gauges
    used, limit = gauges.get("memory_bytes"), gauges.get("memory_limit_bytes")
    found = reasons(
        queue=gauges.get("queue", 0.0),
        capacity=CAPACITY,
        lag_ms=gauges.get("loop_lag_ms", 0.0),
        memory=None if used is None else Footprint(used=int(used), limit=None if limit is None else int(limit)),
        neighbours=telemetry.neighbours,
        feeds=feeds,
        now=now,
    )
    return list(found)


def _feed(name: str, feed: FeedShown, now: datetime) -> dict[str, object]:
    end = int(now.timestamp())
    heard = sum(feed.seconds[s] for s in range(end - _WINDOW, end))
    return {
        "name": name,
        "state": feed.state,
        "events_total": feed.total,
        "events_per_s": round(heard / _WINDOW, 2),
        "last_event_s": round((now - feed.last_at).total_seconds(), 1) if feed.last_at else None,
    }


def _verdict(verdict: VerdictShown) -> dict[str, object]:
    told = len(verdict.told)
    if told:
        outcome, reason = "told", f"{told} of {verdict.judged} filters' destinations"
    elif verdict.worth_judging:
        outcome, reason = "refused", f"no filter of {verdict.judged} wanted it"
    else:
        outcome, reason = "nothing fresh", "heard before, and nothing new since"
    return {
        "at": verdict.at.isoformat(),
        "token": verdict.token.address,
        "symbol": verdict.symbol and verdict.symbol[:_TEXT],
        "name": verdict.name and verdict.name[:_TEXT],
        "outcome": outcome,
        "told": told,
        "judged": verdict.judged,
        "reason": reason,
    }


def _command(name: str, spread: Spread) -> dict[str, object]:
    seconds = {f"p{p}": spread.percentile(p) for p in (50, 95, 99)}
    shown_ms = {name: None if value is None else round(value * 1_000, 3) for name, value in seconds.items()}
    return {"name": name, **shown_ms, "n": spread.n}


def _cache(name: str, cache: CacheShown) -> dict[str, object]:
    asked = cache.hits + cache.misses
    return {
        "name": name,
        "hit_pct": round(100 * cache.hits / asked, 1) if asked else None,
        "hits": cache.hits,
        "misses": cache.misses,
        "evicted": cache.evicted,
        "entries": cache.entries,
    }


def _percentiles(samples: Sequence[float]) -> dict[str, object]:
    """p50, p95 and p99 by nearest rank; None without a sample."""
    ranks = {f"p{p}": round(samples[(len(samples) - 1) * p // 100], 2) if samples else None for p in (50, 95, 99)}
    return {**ranks, "n": len(samples)}
