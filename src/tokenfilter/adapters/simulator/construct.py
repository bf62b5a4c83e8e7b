"""A token with a call that satisfies given criteria, made by reading them.

Nothing is taken for granted of the result: whoever uses it asks the rule that live matching uses (stage.py does).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from tokenfilter.adapters.simulator import stage_tokens
from tokenfilter.adapters.simulator.sampling import usd
from tokenfilter.adapters.simulator.stage_callers import Size, called, cast_callers
from tokenfilter.adapters.simulator.stage_numbers import CannotBeError, Span, part_and_whole
from tokenfilter.domain.call import CALLS_KEPT_FOR, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, TokenFacts
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.filter import Criteria, Unknown
from tokenfilter.domain.ids import EventId
from tokenfilter.domain.market import FLAGS, METRICS, Scope, Source

_HUNDRED = Decimal(100)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier instants are refused when a line is read (domain/feed_fields.py)."""

_LONGEST_S = Decimal(200 * 366 * 86_400)
_NEVER_UNKNOWN = frozenset({"chain", "token", "callers", "since"})
_UNSAFE = frozenset({"honeypot", "cto"})
_USUAL = {
    "vol5m": 9_000, "vol1h": 61_000, "vol6h": 84_000, "vol24h": 84_000,
    "chg5m": 6, "chg1h": 41, "chg6h": 120, "chg24h": 120,
    "buys5m": 70, "sells5m": 48, "buys1h": 410, "sells1h": 330, "txns1h": 740, "buyers1h": 260,
    "holders": 420, "top1": 4, "top10": 21, "dev": 1, "snipers": 5, "bundlers": 6, "insiders": 3, "fresh": 18,
    "lpburned": 100, "bonding": 100, "risk": 22, "tax": 0, "offpeak": 7,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of a token besides its criteria.

    `extras` channels call before those that qualify; `blank` facts are left out; `name` is (symbol, name).
    """

    extras: int = 0
    blank: frozenset[str] = field(default_factory=frozenset)
    name: tuple[str, str] | None = None
    called_ago_s: Decimal = Decimal(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """An event and the statistics of its callers, to be told before it."""

    heard: Heard
    stats: tuple[ChannelStats, ...]


def evidence_of(heard: Heard, stats: Iterable[ChannelStats]) -> Evidence:
    """What judging sees of an event that comes first for its token."""
    event = Event(heard=heard, at=heard.observed_at, settings_seq=0, received_at=heard.observed_at)
    calls = merge_calls((), heard.calls, at=heard.observed_at)
    return gather(event, calls, {s.channel: s for s in stats})


def construct(criteria: Criteria, wish: Wish, *, at: datetime, random: Random) -> Staged:
    """Make a token that satisfies the criteria at an instant.

    Where facts that may be unknown stand in the way, they are left unknown.

    Raises:
        CannotBeError: no token can, as far as we can see.
    """
    try:
        return _construct(criteria, wish, at=at, random=random)
    except CannotBeError:
        tolerated = _tolerated(criteria)
        if not tolerated - wish.blank:
            raise
    fewer = replace(wish, blank=wish.blank | tolerated)
    return _construct(_without(criteria, tolerated), fewer, at=at, random=random)


def _construct(criteria: Criteria, wish: Wish, *, at: datetime, random: Random) -> Staged:
    blank = wish.blank
    token = stage_tokens.fresh_token(criteria, random)
    symbol, name = (None, None) if "word" in blank else stage_tokens.named(criteria, random, wish.name)
    age = Span.of("age", criteria.ranges).pick(Decimal(random.randint(240, 900)))
    since = Span.of("since", criteria.ranges).pick(min(wish.called_ago_s, age / 2))
    callers = cast_callers(criteria, extras=wish.extras, blank=blank)
    market, size = _market(criteria, blank, random)
    window = criteria.channel.window if criteria.channel else CALLS_KEPT_FOR
    heard = Heard(
        token=token,
        observed_at=at,
        id=EventId(f"stage-{random.getrandbits(64):016x}"),
        facts=TokenFacts(
            symbol=symbol,
            name=name,
            created_at=None if "age" in blank else _before(at, age),
            dex=None if "dex" in blank else stage_tokens.exchange(criteria, token.chain),
            launchpad=None if "launchpad" in blank else stage_tokens.launchpad(criteria, token.chain),
        ),
        market=market,
        flags=_flags(criteria, blank),
        calls=called(callers, at=at, since=at - _before(at, since), window=window, size=size),
    )
    return Staged(heard=heard, stats=callers.stats(at))


def _market(criteria: Criteria, blank: frozenset[str], random: Random) -> tuple[dict[str, Decimal], Size]:
    ranges = criteria.ranges
    share = Span.of("liqpct", ranges)
    rise = Span.of("rise", ranges)
    usual_size = usd(random.uniform(62_000, 110_000))
    liq, mcap = part_and_whole(
        part=Span.of("liq", ranges),
        whole=Span.of("mcap", ranges),
        ratio=Span(low=share.low / _HUNDRED, high=share.high / _HUNDRED),
        usual=(usd(random.uniform(26_000, 34_000)), usual_size),
        about="liqpct",
    )
    fdv, fdv_then = part_and_whole(
        part=Span.of("fdv", ranges),
        whole=Span.of("fdv_at_call", ranges),
        ratio=Span(low=1 + rise.low / _HUNDRED, high=1 + rise.high / _HUNDRED),
        usual=(mcap, usd(float(mcap) / 1.04)),
        about="rise",
    )
    mcap_then = Span.of("mcap_at_call", ranges).pick(usd(float(mcap) / 1.04))
    chosen = {"mcap": mcap, "liq": liq, "fdv": fdv, "price": Span.of("price", ranges).pick(mcap.scaleb(-9))}
    for metric in METRICS.values():
        if metric.scope is Scope.TOKEN and metric.source is Source.FEED and metric.name not in chosen:
            chosen[metric.name] = Span.of(metric.name, ranges).pick(Decimal(_USUAL[metric.name]))
    size = Size(
        market_cap_usd=None if blank & {"mcap_at_call", "rise"} else mcap_then,
        fdv_usd=None if blank & {"fdv_at_call", "rise"} else fdv_then,
    )
    if "liqpct" in blank:
        blank |= {"mcap" if any(r.metric == "liq" for r in ranges) else "liq"}
    return {name: value for name, value in chosen.items() if name not in blank}, size


def _flags(criteria: Criteria, blank: frozenset[str]) -> dict[str, bool]:
    flags = {name: name not in _UNSAFE for name in FLAGS} | {f.flag: f.wanted for f in criteria.flags}
    return {name: value for name, value in flags.items() if name not in blank}


def _before(at: datetime, seconds: Decimal) -> datetime:
    ago = timedelta(microseconds=int(min(seconds, _LONGEST_S).scaleb(6).to_integral_value()))
    if at - ago < _EARLIEST:
        raise CannotBeError(f"no feed tells of anything before {_EARLIEST.year}")
    return at - ago


def _tolerated(criteria: Criteria) -> frozenset[str]:
    """Facts whose absence the criteria let pass; some are never absent."""
    told = (
        *((r.metric, r.unknown) for r in criteria.ranges),
        *((f.flag, f.unknown) for f in criteria.flags),
        *((s.field, s.unknown) for s in criteria.sets),
        *((f"channel {r.metric}", r.unknown) for r in (criteria.channel.ranges if criteria.channel else ())),
    )
    return frozenset(name for name, unknown in told if unknown is Unknown.PASS) - _NEVER_UNKNOWN


def _without(criteria: Criteria, names: frozenset[str]) -> Criteria:
    return replace(
        criteria,
        ranges=tuple(r for r in criteria.ranges if r.metric not in names),
        flags=tuple(f for f in criteria.flags if f.flag not in names),
        sets=tuple(s for s in criteria.sets if s.field not in names),
    )
