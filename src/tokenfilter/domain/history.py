"""What is kept for good of what the system heard, decided and told."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Tick
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChatId, Destination, EventId, Token
from tokenfilter.domain.subscriber import Subscriber

BASES = ("fdv", "mcap", "price")
"""What a multiple may be measured on, best first: FDV does not move when supply is merely counted anew."""

LIQUIDITY_FLOOR = Decimal(1_000)
"""USD; below it a price is what a few dollars made it."""

CONFIRMED_AFTER = timedelta(seconds=2)
CONFIRMED_WITHIN = timedelta(minutes=5)
CONFIRMING_SHARE = Decimal("0.8")


class DeliveryOutcome(StrEnum):
    """How a notification ended, in words a person understands."""

    SENT = "sent"
    IN_DIGEST = "told in a digest"
    MUTED = "withheld: muted"
    IN_DOUBT = "sent, not confirmed"
    GONE = "not delivered: the chat cannot be reached"
    REFUSED = "not delivered: Telegram refused it"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSettled:
    """An event was judged; `told` destinations were queued. The evidence is that of the judgement.

    An event that told many is noted in several entries, each with some of them: who was told is all of them together.
    """

    evidence: Evidence
    told: tuple[Destination, ...]

    @property
    def id(self) -> str:
        """One row an event."""
        return f"event:{self.evidence.event.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSeen:
    """A token's values at an instant by basis (`fdv`, `mcap`, `price`, as far as known), and its liquidity."""

    token: Token
    observed_at: datetime
    values: Mapping[str, Decimal]
    liquidity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettled:
    """A notification reached its end. `call_to_sent` is the delay from the event's receipt, in seconds.

    `event` is the event an alert told of: after 14 days a destination is told of the token again, under the same id.
    """

    notification: str
    token: Token | None
    destination: Destination
    outcome: DeliveryOutcome
    at: datetime
    message_id: int | None = None
    call_to_sent: float | None = None
    event: EventId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsHeard:
    """A feed told statistics of a channel; one row a channel and instant from which they hold."""

    stats: ChannelStats


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberSaved:
    """A subscriber as stored from `at` on. `seq` numbers the change to what is judged, and is 0 if there was none.

    `renewed` are the destinations whose rejections the change forgot.
    """

    subscriber: Subscriber
    seq: int
    renewed: frozenset[Destination]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivitySeen:
    """A person used the bot: a command or a button's name, never what was typed."""

    chat: ChatId
    what: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonForgotten:
    """A person asked that nothing of them be kept: what history holds of the chat goes, except payments (R62)."""

    chat: ChatId
    at: datetime


JournalEntry = (
    EventSettled | PriceSeen | DeliverySettled | StatsHeard | SubscriberSaved | ActivitySeen | PersonForgotten
)


def name_of(entry: JournalEntry) -> str:
    """What tells an entry from every other: noting the same name again says nothing new."""
    match entry:
        case EventSettled():
            return f"{entry.id}:{entry.told[0] if entry.told else ''}"
        case PriceSeen():
            values = sorted(entry.values.items())
            return f"price:{entry.token}:{entry.observed_at.isoformat()}:{values}:{entry.liquidity}"
        case DeliverySettled():
            return f"end:{entry.notification}:{entry.event}:{entry.outcome}"
        case StatsHeard(stats=stats):
            return f"stats:{stats.channel}:{stats.as_of.isoformat()}:{sorted(stats.values.items())}"
        case SubscriberSaved(subscriber=subscriber):
            return f"subscriber:{subscriber.chat}:{subscriber.version}:{entry.at.isoformat()}"
        case ActivitySeen() | PersonForgotten():
            what = entry.what if isinstance(entry, ActivitySeen) else "forgotten"
            return f"{what}:{entry.chat}:{entry.at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a token after an instant: the entry value, the highest value confirmed until `seen_until`."""

    basis: str
    entry: Decimal
    peak: Decimal
    peak_at: datetime
    seen_until: datetime

    @property
    def multiple(self) -> Decimal:
        """Peak over entry."""
        return self.peak / self.entry


def price_seen(tick: Tick) -> PriceSeen:
    """A tick as history keeps it."""
    values = {basis: tick.market[basis] for basis in BASES if basis in tick.market}
    return PriceSeen(token=tick.token, observed_at=tick.observed_at, values=values, liquidity=tick.market.get("liq"))


def entry_of(evidence: Evidence) -> tuple[str, Decimal] | None:
    """The basis of an event's entry and its value: the first of FDV, market cap, price known and above zero."""
    return next(((b, evidence.values[b]) for b in BASES if evidence.values.get(b, Decimal(0)) > 0), None)


def peak_since(evidence: Evidence, prices: Iterable[PriceSeen]) -> Outcome | None:
    """What became of a token after an event, on the event's own basis and from confirmed prices only.

    A price counts if liquidity, where known, is above the floor and an earlier price (2 s to 5 min before) was at least
    80 % of it: a single wick is no peak.
    """
    entry = entry_of(evidence)
    if entry is None:
        return None
    basis, value = entry
    later = sorted((p for p in prices if basis in p.values and p.observed_at > evidence.at), key=_when)
    if not later:
        return None
    peak, peak_at = value, evidence.at
    window: deque[PriceSeen] = deque()
    for price in later:
        while window and price.observed_at - window[0].observed_at > CONFIRMED_WITHIN:
            window.popleft()
        if price.values[basis] > peak and _is_liquid(price) and _is_confirmed(price, window, basis):
            peak, peak_at = price.values[basis], price.observed_at
        window.append(price)
    return Outcome(basis=basis, entry=value, peak=peak, peak_at=peak_at, seen_until=later[-1].observed_at)


def _when(price: PriceSeen) -> datetime:
    return price.observed_at


def _is_liquid(price: PriceSeen) -> bool:
    return price.liquidity is None or price.liquidity >= LIQUIDITY_FLOOR


def _is_confirmed(price: PriceSeen, earlier: Iterable[PriceSeen], basis: str) -> bool:
    enough = price.values[basis] * CONFIRMING_SHARE
    return any(price.observed_at - e.observed_at >= CONFIRMED_AFTER and e.values[basis] >= enough for e in earlier)
