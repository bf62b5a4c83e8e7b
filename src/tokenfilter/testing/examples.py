"""Plain examples to tell a story with: one token, one event, one route, one alert, each in a line.

Where anything goes, take `strategies`; these are for tests in which the story matters.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tokenfilter.domain.call import Call, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import Decision, Interval, decide
from tokenfilter.domain.event import Event, Heard, StampedTick, Tick, TokenFacts
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.filter import Recheck
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.ids import (
    ChannelId,
    ChatId,
    Destination,
    EventId,
    FilterId,
    Token,
    base58,
    parse_channel,
    parse_token,
)
from tokenfilter.domain.matching import matches
from tokenfilter.domain.notification import CallAlert, Lane, Notification, alert_id
from tokenfilter.domain.subscriber import Route
from tokenfilter.domain.wanting import Fetched, Wanting

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When the examples happen unless said otherwise."""


def token(number: int = 1) -> Token:
    """A Solana token; every number names another."""
    return parse_token(base58(number.to_bytes(32, "big")))


def call(channel: str = "@alpha", at: datetime = NOON, **sizes: str) -> Call:
    """A channel's call; sizes such as `market_cap_usd="20000"`."""
    return Call(channel=parse_channel(channel), called_at=at, **{k: Decimal(v) for k, v in sizes.items()})  # type: ignore[arg-type]


def heard(
    name: str = "e1",
    *,
    about: Token | None = None,
    at: datetime = NOON,
    calls: Sequence[Call] = (),
    symbol: str | None = None,
    flags: Mapping[str, bool] | None = None,
    **market: int,
) -> Heard:
    """What a feed says; metrics by catalogue name, such as `mcap=20_000`."""
    return Heard(
        token=about or token(),
        observed_at=at,
        id=EventId(name),
        facts=TokenFacts(symbol=symbol),
        market={name: Decimal(value) for name, value in market.items()},
        flags=flags or {},
        calls=tuple(calls),
    )


def stamped(said: Heard, *, seq: int = 1) -> Event:
    """The event of what a feed said, heard at once."""
    return Event(heard=said, at=said.observed_at, settings_seq=seq, received_at=said.observed_at)


def tick(at: datetime = NOON, *, about: Token | None = None, **market: int) -> Tick:
    """A price, such as `mcap=20_000, liq=9_000`."""
    return Tick(token=about or token(), observed_at=at, market={k: Decimal(v) for k, v in market.items()})


def stamped_tick(price: Tick, *, seq: int = 1) -> StampedTick:
    """A price, heard at once."""
    return StampedTick(tick=price, at=price.observed_at, settings_seq=seq, received_at=price.observed_at)


def evidence_of(event: Event, stats: Mapping[ChannelId, ChannelStats] | None = None) -> Evidence:
    """What is known of an event if it is the first about its token."""
    return gather(event, merge_calls((), event.heard.calls, at=event.at), stats or {})


def stats(channel: str = "@alpha", as_of: datetime = NOON, **values: int) -> ChannelStats:
    """A channel's statistics, such as `win=60, record=20`."""
    return ChannelStats(channel=parse_channel(channel), as_of=as_of, values={k: Decimal(v) for k, v in values.items()})


def route(chat: int, wanted: str = "mcap >= 1", *, number: int = 1, to: Destination | None = None) -> Route:
    """A route of the subscriber `chat`, by the text of its filter; it goes to the own chat unless said otherwise."""
    owner = ChatId(chat)
    return Route(
        filter_id=FilterId(f"{chat}.{number}"),
        name=f"Filter {number}",
        owner=owner,
        destination=to or Destination(owner),
        wanted=parse_filter(wanted),
    )


class RouteList:
    """The least index deciding can ask: some routes, all of them changed last with number 1."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)

    def matches(
        self,
        evidence: Evidence,
        *,
        fresh: frozenset[ChannelId] | None = None,
        only_always: bool = False,
        since: Interval | None = None,
    ) -> Wanting:
        """The routes whose filter wants the evidence, judged one by one."""
        asked = [r for r in self._routes if not only_always or r.wanted.recheck is Recheck.ALWAYS]
        asked = [r for r in asked if since is None or self.since(r.destination) in since]
        return Fetched(r for r in asked if matches(r.wanted, evidence, fresh=fresh))

    def since(self, destination: Destination) -> int:
        """The number of the last change."""
        return 1 if any(r.destination == destination for r in self._routes) else 0


def decided(event: Event, routes: Iterable[Route], records: TokenRecords | None = None) -> Decision:
    """Who of the routes is told of an event, given what is remembered of its token."""
    return decide(event, records or TokenRecords(), {}, RouteList(routes))


def alert(
    chat: int = 1,
    *,
    about: Event | None = None,
    to: Destination | None = None,
    queued_at: datetime = NOON,
    useful_for: timedelta = timedelta(minutes=10),
    lane: Lane = Lane.ALERTS,
) -> Notification:
    """An alert about an event to a chat."""
    destination = to or Destination(ChatId(chat))
    evidence = evidence_of(about or stamped(heard()))
    return Notification(
        id=alert_id(evidence.event.token, destination),
        destination=destination,
        lane=lane,
        owners=(ChatId(chat),),
        body=CallAlert(evidence=evidence, filters=("Filter 1",)),
        queued_at=queued_at,
        useful_until=queued_at + useful_for,
    )


def ended(
    notification: Notification, outcome: DeliveryOutcome = DeliveryOutcome.SENT, *, at: datetime = NOON
) -> DeliverySettled:
    """How a notification ended."""
    event = notification.body.evidence.event if isinstance(notification.body, CallAlert) else None
    return DeliverySettled(
        notification=notification.id,
        token=event.token if event else None,
        event=event.id if event else None,
        destination=notification.destination,
        outcome=outcome,
        at=at,
    )
