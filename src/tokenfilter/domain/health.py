"""Is the program well? Which figures are worth a person's attention, and which an administrator's alarm (R34).

Where the figures come from is app/watch_health.py's business, who is told of an alarm the caller's.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FULL = 0.8
"""R2, R34: share of the queue's capacity, and of the memory this process may use."""

_EASED = 0.7
"""An alarm about a share ends below this one, so that a level at the limit does not raise it again and again."""

SILENT_FEED_AFTER = 120.0
LAG_ALARM_MS = 1_000.0


class Alarm(StrEnum):
    """What administrators are told of at once."""

    REDIS = "redis"
    WEBSOCKET = "websocket"
    QUEUE = "queue"
    MEMORY = "memory"


AWAY_FOR = {Alarm.REDIS: timedelta(minutes=5), Alarm.WEBSOCKET: timedelta(minutes=1)}
"""R34: how long these may be away, by the name of the neighbour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """A feed's state and the seconds since it last said something; None if it never did."""

    state: str
    silent_for: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourHealth:
    """A neighbour is `up`, `down` or `returning`; `since` is when it was last found up, or ceased to be."""

    state: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Bytes of memory this process holds, and how many it may; None where nothing limits it."""

    used: int
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What alarms are judged by; None is not known now. `away` says since when a neighbour does not do its part."""

    queue: float | None
    capacity: int
    memory: Footprint | None
    away: Mapping[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm, and why."""

    alarm: Alarm
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """The all-clear of an alarm."""

    alarm: Alarm
    at: datetime
    raised_at: datetime


def alarms(before: Mapping[Alarm, datetime], facts: Facts, now: datetime) -> tuple[Raised | Cleared, ...]:
    """What changes, if these were raised before: each alarm once, then its all-clear once.

    What is not known now, and what lies between the limit and the all-clear, changes nothing.
    """
    changes: list[Raised | Cleared] = []
    for alarm in Alarm:
        share = _share(alarm, facts)
        reason = _beyond_limit(alarm, share, facts, now)
        if reason and alarm not in before:
            changes.append(Raised(alarm=alarm, at=now, reason=reason))
        elif alarm in before and _is_well(alarm, share, facts):
            changes.append(Cleared(alarm=alarm, at=now, raised_at=before[alarm]))
    return tuple(changes)


def raised_after(before: Mapping[Alarm, datetime], changes: Iterable[Raised | Cleared]) -> Mapping[Alarm, datetime]:
    """The alarms that are raised once these changes are told, and since when."""
    raised = dict(before)
    for change in changes:
        if isinstance(change, Raised):
            raised[change.alarm] = change.at
        else:
            raised.pop(change.alarm, None)
    return raised


def reasons(
    *,
    queue: float,
    capacity: int,
    lag_ms: float,
    memory: Footprint | None,
    neighbours: Mapping[str, NeighbourHealth],
    feeds: Mapping[str, FeedHealth],
    now: datetime,
) -> Iterator[str]:
    """Everything that is not as it should be, in words; nothing while all is well. No word of it is a secret."""
    for name, neighbour in neighbours.items():
        if neighbour.state == "down":
            yield f"{name} down since {_instant(neighbour.since, now)}"
        elif neighbour.state != "up":
            yield f"{name} {neighbour.state}, not up since {_instant(neighbour.since, now)}"
    if queue > FULL * capacity:
        yield f"The event queue is {queue / capacity:.0%} full: events are judged later than they are heard."
    if memory is not None and memory.limit and memory.used > FULL * memory.limit:
        yield f"The program uses {memory.used / memory.limit:.0%} of the memory it may use."
    if lag_ms > LAG_ALARM_MS:
        yield f"The program is busy: it was {lag_ms / 1_000:.1f} s late at its own work."
    for name, feed in feeds.items():
        if feed.state == "failed":
            yield f"Feed {name} failed: nothing new is heard from it."
        elif feed.state == "live" and feed.silent_for is not None and feed.silent_for > SILENT_FEED_AFTER:
            yield f"Feed {name} has said nothing for {feed.silent_for / 60:.0f} min."


def _share(alarm: Alarm, facts: Facts) -> float | None:
    if alarm is Alarm.QUEUE:
        return None if facts.queue is None else facts.queue / facts.capacity
    if alarm is Alarm.MEMORY and facts.memory is not None and facts.memory.limit:
        return facts.memory.used / facts.memory.limit
    return None


def _beyond_limit(alarm: Alarm, share: float | None, facts: Facts, now: datetime) -> str | None:
    if alarm in AWAY_FOR:
        since = facts.away.get(alarm)
        if since is None or now - since <= AWAY_FOR[alarm]:
            return None
        return f"{alarm} has been away for more than {AWAY_FOR[alarm] // timedelta(minutes=1)} min"
    if share is None or share <= FULL:
        return None
    if alarm is Alarm.QUEUE:
        return f"the event queue is {share:.0%} full"
    return f"the program uses {share:.0%} of the memory it may use"


def _is_well(alarm: Alarm, share: float | None, facts: Facts) -> bool:
    if alarm in AWAY_FOR:
        return alarm not in facts.away
    return share is not None and share < _EASED


def _instant(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M:%S} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M:%S} UTC"
