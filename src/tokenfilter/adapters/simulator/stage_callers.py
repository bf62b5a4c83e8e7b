"""Channels that call on stage: enough of them, each with statistics that a channel rule wants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tokenfilter.adapters.simulator.stage_numbers import CannotBeError, Span
from tokenfilter.domain.call import CALLS_KEPT_FOR, Call
from tokenfilter.domain.channel import ChannelStats, win_lower_bound
from tokenfilter.domain.filter import ChannelRule, Criteria, Range, Unknown
from tokenfilter.domain.ids import ChannelId, parse_channel
from tokenfilter.domain.numbers import rounded

_GREEK = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima")
_USUAL = {
    "win": Decimal(64),
    "hit": Decimal(58),
    "gain": Decimal(180),
    "median": Decimal("2.3"),
    "best": Decimal(24),
    "record": Decimal(80),
    "perday": Decimal(12),
    "streak": Decimal(3),
    "orig": Decimal(75),
    "subs": Decimal(12_000),
}
_RECORDS = tuple(Decimal(n) for n in (10, 25, 80, 250, 1_000, 10_000, 1_000_000, 1, 2, 5))
_MOST_CALLERS = 200
_BISECTIONS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a call says the token was worth; None is not said."""

    market_cap_usd: Decimal | None
    fdv_usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who calls: those that need not qualify first, then those that do, with the statistics to be told of them."""

    extras: tuple[ChannelId, ...]
    qualifying: tuple[ChannelId, ...]
    values: Mapping[str, Decimal]

    def stats(self, as_of: datetime) -> tuple[ChannelStats, ...]:
        """The lines to be told before the call."""
        return tuple(ChannelStats(channel=c, as_of=as_of, values=self.values) for c in self.qualifying)


def cast_callers(criteria: Criteria, *, extras: int, blank: frozenset[str]) -> Callers:
    """Enough channels for a rule and a range over `callers`, and `extras` more.

    Raises:
        CannotBeError: no set of channels can be enough.
    """
    rule = criteria.channel or ChannelRule()
    span = Span.of("callers", criteria.ranges)
    fewest = Decimal(rule.quorum if criteria.channel else min(1, int(span.high))) + extras
    count = int(span.within(fewest, Decimal(_MOST_CALLERS), "callers").pick(fewest))
    needed = rule.quorum if criteria.channel else count
    qualifying = _names(rule, needed)
    spare = ChannelRule(exclude=rule.only | rule.exclude | frozenset(qualifying))
    return Callers(
        extras=_names(spare, count - needed) if count > needed else (),
        qualifying=qualifying,
        values=_statistics(rule.ranges, blank),
    )


def called(callers: Callers, *, at: datetime, since: timedelta, window: timedelta, size: Size) -> tuple[Call, ...]:
    """Their calls, the earliest `since` before `at`, the last of them by a channel that qualifies.

    Who called too long ago to count calls again just now.
    """
    names = (*callers.extras, *callers.qualifying)
    lately = min(since, window / 2, timedelta(seconds=2 * len(names)))
    calls = []
    for place, name in enumerate(names):
        ago = since if place == 0 else lately * (len(names) - place) / len(names)
        calls.append(_call(name, at - ago, size))
        if ago >= min(window, CALLS_KEPT_FOR):
            calls.append(_call(name, at - lately, size))
    return tuple(calls)


def _call(name: ChannelId, called_at: datetime, size: Size) -> Call:
    url = f"https://t.me/{name.removeprefix('@')}/{int(called_at.timestamp()) % 100_000}"
    return Call(
        channel=name,
        called_at=called_at,
        market_cap_usd=size.market_cap_usd,
        fdv_usd=size.fdv_usd,
        message_url=url,
    )


def _names(rule: ChannelRule, count: int) -> tuple[ChannelId, ...]:
    source = iter(sorted(rule.only - rule.exclude)) if rule.only else _stage_names(rule)
    names = tuple(name for name, _ in zip(source, range(count), strict=False))
    if len(names) < count:
        raise CannotBeError(f"the filter wants {count} channels but allows only {len(names)}")
    return names


def _stage_names(rule: ChannelRule) -> Iterator[ChannelId]:
    listed = (parse_channel(f"@stage_{word}") for word in _GREEK)
    numbered = (parse_channel(f"@stage_{n}") for n in range(1, _MOST_CALLERS + 600))
    return (name for names in (listed, numbered) for name in names if name not in rule.exclude)


def _statistics(ranges: Sequence[Range], blank: frozenset[str]) -> dict[str, Decimal]:
    values = {
        name: Span.of(name, ranges).pick(usual) for name, usual in _USUAL.items() if f"channel {name}" not in blank
    }
    bound = next((r for r in ranges if r.metric == "winlow"), None)
    if bound is not None and not ("channel winlow" in blank and bound.unknown is Unknown.PASS):
        values |= _proven(ranges)
    elif "channel winlow" in blank:
        values.pop("win", None)
    return values


def _proven(ranges: Sequence[Range]) -> dict[str, Decimal]:
    """A win rate and a record whose lower bound lies where it should."""
    target = Span.of("winlow", ranges)
    wins = Span.of("win", ranges).within(Decimal(0), Decimal(100), "win")
    records = Span.of("record", ranges).within(Decimal(1), Decimal(10**12), "record")
    for record in (records.pick(_USUAL["record"]), *_RECORDS, records.pick(Decimal(0)), records.pick(records.high)):
        if records.low <= record <= records.high:
            win = _win_for(target, wins, record)
            if win is not None:
                return {"win": win, "record": record}
    raise CannotBeError("winlow: no win rate and record in range have such a lower bound")


def _win_for(target: Span, wins: Span, record: Decimal) -> Decimal | None:
    """The win rate, by halving: the bound rises with it."""
    low, high = wins.low, wins.high
    win = wins.pick(_USUAL["win"])
    for _ in range(_BISECTIONS):
        bound = win_lower_bound({"win": win, "record": record})
        if bound is None or target.low <= bound <= target.high:
            return None if bound is None else win
        low, high = (win, high) if bound < target.low else (low, win)
        win = rounded((low + high) / 2)
    edges = {edge: win_lower_bound({"win": edge, "record": record}) for edge in (wins.low, wins.high)}
    return next((e for e, b in edges.items() if b is not None and target.low <= b <= target.high), None)
