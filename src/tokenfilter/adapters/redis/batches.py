"""How notifications are stored: those that tell of one event at once as a *batch*, which holds the evidence once.

A batch is one entry of a stream; `Batch` spells it in two halves, between which its recipients stand. What is no alert
is a batch by itself. Who is still owed one is noted apart (lua/outbox_index.lua), under what `owed_by` says.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from tokenfilter.domain.alerts import Alerts
from tokenfilter.domain.brief import shared
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import CallAlert, Digest, Lane, Notification, alert_id
from tokenfilter.domain.plain.evidence import evidence_from_plain, evidence_to_plain
from tokenfilter.domain.plain.fields import list_of, listed, member, not_stored, object_of, text_of, whole_of
from tokenfilter.domain.plain.measures import instant, micros
from tokenfilter.domain.plain.names import destination_of
from tokenfilter.domain.plain.notification import notification_from_plain, notification_to_plain
from tokenfilter.domain.plain.text import dumps, loads

_NO_ALERTS = '"alerts":[]'
_SPELT = 8_192
_spelt: OrderedDict[int, tuple[Evidence, str]] = OrderedDict()
"""The brief evidence of many digests, by its identity: it cannot be hashed."""

_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What alerts of one event share, spelt: `head`, then the recipients, then `tail`."""

    head: str
    tail: str = "]}"


def batch_of(notification: Notification) -> tuple[Batch, str]:
    """The batch that a notification opens, and itself as its only recipient."""
    body = notification.body
    if isinstance(body, CallAlert) and notification.id == alert_id(body.token, notification.destination):
        return alerts_batch(notification, body.evidence), recipients_of([notification], [str(notification.destination)])
    return Batch(head="", tail=""), dumps(notification_to_plain(notification))


def spelt(notification: Notification) -> str:
    """A notification as a batch of its own."""
    if isinstance(notification.body, Digest):
        return _spelt_digest(notification, notification.body)
    batch, recipient = batch_of(notification)
    return batch.head + recipient + batch.tail


def alerts_batch(times: Notification | Alerts, evidence: Evidence) -> Batch:
    """The batch of every alert with this evidence and these times."""
    shared = {
        "evidence": evidence_to_plain(evidence),
        "queued": micros(times.queued_at),
        "until": micros(times.useful_until),
        "to": [],
    }
    return Batch(head=dumps(shared).removesuffix("]}"))


def recipients_of(alerts: Iterable[Notification], destinations: Iterable[str]) -> str:
    """Alerts as recipients in their batch, each in a line."""
    return ",\n".join(
        [
            f'["{to}",[{",".join(map(str, alert.owners))}],{_list(alert.body.filters)}]'
            for to, alert in zip(destinations, alerts, strict=True)
            if isinstance(alert.body, CallAlert)
        ]
    )


def opened(text: str, lane: Lane) -> list[Notification]:
    """The notifications of a batch; they share their evidence.

    Raises:
        NotStoredFormError: it is no batch.
    """
    plain = object_of(loads(text), "batch")
    if "evidence" not in plain:
        return [_sharing(notification_from_plain(plain))]
    evidence = evidence_from_plain(member(plain, "evidence"))
    queued_at, useful_until = instant(plain, "queued"), instant(plain, "until")

    def alert(recipient: object) -> Notification:
        to, owners, filters = _three_of(recipient)
        destination = destination_of(to, "to")
        return Notification(
            id=alert_id(evidence.event.token, destination),
            destination=destination,
            lane=lane,
            owners=tuple([ChatId(whole_of(owner, "owners")) for owner in list_of(owners, "owners")]),
            body=CallAlert(
                evidence=evidence, filters=tuple([text_of(f, "filters") for f in list_of(filters, "filters")])
            ),
            queued_at=queued_at,
            useful_until=useful_until,
        )

    return [alert(recipient) for recipient in listed(plain, "to")]


def owed_by(notification_id: str) -> tuple[str, str]:
    """Under which token it is noted as owed, and as who: an alert as its recipient, all else under none as its id."""
    kind, _, alert = notification_id.partition(":")
    token, _, recipient = alert.rpartition(":")
    return (token, recipient) if kind == "alert" and token else ("", notification_id)


def _spelt_digest(notification: Notification, digest: Digest) -> str:
    """As `dumps` would: a digest that waits is spelt again whenever more joins it, and most of it was spelt before."""
    plain = notification_to_plain(replace(notification, body=replace(digest, alerts=())))
    head, there, tail = dumps(plain).rpartition(_NO_ALERTS)
    alerts = [f'{{"evidence":{_spelt_evidence(a.evidence)},"filters":{_list(a.filters)}}}' for a in digest.alerts]
    return f"{head}{there[:-1]}{','.join(alerts)}]{tail}"


def _spelt_evidence(evidence: Evidence) -> str:
    known = _spelt.get(id(evidence))
    if known is not None and known[0] is evidence:
        return known[1]
    text = dumps(evidence_to_plain(evidence))
    _spelt[id(evidence)] = (evidence, text)
    if len(_spelt) > _SPELT:
        _spelt.popitem(last=False)
    return text


def _sharing(notification: Notification) -> Notification:
    body = notification.body
    if not isinstance(body, Digest):
        return notification
    return replace(notification, body=replace(body, alerts=tuple([shared(alert) for alert in body.alerts])))


def _three_of(recipient: object) -> Sequence[object]:
    found = list_of(recipient, "to")
    if len(found) != _PARTS:
        raise not_stored("to", "destination, owners and filters", None)
    return found


@lru_cache(maxsize=4_096)
def _list(filters: tuple[str, ...]) -> str:
    return dumps(list(filters))
