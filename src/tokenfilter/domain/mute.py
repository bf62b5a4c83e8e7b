"""Whether a person wants to hear of an alert now. Whatever depends on a person's clock is asked here, at delivery."""

from datetime import datetime
from enum import StrEnum

from tokenfilter.domain.notification import CallAlert
from tokenfilter.domain.subscriber import Mutes, Standing, Subscriber


class Withheld(StrEnum):
    """Why an alert is not told now."""

    STOPPED = "you stopped all alerts"
    TOKEN = "you muted the token"
    CHANNEL = "you muted every channel that called it"
    SNOOZED = "you have alerts off for a while"


def withheld(subscriber: Subscriber, alert: CallAlert, *, now: datetime) -> Withheld | None:
    """Why the subscriber is not told of an alert now; None if nothing is against it."""
    if subscriber.standing is not Standing.ACTIVE:
        return Withheld.STOPPED
    return muted(subscriber.mutes, alert, now=now)


def muted(mutes: Mutes, alert: CallAlert, *, now: datetime) -> Withheld | None:
    """Which mute covers the alert: its token, all of its callers, or everything."""
    if alert.token in mutes.tokens and _holds(mutes.tokens[alert.token], now):
        return Withheld.TOKEN
    silenced = {c for c, until in mutes.channels.items() if _holds(until, now)}
    callers = {c.channel for c in alert.evidence.calls}
    if callers and callers <= silenced:
        return Withheld.CHANNEL
    if mutes.everything_until is not None and now < mutes.everything_until:
        return Withheld.SNOOZED
    return None


def _holds(until: datetime | None, now: datetime) -> bool:
    return until is None or now < until
