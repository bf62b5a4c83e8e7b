"""Is the program well? Which figures are worth a person's attention, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

QUEUE_ALARM = 0.8
"""R2, R34: share of the queue's capacity."""

SILENT_FEED_AFTER = 120.0
LAG_ALARM_MS = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """A feed's state and the seconds since it last said something; None if it never did."""

    state: str
    silent_for: float | None


def reasons(*, queue: float, capacity: int, lag_ms: float, feeds: Mapping[str, FeedHealth]) -> Iterator[str]:
    """Everything that is not as it should be, in words; nothing while all is well."""
    if queue > QUEUE_ALARM * capacity:
        yield f"The event queue is {queue / capacity:.0%} full: events are judged later than they are heard."
    if lag_ms > LAG_ALARM_MS:
        yield f"The program is busy: it was {lag_ms / 1_000:.1f} s late at its own work."
    for name, feed in feeds.items():
        if feed.state == "failed":
            yield f"Feed {name} failed: nothing new is heard from it."
        elif feed.state == "live" and feed.silent_for is not None and feed.silent_for > SILENT_FEED_AFTER:
            yield f"Feed {name} has said nothing for {feed.silent_for / 60:.0f} min."
