"""Dedup records in this process's memory."""

from dataclasses import replace

from tokenfilter.domain.alerts import Alerts
from tokenfilter.domain.cohorts import TokenRecords, united, without
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.ports.event_stream import Entry, EventStream
from tokenfilter.ports.failures import StaleOwnerError
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled

_SWEEP_EVERY = 1_000


class MemoryProcessedTokens(ProcessedTokens):
    """Settles without giving way in between the check and the write, so two settlings never mix."""

    def __init__(self, *, outbox: Outbox, journal: Journal, events: EventStream) -> None:
        self._events = events
        self._outbox = outbox
        self._journal = journal
        self._records: dict[Token, TokenRecords] = {}
        self._settled = 0

    async def records(self, token: Token) -> TokenRecords:
        return self._records.get(token, TokenRecords())

    async def settle(self, decision: Decision, alerts: Alerts, entry: Entry | None = None) -> Settled:
        token = decision.evidence.event.token
        before = self._records.get(token, TokenRecords())
        accepted = decision.records.accepted
        owed = alerts.chosen([before.accepted.get(to) != accepted[to] for to in alerts.recipients])
        if before.version == decision.records.version:
            self._records[token] = replace(decision.records, version=before.version + 1)
            self._sweep(decision)
            for alert in owed:
                await self._outbox.put(alert)
            await self._journal.note(EventSettled(evidence=decision.evidence, told=owed.recipients))
        elif not alerts or owed or before.version < decision.records.version:
            raise StaleOwnerError(f"the records of {token} changed meanwhile")
        if entry:
            await self._events.acknowledge(entry)
        return Settled(queued=owed)

    async def restore(self, token: Token, records: TokenRecords) -> None:
        here = self._records.get(token, TokenRecords())
        self._records[token] = replace(united(here, records), version=here.version + 1)

    async def forget(self, destinations: frozenset[Destination]) -> None:
        for token, records in list(self._records.items()):
            if not destinations.isdisjoint({*records.accepted, *records.exceptions}):
                self._records[token] = replace(without(records, destinations), version=records.version + 1)

    def _sweep(self, decision: Decision) -> None:
        """Forget tokens about which nothing is left to remember, now and then."""
        self._settled += 1
        if self._settled % _SWEEP_EVERY == 0:
            now = decision.evidence.at
            self._records = {t: r for t, r in self._records.items() if not r.is_forgettable(now)}
