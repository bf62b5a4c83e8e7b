"""One decision as settle.lua takes it. An event may tell thousands: what is done for each of them is little.

The script itself is run by processed_tokens.py.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

from tokenfilter.adapters.redis.batches import alerts_batch
from tokenfilter.adapters.redis.connection import Argument
from tokenfilter.adapters.redis.event_stream import GROUP, kept_for, place_of
from tokenfilter.adapters.redis.records import KEEP_ACCEPTED, KEEP_REJECTED, Texts, spelt
from tokenfilter.domain.acceptances import key_of
from tokenfilter.domain.alerts import Alerts
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.plain.history import entry_to_plain
from tokenfilter.domain.plain.measures import micros
from tokenfilter.domain.plain.text import dumps
from tokenfilter.ports.event_stream import Entry

Call = range
"""The places of some of the recipients: those that one call of the script is for."""

_NAME_BYTES = 16
_TOLD, _NOBODY = '"told":', "[]"
_NO_TEXTS = Texts("", "", "", "")
_ACCEPTED_FOR = ACCEPTED_FOR // ACCEPTED_FOR.resolution


class Settling:
    """Whoever is told counts as accepted as of the event.

    For its token that is never earlier than anything remembered (decide.not_before).
    """

    def __init__(self, decision: Decision, alerts: Alerts, entry: Entry | None, fence: int) -> None:
        self.alerts = alerts
        evidence = decision.evidence
        self._recipients = [str(to.chat) if to.thread is None else str(to) for to in alerts.recipients]
        texts = spelt(decision.records)
        at = micros(evidence.at)
        noted = dumps(entry_to_plain(EventSettled(evidence=evidence, told=())))
        before, _, after = noted.rpartition(_TOLD + _NOBODY)
        batch = alerts_batch(alerts, evidence)
        self._version: list[Argument] = [fence, decision.records.version, _name(decision, texts, self._recipients)]
        self._shared: list[Argument] = [at, at - _ACCEPTED_FOR, GROUP, place_of(entry)[1] if entry else ""]
        self._shared += [alerts.lane.value, batch.head, batch.tail, before + _TOLD, after]
        self._shared += [KEEP_ACCEPTED, KEEP_REJECTED, kept_for(entry)]
        self._texts = texts

    def calls(self, at_once: int) -> list[Call]:
        """The recipients in their order, at most so many in each; at least one call."""
        bounds = [*range(0, len(self.alerts), at_once), len(self.alerts)]
        return [range(first, end) for first, end in pairwise(bounds)] or [range(0)]

    def arguments(self, call: Call, *, noted: bool) -> list[Argument]:
        """What settle.lua takes, in its order. `noted` counts for the last call: whether an earlier one has told."""
        is_last, to = call.stop == len(self.alerts), self._recipients[call.start : call.stop]
        said = _said(to, self.alerts[call.start : call.stop])
        texts = self._texts if is_last else _NO_TEXTS
        return [*self._version, int(is_last), int(noted), *self._shared, *texts, _strings(to), said]


def _strings(texts: Sequence[str]) -> str:
    """Texts that need no escape as a JSON list."""
    return '["' + '","'.join(texts) + '"]' if texts else "[]"


def _said(spelt: Sequence[str], alerts: Alerts) -> str:
    """Recipients as their batch has them, each in a line."""
    lists = {name: _list(name) for name in {route.name for route in alerts.routes}}
    lines = [f'["{to}",[{of.owner}],{lists[of.name]}]' for to, of in zip(spelt, alerts.routes, strict=True)]
    for n, to in enumerate(alerts.recipients) if alerts.others else ():
        if key_of(to) in alerts.others:
            owners, names = alerts.owners(to, alerts.routes[n]), alerts.names(to, alerts.routes[n])
            lines[n] = f'["{spelt[n]}",[{",".join(map(str, owners))}],{_list(*names)}]'
    return ",\n".join(lines)


@lru_cache(maxsize=4_096)
def _list(*names: str) -> str:
    return dumps(list(names))


def _name(decision: Decision, texts: Texts, recipients: Sequence[str]) -> str:
    """What tells the decision from every other one: the same, repeated, is known by it."""
    parts = [decision.evidence.event.id, str(decision.records.version), *texts, *recipients]
    return blake2b("\n".join(parts).encode(errors="surrogatepass"), digest_size=_NAME_BYTES).hexdigest()
