"""What becomes of notifications: how one ended, and which message stands for many.

In which order they go is in fair_queue.py, when the next may go in pace.py, who does not want to hear in mute.py. What
a digest keeps of an alert is in brief.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

from tokenfilter.domain.brief import brief
from tokenfilter.domain.fair_queue import LOWER_LANE_EVERY, FairQueue
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.ids import EventId, Token
from tokenfilter.domain.notification import Body, CallAlert, Digest, FoldReason, Lane, Notification, alert_id
from tokenfilter.domain.pace import CHAT_EVERY, GROUP_MOST, GROUP_WINDOW, OVERALL_EVERY, Pace
from tokenfilter.domain.set_aside import Fold

__all__ = [
    "CHAT_EVERY",
    "GROUP_MOST",
    "GROUP_WINDOW",
    "LOWER_LANE_EVERY",
    "OVERALL_EVERY",
    "FairQueue",
    "Fold",
    "Pace",
    "digest_of",
    "ended",
    "fold_reason",
    "is_foldable",
    "joined",
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
    body = _told_together([n.body for n in found], reason)
    destination = found[0].destination
    members = crc32("\n".join(sorted(n.id for n in found)).encode())
    return Notification(
        id=f"digest:{alert_id(body.alerts[0].token, destination)}:{body.number}:{members:08x}",
        destination=destination,
        lane=Lane.REPORTS,
        owners=tuple(dict.fromkeys(owner for n in found for owner in n.owners)),
        body=body,
        queued_at=now,
        useful_until=now + DIGEST_USEFUL_FOR,
    )


def joined(digest: Notification, folded: Sequence[Notification], reason: FoldReason) -> Notification:
    """A digest that waits, once it stands for these foldable notifications too: the same one, with more to tell.

    Why they were folded is said of most of what it tells.
    """
    former = digest.body
    if not isinstance(former, Digest):
        raise AssertionError("no digest")  # noqa: TRY004 - a mistake of the caller's, not of the type's
    body = _told_together([former, *(n.body for n in folded)], reason)
    if former.number > body.number - former.number:
        body = replace(body, reason=former.reason)
    owners = dict.fromkeys(owner for n in (digest, *folded) for owner in n.owners)
    return replace(digest, owners=tuple(owners), body=body)


def _told_together(bodies: Iterable[Body], reason: FoldReason) -> Digest:
    """The newest of the alerts in brief, and a count of the others.

    What is listed already counts once: a sender that died may have put it there and not lived to say so. Events of
    several tokens may have one id.
    """
    alerts: dict[tuple[Token, EventId], CallAlert] = {}
    earlier = 0
    for body in bodies:
        match body:
            case CallAlert() as alert:
                alerts.setdefault((alert.token, alert.evidence.event.id), brief(alert))
            case Digest() as digest:
                for alert in digest.alerts:
                    alerts.setdefault((alert.token, alert.evidence.event.id), alert)
                earlier += digest.earlier
            case _:
                raise AssertionError("not foldable")
    listed = tuple(sorted(alerts.values(), key=lambda alert: alert.evidence.event.at)[-MOST_LISTED:])
    return Digest(alerts=listed, reason=reason, earlier=earlier + len(alerts) - len(listed))


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
