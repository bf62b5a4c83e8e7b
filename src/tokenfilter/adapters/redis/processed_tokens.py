"""Dedup records: a sorted set of acceptances a token, a hash of everything else, and one script that settles an event.

The script spans what the match owner of a partition writes: records, outbox, journal, and the event's acknowledgement.
How an event is spelt for it stands in settling.py.
"""

import asyncio

from tokenfilter.adapters.redis.connection import RedisConnection, Script
from tokenfilter.adapters.redis.event_stream import RedisEventStream, lease
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.records import StoredRecords
from tokenfilter.adapters.redis.settling import Call, Settling
from tokenfilter.domain.alerts import Alerts
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.ports.event_stream import Entry
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled

_SETTLE = Script("settle", "owned", "keep_latest", "outbox_index")
_RECIPIENTS_AT_ONCE = 1_000  # DESIGN 6: so that the server never stalls
_SIDE_BY_SIDE = 2
"""Calls: one is spelt while the server is busy with another. More would only keep its other clients waiting."""


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

    async def settle(self, decision: Decision, alerts: Alerts, entry: Entry | None = None) -> Settled:
        fence = self._fences.of(lease(self._keys.partition(alerts.token)))
        settling = Settling(decision, alerts, entry, fence)
        *earlier, last = settling.calls(_RECIPIENTS_AT_ONCE)
        marks = await self._side_by_side(settling, earlier) if earlier else []
        marks += await self._run(settling, last, noted=any(marks))
        if entry:
            self._events.acknowledged(entry)
        return Settled(queued=alerts.chosen(marks))

    async def restore(self, token: Token, records: TokenRecords) -> None:
        await self._stored.unite(token, records)

    async def forget(self, destinations: frozenset[Destination]) -> None:
        await self._stored.forget(destinations)

    async def _side_by_side(self, settling: Settling, calls: list[Call]) -> list[bool]:
        """What `_run` says of each. All are over when this returns or raises."""
        left, marks = iter(calls), dict[Call, list[bool]]()

        async def some() -> None:
            for call in left:
                marks[call] = await self._run(settling, call)

        ends = await asyncio.gather(*[some() for _ in range(min(_SIDE_BY_SIDE, len(calls)))], return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        return [mark for call in calls for mark in marks[call]]

    async def _run(self, settling: Settling, call: Call, *, noted: bool = False) -> list[bool]:
        """Settle for some of the recipients; whether each of them was queued by it."""
        args = settling.arguments(call, noted=noted)
        outcome = await self._connection.run(_SETTLE, self._touched(settling.alerts), args)
        if outcome is None:
            return [False] * len(call)
        return [mark == "1" for mark in outcome] if outcome else [True] * len(call)

    def _touched(self, alerts: Alerts) -> list[str]:
        token = alerts.token
        partition = self._keys.partition(token)
        return [
            self._keys.fence(lease(partition)),
            self._keys.accepted(token),
            self._keys.rejected(token),
            self._keys.events(partition),
            self._keys.outbox(partition, alerts.lane),
            self._keys.owed(partition, str(token)),
            self._keys.left(partition),
            self._keys.journal(partition),
            self._keys.latest(token),
        ]
