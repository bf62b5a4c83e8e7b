"""The past, for explanations, previews, backtests and reports."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import DeliverySettled, JournalEntry, Outcome
from tokenfilter.domain.ids import Destination, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of judged events; without any there is no first or last instant."""

    events: int
    first_at: datetime | None
    last_at: datetime | None


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
    async def span(self, since: datetime, until: datetime) -> Span:
        """How many events were judged in [since, until), and when the first and the last of them were, by instant."""

    @abstractmethod
    def judged_by(
        self, wanted: Filter, since: datetime, until: datetime, *, told: Set[Token] = frozenset()
    ) -> AsyncIterator[Evidence]:
        """The same events, read for nothing but to be judged by one filter, which is much quicker.

        `matches` with that filter, and dedup, say of each what they say of the whole; of all else only the event's id,
        token and instant are sure to be as they were. Left out may be the events of a token of which the filter wants
        none, and of those that are in `told` by then.
        """

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
