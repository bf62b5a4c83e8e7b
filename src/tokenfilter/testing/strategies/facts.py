"""Strategies for what a feed says: numbers, flags, calls, events, prices, channels' statistics."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from hypothesis import strategies as st

from tokenfilter.domain.call import Call, merge_calls
from tokenfilter.domain.channel import CHANNEL_METRICS, ChannelStats
from tokenfilter.domain.event import Event, FeedLine, Heard, Tick, TokenFacts
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.ids import ChannelId, EventId, Token
from tokenfilter.domain.market import FLAGS, METRICS, Scope, Source
from tokenfilter.testing.strategies.choices import below, several, some, three_valued, values
from tokenfilter.testing.strategies.names import EPOCH, channels, hostile_text, instants, spans, tokens

TOKEN_METRICS = tuple(m.name for m in METRICS.values() if m.scope is Scope.TOKEN)
FEED_METRICS = tuple(m.name for m in METRICS.values() if m.scope is Scope.TOKEN and m.source is Source.FEED)
FEED_STATISTICS = tuple(name for name in CHANNEL_METRICS if METRICS[name].source is Source.FEED)
TICK_METRICS = ("price", "mcap", "fdv", "liq")
_OFTEN_KNOWN = ("mcap", "fdv", "liq", "price", "holders", "top10")
_SYMBOLS = st.sampled_from((None, "LAMB", "inu", "PEPE")) | hostile_text(max_size=16)
_NAMES = st.sampled_from((None, "Lamb Coin", "Shiba Inu")) | hostile_text()
_ANY_TIME = instants()
_STATS_AGES = spans(timedelta(days=14))
_VENUES = st.sampled_from(
    ((None, None), ("pumpswap", "pump.fun"), ("raydium", None), ("Meteora", "Bonk"), (None, "four.meme"))
)
_TOKEN_AGES = st.one_of(
    st.none(),
    st.sampled_from((timedelta(0), timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=30))),
    spans(timedelta(days=3)),
)


@st.composite
def markets(draw: st.DrawFn, names: tuple[str, ...] = FEED_METRICS) -> dict[str, Decimal]:
    """Some metrics with values, now and then all; those that most feeds know are known more often."""
    often, seldom = _by_frequency(names)
    known = names if draw(below(12)) == 11 else (*draw(often), *draw(seldom))
    return {name: draw(values(name)) for name in known}


@cache
def _by_frequency(names: tuple[str, ...]) -> tuple[st.SearchStrategy[list[str]], st.SearchStrategy[list[str]]]:
    often = [name for name in names if name in _OFTEN_KNOWN]
    return some(often, 5), some([name for name in names if name not in often], 2)


@st.composite
def token_facts(draw: st.DrawFn, *, latest: datetime | None = None) -> TokenFacts:
    """What is fixed about a token: names may be hostile, any may be missing; created up to 3 days before `latest`."""
    end, ago = latest or EPOCH + timedelta(days=30), draw(_TOKEN_AGES)
    dex, launchpad = draw(_VENUES)
    return TokenFacts(
        symbol=draw(_SYMBOLS),
        name=draw(_NAMES),
        created_at=None if ago is None else end - ago,
        dex=dex,
        launchpad=launchpad,
    )


def flags() -> st.SearchStrategy[dict[str, bool]]:
    """Some flags; those left out are unknown."""
    return three_valued(tuple(FLAGS))


@st.composite
def calls(
    draw: st.DrawFn,
    *,
    channel: ChannelId | None = None,
    at: datetime | None = None,
    look_back: timedelta = timedelta(hours=25),
) -> Call:
    """Calls, up to `look_back` before `at` where it is given; a few a little later than `at`."""
    called_at = draw(_ANY_TIME) if at is None else at - draw(_call_ages(look_back))
    known = draw(below(8))
    return Call(
        channel=channel or draw(channels()),
        called_at=called_at,
        market_cap_usd=draw(values("mcap")) if known & 1 else None,
        fdv_usd=draw(values("fdv")) if known & 2 else None,
        message_url=f"https://t.me/alpha/{draw(st.integers(1, 9))}" if known & 4 else None,
    )


@cache
def _call_ages(longest: timedelta) -> st.SearchStrategy[timedelta]:
    """How long ago a call was: just now, ahead of our clock, about to leave the look-back, just out of it, or any."""
    day = timedelta(hours=24)
    edges = (timedelta(0), -timedelta(minutes=2), day - timedelta(microseconds=1), day)
    return spans(longest) | st.sampled_from([age for age in edges if age <= longest])


@st.composite
def heard(draw: st.DrawFn, token: Token | None = None, *, at: datetime | None = None, max_calls: int = 5) -> Heard:
    """What a feed says of a token (at `at`, where given), before ingest stamped it."""
    about = token or draw(tokens())
    observed_at = at or draw(_ANY_TIME)
    named = draw(st.integers(0, 10**6))
    return Heard(
        token=about,
        observed_at=observed_at,
        id=EventId(f"{about}@{observed_at.isoformat()}" if named == 0 else f"event-{named}"),
        facts=draw(token_facts(latest=observed_at + timedelta(minutes=1))),
        market=draw(markets()),
        flags=draw(flags()),
        calls=tuple(draw(several(calls(at=observed_at), max_calls))),
    )


@st.composite
def events(draw: st.DrawFn, token: Token | None = None, *, at: datetime | None = None, max_calls: int = 5) -> Event:
    """Stamped events: sensible and nasty values, missing ones, calls known or not.

    Most count as of their own time; some as of the time of receipt, as where a feed's clock is off.
    """
    told = draw(heard(token, at=at, max_calls=max_calls))
    drift = timedelta(0) if at else draw(st.sampled_from((timedelta(0),) * 4 + (timedelta(minutes=6),)))
    delay = timedelta(milliseconds=draw(st.integers(0, 2_000)))
    return Event(
        heard=told,
        at=told.observed_at + drift,
        settings_seq=draw(st.integers(0, 1_000)),
        received_at=told.observed_at + drift + delay,
    )


@st.composite
def ticks(draw: st.DrawFn, token: Token | None = None, *, at: datetime | None = None) -> Tick:
    """Prices, with as many of the four metrics as the feed happens to know."""
    return Tick(token=token or draw(tokens()), observed_at=at or draw(_ANY_TIME), market=draw(markets(TICK_METRICS)))


@st.composite
def channel_stats(draw: st.DrawFn, channel: ChannelId | None = None, *, latest: datetime | None = None) -> ChannelStats:
    """A channel's statistics, any of them missing, as of up to a fortnight before `latest` where it is given."""
    as_of = draw(_ANY_TIME) if latest is None else latest - draw(_STATS_AGES)
    known = list(FEED_STATISTICS) if draw(below(8)) == 7 else draw(some(FEED_STATISTICS, 4))
    return ChannelStats(
        channel=channel or draw(channels()),
        as_of=as_of,
        values={name: draw(values(name)) for name in known},
    )


@st.composite
def stats_of(draw: st.DrawFn, event: Event) -> Mapping[ChannelId, ChannelStats]:
    """Statistics as of an event, by channel, for some of the channels that called its token."""
    callers = sorted({call.channel for call in event.heard.calls})
    return {c: draw(channel_stats(c, latest=event.at)) for c in draw(some(callers, len(callers)))}


@st.composite
def evidence(draw: st.DrawFn, token: Token | None = None, *, at: datetime | None = None) -> Evidence:
    """Everything known at the moment of judging an event, its calls kept as the matcher keeps them."""
    event = draw(events(token, at=at))
    return gather(event, merge_calls((), event.heard.calls, at=event.at), draw(stats_of(event)))


def feed_lines() -> st.SearchStrategy[FeedLine]:
    """Anything a feed can say."""
    return st.one_of(heard(), ticks(), channel_stats())
