"""Notifications as plain values, whole or without the evidence that many of them share.

Stores keep one evidence for all recipients of an event and for each of them an *envelope*: the notification with an
alert's filters alone.
"""

from collections.abc import Callable

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChatId, FilterId
from tokenfilter.domain.notification import (
    BlindSpotNotice,
    Body,
    CallAlert,
    Digest,
    FoldReason,
    KnownAgain,
    Lane,
    Notification,
    PlaceLost,
)
from tokenfilter.domain.plain.evidence import evidence_from_plain, evidence_to_plain
from tokenfilter.domain.plain.fields import (
    NotStoredFormError,
    Plain,
    choice,
    listed,
    member,
    object_of,
    text,
    texts,
    whole,
    whole_of,
)
from tokenfilter.domain.plain.measures import instant, micros
from tokenfilter.domain.plain.names import destination

_LANES = {lane.value: lane for lane in Lane}
_REASONS = {reason.name.lower(): reason for reason in FoldReason}  # their values are texts that may be reworded


def notification_to_plain(notification: Notification) -> dict[str, object]:
    """Spell a notification whole."""
    return {**_addressed(notification), "body": body_to_plain(notification.body)}


def notification_from_plain(plain: Plain) -> Notification:
    """Read what `notification_to_plain` spelt."""
    plain = object_of(plain, "notification")
    return _notification(plain, body_from_plain(member(plain, "body")))


def envelope_to_plain(notification: Notification) -> dict[str, object]:
    """Spell a notification without an alert's evidence; one that is no alert is spelt whole."""
    body = notification.body
    if isinstance(body, CallAlert):
        return {**_addressed(notification), "body": {"type": "alert", "filters": list(body.filters)}}
    return notification_to_plain(notification)


def envelope_from_plain(plain: Plain, evidence: Evidence | None) -> Notification:
    """Read what `envelope_to_plain` spelt; an alert takes `evidence` for its own, which nothing else needs.

    Raises:
        NotStoredFormError: it is not of the form, or it is an alert and there is no evidence.
    """
    plain = object_of(plain, "notification")
    body = member(plain, "body")
    if body.get("type") != "alert":
        return notification_from_plain(plain)
    if evidence is None:
        raise NotStoredFormError("body: expected the evidence of an alert, found nothing")
    return _notification(plain, CallAlert(evidence=evidence, filters=tuple(texts(body, "filters"))))


def body_to_plain(body: Body) -> dict[str, object]:
    """Spell what is told."""
    match body:
        case CallAlert():
            return {"type": "alert", **_alert_to_plain(body)}
        case Digest():
            alerts = [_alert_to_plain(alert) for alert in body.alerts]
            return {"type": "digest", "reason": body.reason.name.lower(), "alerts": alerts, "earlier": body.earlier}
        case BlindSpotNotice():
            counts = {"unknown": body.unknown, "refusals": body.refusals}
            return {"type": "blind_spot", **_criterion_of(body), **counts}
        case KnownAgain():
            return {"type": "known_again", **_criterion_of(body)}
        case PlaceLost():
            return {"type": "place_lost", "title": body.title}


def body_from_plain(plain: Plain) -> Body:
    """Read what `body_to_plain` spelt."""
    return choice(object_of(plain, "body"), "type", _BODIES)(plain)


def _addressed(notification: Notification) -> dict[str, object]:
    return {
        "id": notification.id,
        "to": str(notification.destination),
        "lane": notification.lane.value,
        "owners": list(notification.owners),
        "queued": micros(notification.queued_at),
        "until": micros(notification.useful_until),
    }


def _notification(plain: Plain, body: Body) -> Notification:
    return Notification(
        id=text(plain, "id"),
        destination=destination(plain, "to"),
        lane=choice(plain, "lane", _LANES),
        owners=tuple([ChatId(whole_of(owner, "owners")) for owner in listed(plain, "owners")]),
        body=body,
        queued_at=instant(plain, "queued"),
        useful_until=instant(plain, "until"),
    )


def _alert_to_plain(alert: CallAlert) -> dict[str, object]:
    return {"evidence": evidence_to_plain(alert.evidence), "filters": list(alert.filters)}


def _alert_from_plain(plain: Plain) -> CallAlert:
    plain = object_of(plain, "alert")
    return CallAlert(evidence=evidence_from_plain(member(plain, "evidence")), filters=tuple(texts(plain, "filters")))


def _digest_from_plain(plain: Plain) -> Digest:
    alerts = tuple([_alert_from_plain(alert) for alert in listed(plain, "alerts")])
    return Digest(alerts=alerts, reason=choice(plain, "reason", _REASONS), earlier=whole(plain, "earlier"))


def _criterion_of(notice: BlindSpotNotice | KnownAgain) -> dict[str, object]:
    return {"filter": notice.filter_id, "name": notice.filter_name, "criterion": notice.criterion}


def _blind_spot_from_plain(plain: Plain) -> BlindSpotNotice:
    return BlindSpotNotice(
        filter_id=FilterId(text(plain, "filter")),
        filter_name=text(plain, "name"),
        criterion=text(plain, "criterion"),
        unknown=whole(plain, "unknown"),
        refusals=whole(plain, "refusals"),
    )


def _known_again_from_plain(plain: Plain) -> KnownAgain:
    return KnownAgain(
        filter_id=FilterId(text(plain, "filter")), filter_name=text(plain, "name"), criterion=text(plain, "criterion")
    )


def _place_lost_from_plain(plain: Plain) -> PlaceLost:
    return PlaceLost(title=text(plain, "title"))


_BODIES: dict[str, Callable[[Plain], Body]] = {
    "alert": _alert_from_plain,
    "digest": _digest_from_plain,
    "blind_spot": _blind_spot_from_plain,
    "known_again": _known_again_from_plain,
    "place_lost": _place_lost_from_plain,
}
