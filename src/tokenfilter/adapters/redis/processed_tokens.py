"""Dedup records: a sorted set of acceptances a token, a hash of everything else, and one script that settles an event.

The script spans what the match owner of a partition writes: records, outbox, journal, and the event's acknowledgement.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from itertools import compress, groupby, pairwise
from operator import attrgetter

from tokenfilter.adapters.redis.batches import Batch, alerts_batch, owed_head, recipients_of
from tokenfilter.adapters.redis.connection import Argument, RedisConnection, Script
from tokenfilter.adapters.redis.event_stream import GROUP, RedisEventStream, kept_for, lease, place_of
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

_SETTLE = Script("settle", "owned", "keep_latest")
_RECIPIENTS_AT_ONCE = 1_000  # DESIGN 6: so that the server never stalls
_NAME_BYTES = 16
_NOBODY = '"told":[]'
_NO_TEXTS = Texts("", "", "", "")
_ACCEPTED_FOR = ACCEPTED_FOR // timedelta(microseconds=1)
_BATCHED_BY = attrgetter("lane", "queued_at", "useful_until")
"""What alerts of one event must have in common to be one batch."""


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
                _SETTLE, self._touched(decision, call), settling.arguments(call, noted=bool(queued))
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

    def _touched(self, decision: Decision, call: "_Call") -> list[str]:
        token = decision.evidence.event.token
        partition = self._keys.partition(token)
        return [
            self._keys.fence(lease(partition)),
            self._keys.accepted(token),
            self._keys.rejected(token),
            self._keys.events(partition),
            self._keys.outbox(partition, call.alerts[0].lane if call.alerts else Lane.ALERTS),
            self._keys.owed(partition),
            self._keys.left(partition),
            self._keys.journal(partition),
            self._keys.latest(token),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """Some of the recipients: those of one batch."""

    alerts: Sequence[Notification]
    destinations: Sequence[str]
    last: bool


class _Settling:
    """One decision as the script takes it. An event may tell thousands: what is done for each of them is little.

    Whoever is told counts as accepted as of the event, which for its token is never earlier than anything remembered
    (decide.not_before).
    """

    def __init__(self, decision: Decision, alerts: tuple[Notification, ...], entry: Entry | None, fence: int) -> None:
        self._evidence = decision.evidence
        self._version = decision.records.version
        self._alerts = alerts
        self._destinations = [str(alert.destination) for alert in alerts]
        self._fence = fence
        self._event = place_of(entry)[1] if entry else ""
        self._kept_for = kept_for(entry)
        self._texts = spelt(decision.records)
        self._name = _name(decision, self._texts, self._destinations)
        noted = dumps(entry_to_plain(EventSettled(evidence=decision.evidence, told=())))
        before, _, after = noted.rpartition(_NOBODY)
        self._journal = [before + _NOBODY[:-1], _NOBODY[-1] + after]

    def calls(self) -> Iterator[_Call]:
        """The recipients in their order, at most 1,000 at once; at least one call."""
        bounds = [0]
        for _, group in groupby(self._alerts, _BATCHED_BY):
            end = bounds[-1] + len(list(group))
            bounds += [*range(bounds[-1] + _RECIPIENTS_AT_ONCE, end, _RECIPIENTS_AT_ONCE), end]
        for first, end in pairwise(bounds):
            yield self._call(first, end)
        if not self._alerts:
            yield self._call(0, 0)

    def arguments(self, call: _Call, *, noted: bool) -> list[Argument]:
        """What settle.lua takes, in its order."""
        at, lane, batch = micros(self._evidence.at), Lane.ALERTS, Batch(head="")
        if call.alerts:
            lane, batch = call.alerts[0].lane, alerts_batch(call.alerts[0], self._evidence)
        args: list[Argument] = [self._fence, self._version, self._name, int(call.last), int(noted)]
        args += [at, at - _ACCEPTED_FOR, GROUP, self._event, lane.value, batch.head, batch.tail]
        args += [*self._journal, KEEP_ACCEPTED, KEEP_REJECTED, *(self._texts if call.last else _NO_TEXTS)]
        names = owed_head(f"alert:{self._evidence.event.token}")
        recipients = recipients_of(call.alerts, call.destinations)
        return [*args, names, "\n".join(call.destinations), recipients, self._kept_for]

    def _call(self, first: int, end: int) -> _Call:
        last = end == len(self._alerts)
        return _Call(alerts=self._alerts[first:end], destinations=self._destinations[first:end], last=last)


def _name(decision: Decision, texts: Texts, destinations: Sequence[str]) -> str:
    """What tells the decision from every other one: the same, repeated, is known by it."""
    parts = [decision.evidence.event.id, str(decision.records.version), *texts, *destinations]
    return blake2b("\n".join(parts).encode(errors="surrogatepass"), digest_size=_NAME_BYTES).hexdigest()
