"""The past, for explanations, previews, backtests and reports."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import DeliverySettled, JournalEntry, Outcome
from tokenfilter.domain.ids import Destination, Token


class History(Protocol):
    """What was heard, decided and told. A write is visible to the next read; every read may raise UnavailableError."""

    @abstractmethod
    async def record(self, entries: Sequence[JournalEntry]) -> None:
        """Keep the entries; one that is kept already changes nothing, so repeating is safe.

        Raises:
            UnavailableError: none or some are kept; repeat all.
            RefusedError: one of them can never be kept; none of them is.
        """

    @abstractmethod
    def judged(self, since: datetime, until: datetime) -> AsyncIterator[Evidence]:
        """Events judged in [since, until), in the order in which they were."""

    @abstractmethod
    async def judged_of(self, token: Token, limit: int) -> Sequence[Evidence]:
        """The newest judged events of a token, newest first."""

    @abstractmethod
    async def find_tokens(self, text: str, limit: int) -> Sequence[Token]:
        """Tokens whose address starts with `text`, or whose symbol it is (case and `$` aside), newest first."""

    @abstractmethod
    async def delivery(self, token: Token, destination: Destination) -> DeliverySettled | None:
        """How the last alert about a token to a destination ended; None if none ended yet."""

    @abstractmethod
    async def outcome(self, evidence: Evidence) -> Outcome | None:
        """What became of a token since an event, on the first basis of FDV, market cap, price known at it.

        None while no later price is known, or none is on that basis.
        """
