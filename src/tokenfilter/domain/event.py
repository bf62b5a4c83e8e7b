"""What a feed says: an event about a token, a price, or a channel's statistics."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tokenfilter.domain.call import Call
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.ids import EventId, Token

CLOCK_SKEW_ALLOWED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What is fixed about a token. Symbol and name are foreign text: never print them unescaped."""

    symbol: str | None = None
    name: str | None = None
    created_at: datetime | None = None
    dex: str | None = None
    launchpad: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a feed said about a token, before ingest stamped it.

    `market` holds feed metrics and `flags` flags by catalogue name; what is absent is unknown. `calls` is what the
    sender knows now.
    """

    token: Token
    observed_at: datetime
    id: EventId
    facts: TokenFacts = field(default_factory=TokenFacts)
    market: Mapping[str, Decimal] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A heard event with the stamps that make judging repeatable.

    `at` is the instant every age, look-back and expiry is measured from; `settings_seq` is the last settings change
    that counts for it; `received_at` is wall time and
    serves only to measure delay.
    """

    heard: Heard
    at: datetime
    settings_seq: int
    received_at: datetime

    @property
    def token(self) -> Token:
        """The token it is about."""
        return self.heard.token

    @property
    def id(self) -> EventId:
        """The feed's id of the event."""
        return self.heard.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A price now: the metrics `price`, `mcap`, `fdv`, `liq` as far as the feed knows them."""

    token: Token
    observed_at: datetime
    market: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedTick:
    """A heard price with the stamps that make judging repeatable, as in `Event`."""

    tick: Tick
    at: datetime
    settings_seq: int
    received_at: datetime

    @property
    def token(self) -> Token:
        """The token it is about."""
        return self.tick.token


FeedLine = Heard | Tick | ChannelStats
"""Anything a feed can say that we understand."""


def sameness(heard: Heard) -> tuple[Hashable, Hashable]:
    """What makes two events the same: the id, or the token, instant and calls (FORMATS 1). Either suffices."""
    return heard.id, (heard.token, heard.observed_at, frozenset(heard.calls))


def stamp_of(observed_at: datetime, *, received_at: datetime, recorded: bool) -> datetime:
    """The instant an event counts as of: its own, unless a live feed's clock is more than 5 minutes off ours."""
    if recorded or abs(received_at - observed_at) <= CLOCK_SKEW_ALLOWED:
        return observed_at
    return received_at


def overlaid(event: Event, price: StampedTick) -> Event:
    """The last event of a token seen with a newer price: what a `recheck always` filter judges at a tick."""
    tick = price.tick
    named = EventId(f"{tick.token}@{tick.observed_at.isoformat()}")
    heard = replace(event.heard, id=named, observed_at=tick.observed_at, market={**event.heard.market, **tick.market})
    return Event(heard=heard, at=price.at, settings_seq=price.settings_seq, received_at=price.received_at)
