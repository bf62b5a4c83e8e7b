"""The dedup records, going on while the real-time store is away.

The records of the tokens this process settled last are remembered, as long as it is their only writer. While the store
is away they are settled here; a token that is not remembered is looked up in the permanent store, so that nobody is
told twice.
"""

from collections.abc import Callable
from dataclasses import replace

from tokenfilter.adapters.surviving.claimed_alerts import ClaimedAlerts
from tokenfilter.adapters.surviving.event_stream import SurvivingEventStream
from tokenfilter.adapters.surviving.journal import SurvivingJournal
from tokenfilter.adapters.surviving.outbox import SurvivingOutbox
from tokenfilter.adapters.surviving.remembered_records import RememberedRecords
from tokenfilter.adapters.surviving.survival import Survival, Survivor, side_by_side
from tokenfilter.domain.alerts import Alerts
from tokenfilter.domain.cohorts import TokenRecords, united, without
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.ports.archive import Archive
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.event_stream import Entry
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled


class SurvivingProcessedTokens(ProcessedTokens, Survivor):
    """`behind` names the tokens whose records the store is not known to have.

    `term` tells one time of being a token's only writer from another: what was remembered in a former one may be old.
    """

    def __init__(
        self,
        inner: ProcessedTokens,
        survival: Survival,
        *,
        events: SurvivingEventStream,
        outbox: SurvivingOutbox,
        claimed: ClaimedAlerts,
        journal: SurvivingJournal,
        archive: Archive,
        clock: Clock,
        term: Callable[[Token], int | None] = lambda _: 0,
    ) -> None:
        self._inner = inner
        self._survival = survival
        self._events = events
        self._outbox = outbox
        self._claimed = claimed
        self._journal = journal
        self._archive = archive
        self._clock = clock
        self._term = term
        self._behind: dict[Token, None] = {}
        self._remembered = RememberedRecords(kept=self._behind)
        survival.join(self)

    async def records(self, token: Token) -> TokenRecords:
        known, term = self._remembered.get(token), self._term(token)
        found = known.records if known else TokenRecords()
        if known is None or ((term is None or known.term != term) and token not in self._behind):
            try:
                found = await self._survival.attempt(lambda: self._inner.records(token))
            except UnavailableError:
                self._survival.stand_in()
                found = united(found, await self._from_archive(token))
        self._remember(token, found)
        return found

    async def settle(self, decision: Decision, alerts: Alerts, entry: Entry | None = None) -> Settled:
        token = decision.evidence.event.token
        in_store = self._events.in_store(entry)
        try:
            settled = await self._survival.attempt(lambda: self._inner.settle(decision, alerts, in_store))
        except StaleOwnerError:
            self._remembered.drop(token)
            raise
        except UnavailableError:
            self._survival.stand_in()
            return await self._settle_here(decision, alerts, entry)
        self._remember(token, replace(decision.records, version=decision.records.version + 1))
        self._claimed.remember(settled.queued)
        self._journal.remember([_settled(decision, settled.queued)])
        if entry:
            await self._events.forget(entry)
        return settled

    async def _settle_here(self, decision: Decision, alerts: Alerts, entry: Entry | None) -> Settled:
        token = decision.evidence.event.token
        known = self._remembered.get(token)
        before = known.records if known else TokenRecords()
        if before.version != decision.records.version:
            raise StaleOwnerError(f"the records of {token} changed meanwhile")
        accepted = decision.records.accepted
        owed = alerts.chosen([before.accepted.get(to) != accepted[to] for to in alerts.recipients])
        self._remember(token, replace(decision.records, version=before.version + 1))
        self._behind[token] = None
        self._outbox.keep(owed)
        self._journal.keep([_settled(decision, owed)])
        if entry:
            await self._events.settle_here(entry)
        return Settled(queued=owed)

    async def restore(self, token: Token, records: TokenRecords) -> None:
        await self._inner.restore(token, records)  # also on the way back, while the store does not count as up yet
        if self._survival.is_up:
            self._remembered.drop(token)

    async def forget(self, destinations: frozenset[Destination]) -> None:
        await self._survival.attempt(lambda: self._inner.forget(destinations))
        for token in self._remembered.tokens():
            known = self._remembered.get(token)
            if known and any(destination in known.records.accepted for destination in destinations):
                self._remembered.put(token, without(known.records, destinations), known.term)

    @property
    def is_ahead(self) -> bool:
        return bool(self._behind)

    async def bring_over(self, *, wiped: bool) -> None:
        await side_by_side(self._bring, self._remembered.tokens() if wiped else list(self._behind))

    async def _bring(self, token: Token) -> None:
        known = self._remembered.get(token)
        if known is None:
            self._behind.pop(token, None)
            return
        await self._inner.restore(token, known.records)
        stored = await self._inner.records(token)
        now = self._remembered.get(token)
        if now and now.records is known.records:  # else it was settled meanwhile, and is told in the next round
            self._remembered.put(token, stored, known.term)
            self._behind.pop(token, None)

    def _remember(self, token: Token, records: TokenRecords) -> None:
        self._remembered.put(token, records, self._term(token))

    async def _from_archive(self, token: Token) -> TokenRecords:
        """What the permanent store knows of who was told; nobody, if that is away too: rather twice than never."""
        try:
            told = await self._archive.told(token, self._clock.now() - ACCEPTED_FOR)
        except UnavailableError:
            told = {}
        return TokenRecords(accepted=told)


def _settled(decision: Decision, queued: Alerts) -> EventSettled:
    return EventSettled(evidence=decision.evidence, told=queued.recipients)
