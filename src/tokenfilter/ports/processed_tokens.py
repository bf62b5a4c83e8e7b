"""Who was told about which token, and what was checked in vain (R5-R7)."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import Decision
from tokenfilter.domain.ids import Token
from tokenfilter.domain.notification import Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a settling did: the notifications that were queued by it."""

    queued: tuple[Notification, ...]


class ProcessedTokens(Protocol):
    """The dedup records of every token. `settle` is the one method that changes them."""

    @abstractmethod
    async def records(self, token: Token) -> TokenRecords:
        """Everything remembered of a token; empty records if it was never judged.

        Raises:
            UnavailableError: nothing could be read.
        """

    @abstractmethod
    async def settle(self, decision: Decision, alerts: tuple[Notification, ...]) -> Settled:
        """Write the decision's records, queue its alerts and note the event in the journal, all or nothing.

        When it returns, every alert's destination counts as told and its alert is in the outbox exactly once. Repeating
        the same call is safe: whoever was told is not told again.

        Raises:
            StaleOwnerError: the records changed since they were read; nothing was written; read and decide again.
            UnavailableError: nothing was recorded, or it cannot be known; repeat.
        """
