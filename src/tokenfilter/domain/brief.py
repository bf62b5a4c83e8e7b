"""What a digest keeps of an alert: what its row says, which is little of what there is to know.

How the row reads is the messenger's business.
"""

from collections import OrderedDict
from dataclasses import replace

from tokenfilter.domain.event import Event, Heard, TokenFacts
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.ids import EventId
from tokenfilter.domain.notification import CallAlert

_SIZES = ("mcap", "fdv")
_SHARED = 8_192
"""Events whose brief evidence all digests share: as many as the last minutes may bring."""


def brief(alert: CallAlert) -> CallAlert:
    """The alert with evidence that says no more of the event than when it was, of which token, and of what size."""
    if _is_brief(alert.evidence):
        return alert
    return CallAlert(evidence=_shared(_essence(alert.evidence.event)), filters=alert.filters)


def shared(alert: CallAlert) -> CallAlert:
    """The same alert; what is brief in it is not held once more where it is known already."""
    return replace(alert, evidence=_shared(alert.evidence.event)) if _is_brief(alert.evidence) else alert


def _is_brief(evidence: Evidence) -> bool:
    heard = evidence.event.heard
    facts = heard.facts
    return not (
        evidence.calls
        or evidence.stats
        or heard.calls
        or heard.flags
        or (heard.market and (len(heard.market) > 1 or heard.market.keys().isdisjoint(_SIZES)))
        or (facts.symbol and facts.name)
        or facts.created_at
        or facts.dex
        or facts.launchpad
    )


def _essence(event: Event) -> Event:
    heard, facts = event.heard, event.heard.facts
    size = next((name for name in _SIZES if name in heard.market), None)
    return Event(
        heard=Heard(
            token=heard.token,
            observed_at=heard.observed_at,
            id=heard.id,
            facts=TokenFacts(symbol=facts.symbol) if facts.symbol else TokenFacts(name=facts.name),
            market={size: heard.market[size]} if size else {},
        ),
        at=event.at,
        settings_seq=event.settings_seq,
        received_at=event.received_at,
    )


class _Shared:
    """The evidence of events, made once for all who ask for the same."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[EventId, Evidence] = OrderedDict()

    def __call__(self, event: Event) -> Evidence:
        found = self._known.get(event.id)
        if found is not None and found.event == event:
            return found
        made = gather(event, (), {})
        self._known[event.id] = made
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return made


_shared = _Shared(_SHARED)
