"""Strategies for what happens over time: prices of a token, and the events of a few tokens as a feed tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from hypothesis import strategies as st

from tokenfilter.domain.call import KeptCall, merge_calls
from tokenfilter.domain.channel import ChannelStats, latest_as_of
from tokenfilter.domain.event import Event, Heard, Tick
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.ids import ChannelId, EventId, Token
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing.strategies.choices import below, several, some
from tokenfilter.testing.strategies.facts import TICK_METRICS, calls, channel_stats, flags, markets, token_facts
from tokenfilter.testing.strategies.names import EPOCH, channels, instants, tokens

_STEPS = st.sampled_from(
    (
        timedelta(0),
        timedelta(seconds=1),
        timedelta(seconds=30),
        timedelta(minutes=10),
        timedelta(minutes=59, seconds=59),
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=23),
        timedelta(days=1),
        timedelta(days=13, hours=23),
        timedelta(days=14),
        timedelta(days=15),
    )
)
_DELAYS = st.sampled_from((timedelta(0),) * 4 + (timedelta(seconds=5), timedelta(minutes=4), timedelta(minutes=5)))
_NEWS = st.sampled_from(("prices", "nothing", "flags", "facts", "prices and flags", "other prices"))
_FACTORS = st.sampled_from([Decimal(factor) for factor in ("1", "1.02", "1.5", "2", "3", "10", "0.9", "0.5", "0.05")])
_PAUSES_MS = st.sampled_from((1, 500, 2_000, 10_000, 300_000, 3_600_000))
_TOLD = some(TICK_METRICS, 4)

_Arrived = tuple[datetime, Heard]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Events in the order in which they came, and the channels' statistics lines that hold meanwhile, in any order."""

    events: tuple[Event, ...]
    stats: tuple[ChannelStats, ...]

    def stats_as_of(self, at: datetime) -> Mapping[ChannelId, ChannelStats]:
        """Each channel's statistics as of an instant; channels without any are left out."""
        named = {line.channel for line in self.stats}
        latest = (latest_as_of((line for line in self.stats if line.channel == channel), at) for channel in named)
        return {line.channel: line for line in latest if line}

    def evidence(self) -> tuple[Evidence, ...]:
        """What is known at each event in turn, calls kept from event to event as the matcher keeps them."""
        kept: dict[Token, tuple[KeptCall, ...]] = {}
        found = []
        for event in self.events:
            kept[event.token] = merge_calls(kept.get(event.token, ()), event.heard.calls, at=event.at)
            found.append(gather(event, kept[event.token], self.stats_as_of(event.at)))
        return tuple(found)


@st.composite
def price_paths(draw: st.DrawFn, token: Token | None = None, *, max_size: int = 20) -> tuple[Tick, ...]:
    """Prices of one token in order of time: pumps, rugs, dips and wicks; every metric is known at some ticks only.

    Market cap and FDV move with the price, as a fixed supply makes them.
    """
    about = token or draw(tokens())
    supply = Decimal(draw(st.sampled_from((10**6, 10**9, 10**12))))
    price = rounded(Decimal(draw(st.integers(1, 10**6))).scaleb(-8))
    at = draw(instants())
    path = []
    for _ in range(1 + draw(below(max_size))):
        whole = {"price": price, "mcap": price * supply, "fdv": price * supply * 2, "liq": price * supply / 10}
        told = draw(_TOLD) or ["price"]
        path.append(Tick(token=about, observed_at=at, market={name: rounded(whole[name]) for name in told}))
        at += timedelta(milliseconds=draw(_PAUSES_MS))
        price = max(Decimal("1e-9"), rounded(price * draw(_FACTORS)))
    return tuple(path)


@st.composite
def histories(draw: st.DrawFn, *, max_tokens: int = 3, max_events: int = 10) -> History:
    """What a feed tells of a few tokens: channels join in, call again, facts come late, some lines twice or too late.

    Calls come either one by one or all that are known together. Steps between events reach from nothing to beyond an
    hour and 14 days, both to the second. An event comes at most 5 minutes after a later one.
    """
    about = list(dict.fromkeys(draw(several(tokens(), max_tokens, least=1))))
    callers = list(dict.fromkeys(draw(several(channels(), 4, least=1))))
    whom, by_whom, together = st.sampled_from(about), st.sampled_from((None, *callers)), draw(st.booleans())
    now, told, last = EPOCH, list[_Arrived](), dict[Token, Heard]()
    for number in range(1 + draw(below(max_events))):
        now += draw(_STEPS)
        token = draw(whom)
        before = last.get(token) or Heard(token=token, observed_at=now, id=EventId("none"), facts=draw(token_facts()))
        last[token] = draw(_next(before, EventId(f"event-{number}"), now, draw(by_whom), together=together))
        told.append((now + draw(_DELAYS), last[token]))
        if draw(st.integers(0, 3)) == 0:
            told.append((now + draw(_DELAYS), last[token]))
    lines = st.sampled_from(callers).flatmap(channel_stats)
    stats = [replace(line, as_of=draw(instants(earliest=EPOCH, latest=now))) for line in draw(several(lines, 4))]
    told.sort(key=itemgetter(0))
    return History(events=tuple(_stamped(arrived) for arrived in told), stats=tuple(stats))


@st.composite
def _next(
    draw: st.DrawFn, before: Heard, name: EventId, now: datetime, caller: ChannelId | None, *, together: bool
) -> Heard:
    """What is told of a token next: a call more or none, other prices, facts and flags that were missing before."""
    new = () if caller is None else (draw(calls(channel=caller, at=now, look_back=timedelta(minutes=3))),)
    news = draw(_NEWS)
    market = draw(markets()) if "prices" in news else {}
    return replace(
        before,
        id=name,
        observed_at=now,
        facts=draw(token_facts(latest=now)) if news == "facts" else before.facts,
        market=market if news == "other prices" else {**before.market, **market},
        flags={**before.flags, **draw(flags())} if "flags" in news else before.flags,
        calls=before.calls + new if together else new,
    )


def _stamped(arrived: _Arrived) -> Event:
    received_at, heard = arrived
    return Event(heard=heard, at=heard.observed_at, settings_seq=0, received_at=received_at)
