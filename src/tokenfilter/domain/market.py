"""The one catalogue of what can be known about a token or a channel: metrics (numbers with a unit) and flags.

Menus, the text form of filters, index columns, explanations and documentation are all derived from it (FORMATS 2).
How a derived metric is computed stands in evidence.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Unit(StrEnum):
    """What a metric's number counts."""

    USD = "usd"
    PERCENT = "percent"
    COUNT = "count"
    SECONDS = "seconds"
    MULTIPLE = "multiple"
    SCORE = "score"


class Scope(StrEnum):
    """Whose fact it is."""

    TOKEN = "token"
    CHANNEL = "channel"


class Source(StrEnum):
    """Where a metric's number comes from."""

    FEED = "feed"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A numeric market fact.

    `low` and `high` are the sensible range that menus offer, not a limit: a filter may ask for more. `signed` metrics
    may be negative.
    """

    name: str
    label: str
    unit: Unit
    low: Decimal
    high: Decimal
    scope: Scope = Scope.TOKEN
    field: str | None = None
    signed: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """Whether a feed says it or we compute it."""
        return Source.FEED if self.field else Source.DERIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A fact that is so, is not so, or is unknown; `yes` and `no` are its two words in the text form."""

    name: str
    label: str
    field: str
    yes: str = "yes"
    no: str = "no"


def _metric(name: str, label: str, unit: Unit, low: str, high: str, field: str | None, **more: object) -> Metric:
    return Metric(name=name, label=label, unit=unit, low=Decimal(low), high=Decimal(high), field=field, **more)  # type: ignore[arg-type]


def _windows(
    stem: str, label: str, unit: Unit, low: str, high: str, field: str, windows: Iterable[str], *, signed: bool = False
) -> list[Metric]:
    return [_metric(f"{stem}{w}", f"{label} {w}", unit, low, high, field.format(w), signed=signed) for w in windows]


_ALL = ("5m", "1h", "6h", "24h")
_USD, _PCT, _N, _S, _X, _SCORE = Unit.USD, Unit.PERCENT, Unit.COUNT, Unit.SECONDS, Unit.MULTIPLE, Unit.SCORE
_TOKEN_METRICS = [
    _metric("mcap", "Market cap", _USD, "1000", "100000000", "market_cap_usd"),
    _metric("fdv", "FDV", _USD, "1000", "100000000", "fdv_usd"),
    _metric("liq", "Liquidity", _USD, "500", "5000000", "liquidity_usd"),
    _metric("price", "Price", _USD, "0.000000001", "1000", "price_usd"),
    _metric("age", "Token age", _S, "0", "2592000", None),
    *_windows("vol", "Volume", _USD, "0", "50000000", "volume_{}_usd", _ALL),
    *_windows("chg", "Price change", _PCT, "-100", "1000", "price_change_{}_pct", _ALL, signed=True),
    *_windows("buys", "Buys", _N, "0", "10000", "buys_{}", ("5m", "1h")),
    *_windows("sells", "Sells", _N, "0", "10000", "sells_{}", ("5m", "1h")),
    _metric("txns1h", "Trades 1h", _N, "0", "20000", "txns_1h"),
    _metric("buyers1h", "Buyers 1h", _N, "0", "10000", "buyers_1h"),
    _metric("holders", "Holders", _N, "0", "100000", "holders"),
    _metric("top1", "Top holder", _PCT, "0", "100", "top1_pct"),
    _metric("top10", "Top 10 holders", _PCT, "0", "100", "top10_pct"),
    _metric("dev", "Developer holds", _PCT, "0", "100", "dev_pct"),
    _metric("snipers", "Snipers hold", _PCT, "0", "100", "snipers_pct"),
    _metric("bundlers", "Bundlers hold", _PCT, "0", "100", "bundlers_pct"),
    _metric("insiders", "Insiders hold", _PCT, "0", "100", "insiders_pct"),
    _metric("fresh", "Fresh wallets hold", _PCT, "0", "100", "fresh_wallets_pct"),
    _metric("lpburned", "Liquidity burned", _PCT, "0", "100", "lp_burned_pct"),
    _metric("bonding", "Bonding curve", _PCT, "0", "100", "bonding_pct"),
    _metric("risk", "Risk score", _SCORE, "0", "100", "risk_score"),
    _metric("tax", "Transfer tax", _PCT, "0", "100", "tax_pct"),
    _metric("offpeak", "Below the peak", _PCT, "0", "100", "off_peak_pct"),
    _metric("liqpct", "Liquidity of market cap", _PCT, "0", "100", None),
    _metric("callers", "Calling channels", _N, "1", "20", None, aliases=("channels",)),
    _metric("mcap_at_call", "Market cap at call", _USD, "1000", "100000000", None),
    _metric("fdv_at_call", "FDV at call", _USD, "1000", "100000000", None),
    _metric("rise", "Rise since first call", _PCT, "-100", "1000", None, signed=True),
    _metric("since", "Time since first call", _S, "0", "86400", None),
]
_CHANNEL_METRICS = [
    _metric("win", "Win rate", _PCT, "0", "100", "win_rate_pct", scope=Scope.CHANNEL),
    _metric("hit", "Hit rate", _PCT, "0", "100", "hit_rate_pct", scope=Scope.CHANNEL),
    _metric("gain", "Average gain", _PCT, "-100", "1000", "avg_gain_pct", scope=Scope.CHANNEL, signed=True),
    _metric("median", "Median multiple", _X, "0", "20", "median_multiple", scope=Scope.CHANNEL),
    _metric("best", "Best multiple", _X, "0", "1000", "best_multiple", scope=Scope.CHANNEL),
    _metric("record", "Past calls", _N, "0", "1000", "calls", scope=Scope.CHANNEL, aliases=("calls",)),
    _metric("perday", "Calls a day", _N, "0", "100", "calls_per_day", scope=Scope.CHANNEL),
    _metric("winlow", "Win rate, lower bound", _PCT, "0", "100", None, scope=Scope.CHANNEL),
    _metric("streak", "Wins in a row", _N, "0", "50", "streak", scope=Scope.CHANNEL),
    _metric("orig", "Originality", _PCT, "0", "100", "originality_pct", scope=Scope.CHANNEL),
    _metric("subs", "Subscribers", _N, "0", "1000000", "subscribers", scope=Scope.CHANNEL),
]
_FLAGS = [
    Flag(name="mint", label="Mint authority", field="mint_revoked", yes="revoked", no="active"),
    Flag(name="freeze", label="Freeze authority", field="freeze_revoked", yes="revoked", no="active"),
    Flag(name="lp", label="Liquidity pool", field="lp_burned", yes="burned", no="unburned"),
    Flag(name="socials", label="Any social link", field="has_socials"),
    Flag(name="website", label="Website", field="website"),
    Flag(name="twitter", label="X account", field="twitter"),
    Flag(name="telegram", label="Telegram", field="telegram"),
    Flag(name="graduated", label="Graduated", field="graduated"),
    Flag(name="dexpaid", label="DEX paid", field="dex_paid"),
    Flag(name="cto", label="Community takeover", field="cto"),
    Flag(name="honeypot", label="Honeypot", field="honeypot"),
    Flag(name="renounced", label="Ownership renounced", field="renounced"),
]
METRICS: Mapping[str, Metric] = MappingProxyType({m.name: m for m in (*_TOKEN_METRICS, *_CHANNEL_METRICS)})
"""Every metric by name, in the order in which filters, menus and explanations list them."""

FLAGS: Mapping[str, Flag] = MappingProxyType({f.name: f for f in _FLAGS})
"""Every flag by name, in the same sense."""

METRIC_OF_FIELD: Mapping[tuple[Scope, str], Metric] = MappingProxyType(
    {(m.scope, m.field): m for m in METRICS.values() if m.field}
)
FLAG_OF_FIELD: Mapping[str, Flag] = MappingProxyType({f.field: f for f in FLAGS.values()})
METRIC_OF_WORD: Mapping[str, Metric] = MappingProxyType(
    {word: m for m in METRICS.values() for word in (m.name, *m.aliases)}
)
"""Metrics by name and alias: what a person may write."""
