"""Dedup records in this process's memory."""

from dataclasses import replace

from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import Token
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.failures import StaleOwnerError
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled

_SWEEP_EVERY = 1_000


class MemoryProcessedTokens(ProcessedTokens):
    """Settles without giving way in between the check and the write, so two settlings never mix."""

    def __init__(self, *, outbox: Outbox, journal: Journal) -> None:
        self._outbox = outbox
        self._journal = journal
        self._records: dict[Token, TokenRecords] = {}
        self._settled = 0

    async def records(self, token: Token) -> TokenRecords:
        return self._records.get(token, TokenRecords())

    async def settle(self, decision: Decision, alerts: tuple[Notification, ...]) -> Settled:
        token = decision.evidence.event.token
        before = self._records.get(token, TokenRecords())
        accepted = decision.records.accepted
        owed = tuple(a for a in alerts if before.accepted.get(a.destination) != accepted[a.destination])
        if before.version != decision.records.version:
            if alerts and not owed and before.version > decision.records.version:
                return Settled(queued=())  # the same settling again, after its answer was lost
            raise StaleOwnerError(f"the records of {token} changed meanwhile")
        self._records[token] = replace(decision.records, version=before.version + 1)
        self._sweep(decision)
        for alert in owed:
            await self._outbox.put(alert)
        told = tuple(a.destination for a in owed)
        await self._journal.note(EventSettled(evidence=decision.evidence, told=told))
        return Settled(queued=owed)

    def _sweep(self, decision: Decision) -> None:
        """Forget tokens about which nothing is left to remember, now and then."""
        self._settled += 1
        if self._settled % _SWEEP_EVERY == 0:
            now = decision.evidence.at
            self._records = {t: r for t, r in self._records.items() if not r.is_forgettable(now)}
