"""What becomes of notifications: how one ended, and which message stands for many.

In which order they go is in fair_queue.py, when the next may go in pace.py, who does not want to hear in mute.py.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zlib import crc32

from tokenfilter.domain.fair_queue import LOWER_LANE_EVERY, FairQueue
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.notification import CallAlert, Digest, FoldReason, Lane, Notification, alert_id
from tokenfilter.domain.pace import CHAT_EVERY, GROUP_MOST, GROUP_WINDOW, OVERALL_EVERY, Pace

__all__ = [
    "CHAT_EVERY",
    "GROUP_MOST",
    "GROUP_WINDOW",
    "LOWER_LANE_EVERY",
    "OVERALL_EVERY",
    "FairQueue",
    "Pace",
    "digest_of",
    "ended",
    "fold_reason",
    "is_foldable",
]

MOST_LISTED = 30
"""Alerts in one digest: as many lines as a message holds; the others are counted."""

DIGEST_USEFUL_FOR = timedelta(hours=6)


def is_foldable(notification: Notification) -> bool:
    """Whether it can become part of a digest: alerts can, and digests of earlier ones."""
    return isinstance(notification.body, CallAlert | Digest)


def fold_reason(folded: Iterable[Notification], *, now: datetime) -> FoldReason:
    """Why the fair queue gave these together."""
    return FoldReason.TOO_OLD if any(n.useful_until <= now for n in folded) else FoldReason.TOO_MANY


def digest_of(folded: Iterable[Notification], reason: FoldReason, *, now: datetime) -> Notification:
    """One message that stands for foldable notifications to one place; the events of which it tells, oldest first.

    Its id tells it from every digest of anything else: what is folded again after a crash is perhaps not the same.
    """
    found = sorted(folded, key=lambda n: n.queued_at)
    alerts: list[CallAlert] = []
    earlier = 0
    for notification in found:
        match notification.body:
            case CallAlert() as alert:
                alerts.append(alert)
            case Digest() as digest:
                alerts += digest.alerts
                earlier += digest.earlier
            case _:
                raise AssertionError("not foldable")
    alerts.sort(key=lambda alert: alert.evidence.at)
    listed, number = alerts[-MOST_LISTED:], earlier + len(alerts)
    destination = found[0].destination
    members = crc32("\n".join(sorted(n.id for n in found)).encode())
    return Notification(
        id=f"digest:{alert_id(listed[0].token, destination)}:{number}:{members:08x}",
        destination=destination,
        lane=Lane.REPORTS,
        owners=tuple(dict.fromkeys(owner for n in found for owner in n.owners)),
        body=Digest(alerts=tuple(listed), reason=reason, earlier=number - len(listed)),
        queued_at=now,
        useful_until=now + DIGEST_USEFUL_FOR,
    )


def ended(
    notification: Notification,
    outcome: DeliveryOutcome,
    *,
    at: datetime,
    message_id: int | None = None,
    asked_at: datetime | None = None,
) -> DeliverySettled:
    """The end of a notification; `asked_at` is when sending it began."""
    event = notification.event
    return DeliverySettled(
        notification=notification.id,
        token=event.token if event else None,
        event=event.id if event else None,
        destination=notification.destination,
        outcome=outcome,
        at=at,
        message_id=message_id,
        call_to_sent=((asked_at or at) - event.received_at).total_seconds() if event else None,
    )
