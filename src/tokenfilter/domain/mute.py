"""Whether a person wants to hear of something now. Whatever depends on a person's clock is asked here, at delivery.

What becomes of what is held back until later is in held.py.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from tokenfilter.domain.notification import CallAlert, Digest, FoldReason, Lane, Notification
from tokenfilter.domain.quiet import Told, hour_start, quiet_until
from tokenfilter.domain.subscriber import Mutes, Standing, Subscriber


class Withheld(StrEnum):
    """Why something is not told now."""

    STOPPED = "you stopped all alerts"
    REMOVED = "nobody is left who asked for it"
    TOKEN = "you muted the token"
    CHANNEL = "you muted every channel that called it"
    SNOOZED = "you have alerts off for a while"
    QUIET = "these are your quiet hours"
    CAPPED = "you have had as many alerts this hour as you allow"

    @property
    def is_held(self) -> bool:
        """Whether it passes by itself: what it withholds is told afterwards, in one digest."""
        return self in (Withheld.SNOOZED, Withheld.QUIET, Withheld.CAPPED)


def withheld(subscriber: Subscriber, alert: CallAlert, *, now: datetime) -> Withheld | None:
    """Why the subscriber is not told of an alert now, caps aside; None if nothing is against it."""
    if subscriber.standing is not Standing.ACTIVE:
        return Withheld.STOPPED
    return muted(subscriber.mutes, alert, now=now) or _by_the_clock(subscriber, now)


def muted(mutes: Mutes, alert: CallAlert, *, now: datetime) -> Withheld | None:
    """Which mute covers the alert: its token, all of its callers, or everything."""
    if alert.token in mutes.tokens and _holds(mutes.tokens[alert.token], now):
        return Withheld.TOKEN
    silenced = {c for c, until in mutes.channels.items() if _holds(until, now)}
    callers = {c.channel for c in alert.evidence.calls}
    if callers and callers <= silenced:
        return Withheld.CHANNEL
    return _snoozed(mutes, now)


def reader_among(
    owners: Sequence[Subscriber], notification: Notification, *, now: datetime, told: Told, is_held: bool = False
) -> Subscriber | Withheld | None:
    """Whose zone and sound count: the first owner who wants to hear of it now, else why none does.

    `owners` are those of its owners that there still are; None where it never had one. Of several reasons one that
    passes by itself counts. `is_held` says that it was held back already: then a digest of what was over the cap goes
    on waiting with the rest.
    """
    if not notification.owners:
        return None
    reasons: list[Withheld] = []
    for owner in owners:
        reason = _against(owner, notification, now, told, is_held=is_held)
        if reason is None:
            return owner
        reasons.append(reason)
    return next((r for r in reasons if r.is_held), reasons[0] if reasons else Withheld.REMOVED)


def _against(
    owner: Subscriber, notification: Notification, now: datetime, told: Told, *, is_held: bool
) -> Withheld | None:
    """Why an owner is not told now. Money is told to whoever can be reached; what is no alert is never muted."""
    body = notification.body
    if notification.lane is Lane.MONEY:
        return Withheld.STOPPED if owner.standing is Standing.UNREACHABLE else None
    if isinstance(body, CallAlert):
        reason = withheld(owner, body, now=now)
    elif owner.standing is not Standing.ACTIVE:
        reason = Withheld.STOPPED
    else:
        reason = _snoozed(owner.mutes, now) or _by_the_clock(owner, now)
    waits_for_the_hour = is_held and isinstance(body, Digest) and body.reason is FoldReason.CAPPED
    if reason is None and (isinstance(body, CallAlert) or waits_for_the_hour):
        return _capped(owner, notification, now, told)
    return reason


def _snoozed(mutes: Mutes, now: datetime) -> Withheld | None:
    until = mutes.everything_until
    return Withheld.SNOOZED if until is not None and now < until else None


def _by_the_clock(subscriber: Subscriber, now: datetime) -> Withheld | None:
    quiet = subscriber.quiet
    return Withheld.QUIET if quiet is not None and quiet_until(quiet, subscriber.zone, now) is not None else None


def _capped(owner: Subscriber, notification: Notification, now: datetime, told: Told) -> Withheld | None:
    most = owner.most_per_hour
    if most is None or told.since(notification.destination, hour_start(owner.zone, now)) < most:
        return None
    return Withheld.CAPPED


def _holds(until: datetime | None, now: datetime) -> bool:
    return until is None or now < until
