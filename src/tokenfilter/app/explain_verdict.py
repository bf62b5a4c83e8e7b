"""Why did this subscriber (not) hear of a token? (R50)."""

from dataclasses import dataclass
from datetime import datetime

from tokenfilter.domain.dedup import Judge, Record, Skip, next_step
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import DeliverySettled
from tokenfilter.domain.ids import ChatId, FilterId, Token
from tokenfilter.domain.matching import Matched, Verdict, judge
from tokenfilter.domain.nearest import NearestPass, nearest_pass
from tokenfilter.domain.subscriber import NamedFilter, Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.filter_index import FilterIndex
from tokenfilter.ports.history import History
from tokenfilter.ports.processed_tokens import ProcessedTokens
from tokenfilter.ports.subscribers import Subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterExplained:
    """What one of the subscriber's filters says of the token's newest event, and the nearest change that would pass."""

    filter: NamedFilter
    verdict: Verdict
    nearest: NearestPass | None

    @property
    def matched(self) -> bool:
        """Whether the filter wants the event as it is now."""
        return isinstance(self.verdict, Matched)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that decides whether the subscriber's own chat hears of a token.

    `evidence` is the newest event about it; `record` what an earlier judgement settled; `step` what the same event
    would lead to if it came again now; `delivery` how the last alert about it ended.
    """

    token: Token
    evidence: Evidence
    subscriber: Subscriber
    filters: tuple[FilterExplained, ...]
    record: Record | None
    step: Judge | Skip
    delivery: DeliverySettled | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverSeen:
    """No event about the token was heard within what history keeps."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """More than one token is meant; newest first."""

    tokens: tuple[Evidence, ...]


class ExplainVerdict:
    """Judges again, from recorded evidence, with the function that judges live."""

    def __init__(
        self,
        *,
        history: History,
        subscribers: Subscribers,
        tokens: ProcessedTokens,
        index: FilterIndex,
        clock: Clock,
    ) -> None:
        self._history = history
        self._subscribers = subscribers
        self._tokens = tokens
        self._index = index
        self._clock = clock

    async def explain(self, chat: ChatId, text: str) -> Explanation | Several | NeverSeen:
        """Explain the token a person named by address, its beginning, or its symbol.

        Raises:
            UnavailableError: history cannot be read now.
        """
        found = await self._history.find_tokens(text, 6)
        newest = [events[0] for token in found if (events := await self._history.judged_of(token, 1))]
        if not newest:
            return NeverSeen(text=text)
        if len(newest) > 1:
            return Several(tokens=tuple(newest))
        return await self.explain_token(chat, newest[0].event.token)

    async def explain_token(self, chat: ChatId, token: Token) -> Explanation | NeverSeen:
        """Explain one token to one subscriber."""
        events = await self._history.judged_of(token, 1)
        subscriber = await self._subscribers.get(chat) or Subscriber(chat=chat)
        if not events:
            return NeverSeen(text=token.address)
        evidence, now, destination = events[0], self._clock.now(), subscriber.own_chat
        records = await self._tokens.records(token)
        record = records.record(destination, since=self._index.since(destination), now=now)
        return Explanation(
            token=token,
            evidence=evidence,
            subscriber=subscriber,
            filters=tuple(_explained(f, evidence) for f in subscriber.filters),
            record=record,
            step=next_step(record, evidence),
            delivery=await self._history.delivery(token, destination),
            now=now,
        )

    async def relaxed(self, chat: ChatId, token: Token, filter_id: FilterId) -> Filter | None:
        """The subscriber's filter with the nearest change that lets the token's newest event pass.

        None if there is none.
        """
        explained = await self.explain_token(chat, token)
        if isinstance(explained, NeverSeen):
            return None
        nearest = next((f.nearest for f in explained.filters if f.filter.id == filter_id), None)
        return nearest.changed if nearest else None


def _explained(f: NamedFilter, evidence: Evidence) -> FilterExplained:
    verdict = judge(f.wanted, evidence)
    nearest = None if isinstance(verdict, Matched) else nearest_pass(f.wanted, evidence)
    return FilterExplained(filter=f, verdict=verdict, nearest=nearest)
