"""A launched token: what is fixed about it when it is drawn. What it looks like at an instant stands in snapshot.py."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random

from tokenfilter.adapters.simulator import figures
from tokenfilter.adapters.simulator.names import HOSTILE_NAMES, hex_token, solana_token, token_name
from tokenfilter.adapters.simulator.price_path import PricePath, draw_path
from tokenfilter.adapters.simulator.sampling import from_table, percent, whole
from tokenfilter.domain.call import Call
from tokenfilter.domain.event import TokenFacts
from tokenfilter.domain.ids import ChannelId, Token

_ORIGINS = (
    # launchpad, dex after graduation, share
    ("pump.fun", "pumpswap", 0.74),
    ("letsbonk", "raydium", 0.11),
    ("moonshot", "meteora", 0.05),
    (None, "raydium", 0.06),
    (None, "orca", 0.04),
)
_ORIGIN_WEIGHTS = tuple(accumulate(share for *_, share in _ORIGINS))
_NOT_ALWAYS_KNOWN = ("insiders", "bundlers", "snipers", "fresh", "buyers1h", "risk")
_ELSEWHERE = (("bsc", "four.meme", "pancakeswap"), ("bsc", None, "pancakeswap"), ("base", None, "aerodrome"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What does not change about one token: factors around 1, the metrics that stay, and the flags that stay."""

    liquidity: float
    turnover: float
    trade_usd: float
    crowd: float
    metrics: Mapping[str, Decimal]
    flags: Mapping[str, bool]
    never_known: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Coin:
    """A token of the simulated market, and the calls of it so far.

    Until it graduates it trades on its launchpad's own curve, as `facts_before` say.
    """

    token: Token
    facts: TokenFacts
    facts_before: TokenFacts
    created_at: datetime
    path: PricePath
    traits: Traits
    calls: list[Call] = field(default_factory=list)
    callers: set[ChannelId] = field(default_factory=set)

    def at(self, instant: datetime) -> float:
        """Seconds since launch."""
        return (instant - self.created_at).total_seconds()


def draw_coin(random: Random, *, called_at: datetime, hit: bool) -> Coin:
    """A token that is first called at `called_at`; `hit`: it reaches twice that value within a day."""
    entry = from_table(figures.MCAP_AT_CALL, random.random())
    age = _draw_age(random, entry)
    symbol, name = random.choice(HOSTILE_NAMES) if random.random() < figures.NAME_HOSTILE else token_name(random)
    elsewhere = random.random() < figures.ELSEWHERE_SHARE
    if elsewhere:
        chain, launchpad, dex = random.choice(_ELSEWHERE)
        token = hex_token(random, chain)
    else:
        launchpad, dex, _ = random.choices(_ORIGINS, cum_weights=_ORIGIN_WEIGHTS)[0]
        token = solana_token(random)
    created_at = called_at - timedelta(milliseconds=round(age * 1000))
    path = draw_path(random, entry=entry, age=age, hit=hit)
    facts = TokenFacts(symbol=symbol, name=name, created_at=created_at, dex=dex, launchpad=launchpad)
    return Coin(
        token=token,
        facts=facts,
        facts_before=replace(facts, dex=launchpad) if launchpad else facts,
        created_at=created_at,
        path=path,
        traits=_draw_traits(random, launchpad=launchpad, elsewhere=elsewhere, rug=path.rug_at is not None),
    )


def _draw_age(random: Random, entry: float) -> float:
    """Seconds from launch to the first call (prior): mostly minutes; what is worth millions is older."""
    if entry > 1e6:
        return random.uniform(0.5, 40) * 86_400
    if random.random() < 0.08:
        return random.uniform(3, 240) * 3_600
    return min(max(random.lognormvariate(math.log(11 * 60), 1.15), 25.0), 30 * 3_600)


def _draw_traits(random: Random, *, launchpad: str | None, elsewhere: bool, rug: bool) -> Traits:
    flags = _draw_flags(random, launchpad=launchpad, elsewhere=elsewhere, rug=rug)
    metrics = _draw_metrics(random, flags, elsewhere=elsewhere, rug=rug)
    never_known = frozenset(name for name in _NOT_ALWAYS_KNOWN if random.random() < figures.NEVER_KNOWN_SHARE)
    return Traits(
        liquidity=math.exp(random.gauss(0, 0.18)),
        turnover=math.exp(random.gauss(0, 0.5)),
        trade_usd=random.uniform(60, 260),
        crowd=math.exp(random.gauss(0, 0.35)),
        metrics={name: value for name, value in metrics.items() if name not in never_known},
        flags=flags,
        never_known=never_known,
    )


def _draw_metrics(random: Random, flags: Mapping[str, bool], *, elsewhere: bool, rug: bool) -> dict[str, Decimal]:
    """Who holds it, and how risky that looks; tokens that will be rugged lean to insiders and bundlers."""
    top10 = from_table(figures.TOP10_PCT, random.random())
    lean = 2.0 if rug else 1.0
    dev = 0.0 if random.random() < 0.45 else min(top10, random.expovariate(1 / 2.5))
    bundlers, insiders = (min(55.0, random.expovariate(1 / mean) * lean) for mean in (8, 5))
    risk = 8 + top10 * 0.5 + bundlers * 0.6 + insiders * 0.5 + dev
    risk += 20 * (not flags["mint"]) + 15 * (not flags["freeze"]) + 12 * (not flags.get("lp")) + 40 * flags["honeypot"]
    metrics = {
        "top10": percent(top10),
        "top1": percent(top10 * random.uniform(0.14, 0.4)),
        "dev": percent(dev),
        "snipers": percent(min(55.0, random.expovariate(1 / 6))),
        "bundlers": percent(bundlers),
        "insiders": percent(insiders),
        "fresh": percent(random.uniform(4, 45)),
        "tax": whole(random.choice((0, 0, 0, 1, 3, 5, 10)) if elsewhere else 0),
        "risk": whole(min(100.0, risk)),
    }
    if "lp" in flags:
        metrics["lpburned"] = whole(100 if flags["lp"] else 0)
    return metrics


def _draw_flags(random: Random, *, launchpad: str | None, elsewhere: bool, rug: bool) -> dict[str, bool]:
    """Flags that do not change; launchpads revoke both authorities by their rules."""
    by_rule = launchpad is not None and not elsewhere
    mint, freeze = by_rule or random.random() < 0.7, by_rule or random.random() < 0.8
    twitter, website, telegram = random.random() < 0.72, random.random() < 0.4, random.random() < 0.38
    flags = {
        "mint": mint,
        "freeze": freeze,
        "lp": by_rule or random.random() < (0.15 if rug else 0.6),
        "twitter": twitter,
        "website": website,
        "telegram": telegram,
        "socials": twitter or website or telegram,
        "dexpaid": random.random() < 0.3,
        "cto": random.random() < 0.03,
        "honeypot": elsewhere and rug and random.random() < 0.3,
        "renounced": mint and freeze,
    }
    if not by_rule and random.random() < 0.25:
        del flags["lp"]
    return flags
