"""What a well-informed feed knows of a coin at an instant: every metric and flag, consistent with its price path."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tokenfilter.adapters.simulator import figures
from tokenfilter.adapters.simulator.launches import Coin
from tokenfilter.adapters.simulator.sampling import number, percent, usd, whole

SUPPLY_DIGITS = 9
"""Launchpads mint a thousand million tokens, all of them in circulation."""

LEFT_AFTER_RUG = 0.1
"""Share of the liquidity that stays when it is pulled."""

_HOUR = 3_600.0
_SPANS = {"5m": 300.0, "1h": _HOUR, "6h": 6 * _HOUR, "24h": 24 * _HOUR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A coin `age` seconds after its launch; sizes in USD, `peak` the highest market cap so far."""

    coin: Coin
    age: float
    mcap: float
    peak: float
    graduated: bool
    liquidity: float

    @property
    def flags(self) -> Mapping[str, bool]:
        """Every flag that is known."""
        return {**self.coin.traits.flags, "graduated": self.graduated}

    def price(self) -> dict[str, Decimal]:
        """What a price tick carries."""
        return _prices(self.mcap) | {"liq": usd(self.liquidity)}

    def market(self) -> dict[str, Decimal]:
        """Every market metric a feed tells, by catalogue name."""
        coin, traits = self.coin, self.coin.traits
        crowd = 26 * traits.crowd * math.sqrt(self.peak / 1_000) * (1 + math.log10(1 + self.age / 600))
        changes = self._changes()
        values = {
            **self.price(),
            **{f"chg{w}": percent(100 * (change - 1)) for w, change in changes.items()},
            **_trades(self, changes["5m"]),
            **traits.metrics,
            "holders": whole(crowd + 3),
            "offpeak": percent(100 * (1 - self.mcap / self.peak)),
        }
        if coin.facts.launchpad:
            values["bonding"] = percent(_bonding(self))
        if "buyers1h" in traits.never_known:
            del values["buyers1h"]
        return values

    def _changes(self) -> dict[str, float]:
        """Market cap now over that a while ago, or at the launch where that is later."""
        path, age = self.coin.path, self.age
        since_launch = self.mcap / path.launch
        return {w: since_launch if span >= age else self.mcap / path.mcap(age - span) for w, span in _SPANS.items()}


def sight(coin: Coin, age: float) -> Sight:
    """Look at a coin."""
    mcap = coin.path.mcap(age)
    peak = max(coin.path.peak_before(age), mcap)
    graduated = coin.facts.launchpad is None or peak >= figures.GRADUATION_MCAP
    if graduated:
        full = 2 * figures.GRADUATION_SOL * figures.SOL_USD * math.sqrt(mcap / figures.GRADUATION_MCAP)
        liquidity = full * coin.traits.liquidity
    else:
        liquidity = 2 * _real_sol(mcap) * figures.SOL_USD
    if coin.path.is_rugged_at(age):
        liquidity *= LEFT_AFTER_RUG
    return Sight(coin=coin, age=age, mcap=mcap, peak=peak, graduated=graduated, liquidity=liquidity)


def dust(coin: Coin, age: float, *, factor: float) -> dict[str, Decimal]:
    """An absurd price at next to no liquidity, such as one dust swap in an empty pool makes."""
    return _prices(coin.path.mcap(age) * factor) | {"liq": number(5 + 100 / factor)}


def _prices(mcap: float) -> dict[str, Decimal]:
    size = usd(mcap)
    return {"price": size.scaleb(-SUPPLY_DIGITS), "mcap": size, "fdv": size}


def _real_sol(mcap: float) -> float:
    """SOL paid into the bonding curve at a market cap: the price goes with the square of the reserves."""
    return figures.LAUNCH_SOL * max(math.sqrt(mcap / figures.LAUNCH_MCAP) - 1, 0.02)


def _bonding(seen: Sight) -> float:
    return 100.0 if seen.graduated else min(99.9, 100 * _real_sol(seen.mcap) / figures.GRADUATION_SOL)


def _hours_traded(span: float) -> float:
    """The hours in a span; longer spans hold a little more, for they reach back to busier times."""
    return span / _HOUR * (1 + math.log1p(span / (4 * _HOUR)) / 2)


_HOURS = {w: _hours_traded(span) for w, span in _SPANS.items()}


def _trades(seen: Sight, change: float) -> dict[str, Decimal]:
    """Volumes and trades; busiest after launch, a short window never above a longer one; buys lean with the price."""
    traits, age = seen.coin.traits, max(seen.age, 1.0)
    hourly = seen.liquidity * 2.2 * traits.turnover / (1 + age / (8 * _HOUR)) * (3.0 if age < _HOUR else 1.0)
    since_launch = hourly * _hours_traded(age)
    volumes = {w: since_launch if span >= age else hourly * _HOURS[w] for w, span in _SPANS.items()}
    lean = min(max(0.5 + 0.22 * math.log(max(change, 1e-6)), 0.12), 0.9)
    trades5m, trades1h = volumes["5m"] / traits.trade_usd, volumes["1h"] / traits.trade_usd
    buys5m, sells5m = int(trades5m * lean), int(trades5m * (1 - lean))
    buys1h = max(int(trades1h * (0.5 + (lean - 0.5) * 0.4)), buys5m)
    sells1h = max(int(trades1h) - buys1h, sells5m)
    return {f"vol{w}": usd(value) for w, value in volumes.items()} | {
        "buys5m": whole(buys5m),
        "sells5m": whole(sells5m),
        "buys1h": whole(buys1h),
        "sells1h": whole(sells1h),
        "txns1h": whole(buys1h + sells1h),
        "buyers1h": whole(buys1h * min(0.85, 0.55 * traits.crowd)),
    }
