"""What is known when judging: an event's values, its calls, the callers' statistics, and what follows from them.

One `Evidence` serves every filter that judges the event, so each derived value is computed once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tokenfilter.domain.call import KeptCall
from tokenfilter.domain.channel import CHANNEL_METRICS, ChannelStats
from tokenfilter.domain.event import Event
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.market import FLAGS, METRICS, Scope
from tokenfilter.domain.numbers import ratio, rounded

_TOKEN_METRICS = frozenset(m.name for m in METRICS.values() if m.scope is Scope.TOKEN)
_ALL_STATISTICS = frozenset(CHANNEL_METRICS)
FLAG_KEYS = {name: f"flag:{name}" for name in FLAGS}
"""Flags' names where they stand beside metrics' names: `telegram` could be either one day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An event as judging sees it.

    `values` holds every token metric that is known, by name. `missing` names the metrics that are not, and as
    `flag:<name>` the flags; `missing_stats` holds each calling channel's unknown statistics.
    """

    event: Event
    calls: tuple[KeptCall, ...]
    stats: Mapping[ChannelId, ChannelStats]
    values: Mapping[str, Decimal] = field(repr=False)
    missing: frozenset[str] = field(repr=False)
    missing_stats: Mapping[ChannelId, frozenset[str]] = field(repr=False)

    @property
    def at(self) -> datetime:
        """The instant the event counts as of."""
        return self.event.at

    def flag(self, name: str) -> bool | None:
        """The flag, None while unknown."""
        return self.event.heard.flags.get(name)

    def statistic(self, channel: ChannelId, metric: str) -> Decimal | None:
        """A channel's statistic, None while unknown."""
        stats = self.stats.get(channel)
        return stats.value(metric) if stats else None


def gather(event: Event, calls: tuple[KeptCall, ...], stats: Mapping[ChannelId, ChannelStats]) -> Evidence:
    """Put together what is known of an event whose kept calls are `calls` and whose callers have `stats` as of it."""
    market = event.heard.market
    derived = {
        "age": _age(event),
        "liqpct": _percent_of(market.get("liq"), market.get("mcap")),
        "callers": Decimal(len(calls)) if calls else Decimal(0),
        "mcap_at_call": calls[0].first.market_cap_usd if calls else None,
        "fdv_at_call": calls[0].first.fdv_usd if calls else None,
        "rise": _rise(market, calls),
        "since": _seconds(event.at, calls[0].first.called_at) if calls else None,
    }
    values = {**market, **{name: value for name, value in derived.items() if value is not None}}
    missing = (_TOKEN_METRICS - values.keys()) | {FLAG_KEYS[name] for name in FLAGS.keys() - event.heard.flags.keys()}
    return Evidence(
        event=event,
        calls=calls,
        stats=stats,
        values=values,
        missing=missing,
        missing_stats=_missing_stats(calls, stats),
    )


def _missing_stats(
    calls: tuple[KeptCall, ...], stats: Mapping[ChannelId, ChannelStats]
) -> dict[ChannelId, frozenset[str]]:
    missing = {c.channel: stats[c.channel].missing() if c.channel in stats else _ALL_STATISTICS for c in calls}
    return {channel: names for channel, names in missing.items() if names}


def _age(event: Event) -> Decimal | None:
    created = event.heard.facts.created_at
    return _seconds(event.at, created) if created else None


def _seconds(later: datetime, earlier: datetime) -> Decimal:
    """Seconds between, never negative: a feed's clock may run ahead of ours by a little."""
    span = later - earlier
    exact = Decimal(span.days * 86_400 + span.seconds) + Decimal(span.microseconds).scaleb(-6)
    return max(Decimal(0), rounded(exact))


def _percent_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    share = ratio(part, whole) if part is not None and whole is not None else None
    return None if share is None else rounded(share * 100)


def _rise(market: Mapping[str, Decimal], calls: tuple[KeptCall, ...]) -> Decimal | None:
    """Percent since the earliest kept call, on the first basis known at both ends: FDV, else market cap."""
    if not calls:
        return None
    first = calls[0].first
    for now, then in ((market.get("fdv"), first.fdv_usd), (market.get("mcap"), first.market_cap_usd)):
        if now is not None and then is not None:
            multiple = ratio(now, then)
            return None if multiple is None else rounded((multiple - 1) * 100)
    return None
