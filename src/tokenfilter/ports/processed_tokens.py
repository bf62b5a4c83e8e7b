"""Who was told about which token, and what was checked in vain (R5-R7)."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from tokenfilter.domain.alerts import Alerts
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.ports.event_stream import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a settling did: the alerts that were queued by it."""

    queued: Alerts


class ProcessedTokens(Protocol):
    """The dedup records of every token. `settle` is the one method that changes them."""

    @abstractmethod
    async def records(self, token: Token) -> TokenRecords:
        """Everything remembered of a token; empty records if it was never judged.

        Raises:
            UnavailableError: nothing could be read.
        """

    @abstractmethod
    async def settle(self, decision: Decision, alerts: Alerts, entry: Entry | None = None) -> Settled:
        """Write the decision's records, queue its alerts, note the event in the journal, acknowledge `entry`.

        When it returns, every alert's destination counts as told and its alert is in the outbox exactly once. Nobody
        counts as told without an alert being queued. Repeating the same call is safe, also after it was broken off in
        the middle: whoever was told is not told again.

        Raises:
            StaleOwnerError: the records changed since they were read, or another worker owns the token now: the records
            were not written; read and decide again.
            UnavailableError: it cannot be known what was written; read, decide and settle again.
        """

    @abstractmethod
    async def restore(self, token: Token, records: TokenRecords) -> None:
        """Unite what a survivor remembers of a token with what is stored: whoever counts as accepted in either does.

        Of everything else the one that was seen last counts. Repeating is safe.

        Raises:
            UnavailableError: nothing was restored, or it cannot be known; repeat.
        """

    @abstractmethod
    async def forget(self, destinations: frozenset[Destination]) -> None:
        """Keep nothing of these destinations (R62); they may be told anew. Repeating is safe.

        Raises:
            UnavailableError: some may be left; repeat.
        """
