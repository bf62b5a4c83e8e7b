"""Dedup records: a sorted set of acceptances a token, a hash of everything else, and one script that settles an event.

The script spans what the match owner of a partition writes: records, outbox, journal, and the event's acknowledgement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import compress, groupby

from tokenfilter.adapters.redis.batches import Batch, alerts_batch, owed_head, recipient_of
from tokenfilter.adapters.redis.connection import Argument, RedisConnection, Script
from tokenfilter.adapters.redis.event_stream import GROUP, RedisEventStream, lease, place_of
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.records import KEEP_ACCEPTED, KEEP_REJECTED, StoredRecords, Texts, spelt
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.domain.notification import Lane, Notification
from tokenfilter.domain.plain.history import entry_to_plain
from tokenfilter.domain.plain.measures import micros
from tokenfilter.domain.plain.text import dumps
from tokenfilter.ports.event_stream import Entry
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled

_SETTLE = Script("settle", "owned")
_RECIPIENTS_AT_ONCE = 1_000  # DESIGN 6: so that the server never stalls
_NAME_BYTES = 16
_NOBODY = '"told":[]'


class RedisProcessedTokens(ProcessedTokens):
    """Settles in calls of at most 1,000 recipients; whoever an earlier call claimed is skipped when it is repeated.

    `events` is told which of its entries were acknowledged by settling.
    """

    def __init__(self, connection: RedisConnection, keys: Keys, fences: Fences, *, events: RedisEventStream) -> None:
        self._connection = connection
        self._keys = keys
        self._fences = fences
        self._events = events
        self._stored = StoredRecords(connection, keys)

    async def records(self, token: Token) -> TokenRecords:
        return await self._stored.read(token)

    async def settle(self, decision: Decision, alerts: tuple[Notification, ...], entry: Entry | None = None) -> Settled:
        partition = self._keys.partition(decision.evidence.event.token)
        settling = _Settling(decision, alerts, entry, self._fences.of(lease(partition)))
        queued: list[Notification] = []
        for call in settling.calls():
            outcome = await self._connection.run(
                _SETTLE, self._touched(decision, call.lane), settling.arguments(call, noted=bool(queued))
            )
            if outcome is None:
                break
            queued.extend(compress(call.alerts, (one == "1" for one in outcome)) if outcome else call.alerts)
        if entry:
            self._events.acknowledged(entry)
        return Settled(queued=tuple(queued))

    async def restore(self, token: Token, records: TokenRecords) -> None:
        await self._stored.unite(token, records)

    async def forget(self, destinations: frozenset[Destination]) -> None:
        await self._stored.forget(destinations)

    def _touched(self, decision: Decision, lane: Lane) -> list[str]:
        token = decision.evidence.event.token
        partition = self._keys.partition(token)
        return [
            self._keys.fence(lease(partition)),
            self._keys.accepted(token),
            self._keys.rejected(token),
            self._keys.events(partition),
            self._keys.outbox(partition, lane),
            self._keys.owed(partition),
            self._keys.left(partition),
            self._keys.journal(partition),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """Some of the recipients: those of one batch who count as accepted as of the same instant."""

    alerts: Sequence[Notification]
    destinations: str
    recipients: str
    batch: Batch
    lane: Lane
    at: int
    last: bool


class _Settling:
    """One decision as the script takes it."""

    def __init__(self, decision: Decision, alerts: tuple[Notification, ...], entry: Entry | None, fence: int) -> None:
        self._decision = decision
        self._alerts = alerts
        self._fence = fence
        self._event = place_of(entry)[1] if entry else ""
        self._texts = spelt(decision.records)
        self._name = _name(decision, alerts, self._texts)
        self._names = owed_head(f"alert:{decision.evidence.event.token}")
        noted = dumps(entry_to_plain(EventSettled(evidence=decision.evidence, told=())))
        before, _, after = noted.rpartition(_NOBODY)
        self._journal = [before + _NOBODY[:-1], _NOBODY[-1] + after]

    def calls(self) -> Iterator[_Call]:
        """The recipients in their order, at most 1,000 at once; at least one call."""
        groups = [list(group) for _, group in groupby(self._alerts, self._batched_by)]
        parts = [
            group[first : first + _RECIPIENTS_AT_ONCE]
            for group in groups
            for first in range(0, len(group), _RECIPIENTS_AT_ONCE)
        ]
        for number, part in enumerate(parts, start=1):
            yield self._call(part, last=number == len(parts))
        if not parts:
            yield _Call(
                alerts=(), destinations="", recipients="", batch=Batch(head=""), lane=Lane.ALERTS, at=0, last=True
            )

    def arguments(self, call: _Call, *, noted: bool) -> list[Argument]:
        """What settle.lua takes, in its order."""
        at = self._decision.evidence.at
        args: list[Argument] = [self._fence, self._decision.records.version, self._name, int(call.last), int(noted)]
        args += [call.at, micros(at - ACCEPTED_FOR), GROUP, self._event, call.lane.value]
        args += [call.batch.head, call.batch.tail, *self._journal, KEEP_ACCEPTED, KEEP_REJECTED]
        args += self._texts if call.last else Texts("", "", "", "")
        return [*args, self._names, call.destinations, call.recipients]

    def _batched_by(self, alert: Notification) -> tuple[object, ...]:
        """What alerts must have in common for one call."""
        accepted_at = self._decision.records.accepted[alert.destination]
        return alert.lane, alert.queued_at, alert.useful_until, accepted_at

    def _call(self, alerts: Sequence[Notification], *, last: bool) -> _Call:
        evidence = self._decision.evidence
        destinations = [str(alert.destination) for alert in alerts]
        return _Call(
            alerts=alerts,
            destinations="\n".join(destinations),
            recipients=",\n".join(map(recipient_of, alerts, destinations)),
            batch=alerts_batch(alerts[0], evidence),
            lane=alerts[0].lane,
            at=micros(self._decision.records.accepted[alerts[0].destination]),
            last=last,
        )


def _name(decision: Decision, alerts: tuple[Notification, ...], texts: Texts) -> str:
    """What tells the decision from every other one: the same, repeated, is known by it."""
    parts = [decision.evidence.event.id, str(decision.records.version), *texts, *(a.id for a in alerts)]
    return blake2b("\n".join(parts).encode(errors="surrogatepass"), digest_size=_NAME_BYTES).hexdigest()
