"""Journal entries as rows, and rows as what they were. How rows are brought to the tables is in recording.py.

A batch has one row a key: what a later entry of the same key changes is decided here as recording.py decides it between
batches.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tokenfilter.adapters.postgres.engine import AnyRow
from tokenfilter.domain.call import Call
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import (
    BASES,
    ActivitySeen,
    DeliveryOutcome,
    DeliverySettled,
    EventSettled,
    PriceSeen,
    StatsHeard,
    SubscriberSaved,
)
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, EventId, Token
from tokenfilter.domain.notification import alert_id
from tokenfilter.domain.plain.event import stats_to_plain
from tokenfilter.domain.plain.evidence import evidence_from_plain, evidence_to_plain
from tokenfilter.domain.plain.names import destination_of, token_of
from tokenfilter.domain.plain.subscriber import subscriber_from_plain
from tokenfilter.domain.plain.text import dumps
from tokenfilter.ports.failures import RefusedError

Storable = EventSettled | PriceSeen | DeliverySettled | StatsHeard | SubscriberSaved | ActivitySeen

_Value = Decimal | None
PriceRow = tuple[str, datetime, _Value, _Value, _Value, _Value]

NO_EVENT = ""
"""Where a notification tells of no event: a digest, a report."""

_SLICE = 25


class EventKey(NamedTuple):
    """What tells a judged event from every other: a feed may use an id again on another day."""

    event: EventId
    judged_at: datetime


class NotificationKey(NamedTuple):
    """What tells a notification from every other: after 14 days an alert's id is used again for another event."""

    notification: str
    event: str


@dataclass(slots=True)
class Told:
    """What a batch says of one notification: as of when an alert was queued, how it ended, or both. It is mutable."""

    token: str | None
    destination: Destination
    told_at: datetime | None = None
    end: DeliverySettled | None = None

    def row(self) -> tuple[object, ...]:
        """Without its key. What tells of no event, or of one not known yet, counts as told when it ended."""
        end, to = self.end, self.destination
        if end is None:
            return self.token, to.chat, to.thread, self.told_at, None, None, None, None
        ended = (end.outcome.name.lower(), end.at, end.message_id, end.call_to_sent)
        return self.token, to.chat, to.thread, self.told_at or end.at, *ended


@dataclass(slots=True)
class Batch:
    """Rows of several entries by table and key, in the order of the entries. It is mutable."""

    evidence: dict[EventKey, Evidence] = field(default_factory=dict)
    events: dict[EventKey, tuple[object, ...]] = field(default_factory=dict)
    told: dict[NotificationKey, Told] = field(default_factory=dict)
    prices: dict[PriceRow, None] = field(default_factory=dict)
    stats: dict[tuple[ChannelId, datetime], tuple[object, ...]] = field(default_factory=dict)
    activity: dict[tuple[ChatId, datetime, str], None] = field(default_factory=dict)
    saved: list[SubscriberSaved] = field(default_factory=list)

    def add(self, entry: Storable) -> None:
        """Add the rows of one more entry."""
        match entry:
            case EventSettled():
                self._add_event(entry)
            case PriceSeen(values=values):
                fdv, mcap, price = (values.get(basis) for basis in BASES)
                self.prices[str(entry.token), entry.observed_at, fdv, mcap, price, entry.liquidity] = None
            case DeliverySettled():
                self._add_end(entry)
            case StatsHeard(stats=stats):
                key_of_stats = (stats.channel, stats.as_of)
                self.stats[key_of_stats] = (*key_of_stats, dumps(stats_to_plain(stats)))
            case SubscriberSaved():
                self.saved.append(entry)
            case ActivitySeen():
                self.activity[entry.chat, entry.at, entry.what] = None

    def _add_event(self, entry: EventSettled) -> None:
        event, token = entry.evidence.event, str(entry.evidence.event.token)
        key = EventKey(event.id, event.at)
        if key not in self.events:
            self.evidence[key] = entry.evidence
            self.events[key] = (*key, token, dumps(evidence_to_plain(entry.evidence)))
        for to in entry.told:
            named = NotificationKey(alert_id(event.token, to), event.id)
            self.told.setdefault(named, Told(token, to)).told_at = event.at

    def _add_end(self, end: DeliverySettled) -> None:
        key = NotificationKey(end.notification, end.event or NO_EVENT)
        about = self.told.setdefault(key, Told(str(end.token) if end.token else None, end.destination))
        if about.end is None or about.end.at < end.at:
            about.end = end


async def batch_of(entries: Sequence[Storable]) -> Batch:
    """All rows of some entries; others have their turn meanwhile.

    Raises:
        RefusedError: one of them cannot be spelt.
    """
    batch = Batch()
    for number, entry in enumerate(entries, start=1):
        try:
            batch.add(entry)
        except ValueError as error:
            raise RefusedError(f"cannot be stored: {type(error).__name__}") from None
        if number % _SLICE == 0:
            await asyncio.sleep(0)
    return batch


def call_row(token: Token, call: Call) -> tuple[object, ...]:
    """The first call of a token by a channel."""
    return str(token), call.channel, call.called_at, call.market_cap_usd, call.fdv_usd, call.message_url


def symbol_key(text: str) -> str:
    """A symbol as it is looked for: without `$`, whatever its case; characters no text column holds are left out."""
    shown = text.strip().removeprefix("$").casefold().replace("\0", "")
    return shown.encode(errors="ignore").decode()


def evidence_of(row: AnyRow) -> Evidence:
    """The evidence of a judged event."""
    return evidence_from_plain(row.evidence)


def token_in(row: AnyRow) -> Token:
    """The token of a row that has one."""
    return token_of(row.token, "token")


def destination_in(row: AnyRow) -> Destination:
    """Where a notification went."""
    return Destination(ChatId(row.chat), row.thread)


def price_of(row: AnyRow, token: Token) -> PriceSeen:
    """A price of a token."""
    values: dict[str, Decimal] = {basis: found for basis in BASES if (found := row._mapping[basis]) is not None}
    return PriceSeen(token=token, observed_at=row.observed_at, values=values, liquidity=row.liquidity)


def end_of(row: AnyRow) -> DeliverySettled:
    """How a notification ended."""
    return DeliverySettled(
        notification=row.notification,
        token=None if row.token is None else token_in(row),
        destination=destination_in(row),
        outcome=DeliveryOutcome[row.outcome.upper()],
        at=row.ended_at,
        message_id=row.message_id,
        call_to_sent=row.call_to_sent,
        event=EventId(row.event) if row.event else None,
    )


def saved_of(row: AnyRow) -> SubscriberSaved:
    """A subscriber as last saved."""
    return SubscriberSaved(
        subscriber=subscriber_from_plain(row.settings),
        seq=row.seq,
        renewed=frozenset(destination_of(place, "renewed") for place in row.renewed),
        at=row.saved_at,
    )
