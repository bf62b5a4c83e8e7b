"""Which criteria there are and which steps are sensible for each: derived from the catalogue, nothing listed twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from tokenfilter.domain.filter import SET_FIELDS
from tokenfilter.domain.market import FLAGS, METRICS, Metric, Scope, Unit

LISTS, QUORUM = "channel", "quorum"
"""The parts of a channel rule beside its ranges: lists of channels, and how many must qualify."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        **{name: metric.label for name, metric in METRICS.items()},
        **{name: flag.label for name, flag in FLAGS.items()},
        "chain": "Chain",
        "dex": "DEX",
        "launchpad": "Launchpad",
        "word": "Words",
        "token": "Tokens",
        LISTS: "Channels",
        QUORUM: "Channels that agree",
    }
)

STEPS_OFFERED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A page of the menu that adds criteria."""

    word: str
    label: str
    keys: tuple[str, ...]


def _categories() -> tuple[Category, ...]:
    holders = ("holders", "top1", "top10", "dev", "snipers", "bundlers", "insiders", "fresh")
    statistics = tuple(m.name for m in METRICS.values() if m.scope is Scope.CHANNEL)
    caller = (QUORUM, LISTS, "callers", "since", "rise", "mcap_at_call", "fdv_at_call", *statistics)
    safety = ("mint", "freeze", "lp", "lpburned", "renounced", "honeypot", "risk", "tax")
    words = ("word", "token")
    named = {*holders, *caller, *safety, *words}
    market = tuple(name for name in METRICS if name not in named)
    origin = tuple(name for name in (*SET_FIELDS, *FLAGS) if name not in named)
    found = (
        ("market", "Market", market),
        ("safety", "Safety", safety),
        ("holders", "Holders", holders),
        ("caller", "Caller", caller),
        ("origin", "Origin", origin),
        ("words", "Words", words),
    )
    return tuple(Category(word=word, label=label, keys=keys) for word, label, keys in found)


CATEGORIES = _categories()
"""Every criterion stands in exactly one."""

_TIMES = tuple(
    Decimal(seconds)
    for seconds in (30, 60, 300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000)
)
_SHARES = tuple(map(Decimal, (0, 1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 95, 100)))
_CHANGES = tuple(map(Decimal, (-90, -75, -50, -30, -20, -10, 0, 10, 20, 30, 50, 100, 200, 500, 1000)))
_MULTIPLES = tuple(map(Decimal, ("0.5", "1", "1.2", "1.5", "1.8", "2", "3", "5", "10", "20", "50", "100")))


def steps(metric: Metric, current: Decimal | None) -> Sequence[Decimal]:
    """Round values within the metric's sensible range, those around the current one, in order."""
    ladder = [step for step in _ladder(metric) if metric.low <= step <= metric.high]
    if len(ladder) <= STEPS_OFFERED:
        return ladder
    middle = _START.get(metric.name, ladder[len(ladder) // 2]) if current is None else current
    nearest = min(range(len(ladder)), key=lambda place: abs(ladder[place] - middle))
    first = min(max(0, nearest - STEPS_OFFERED // 2), len(ladder) - STEPS_OFFERED)
    return ladder[first : first + STEPS_OFFERED]


_START = MappingProxyType({"mcap": Decimal(50_000), "fdv": Decimal(50_000), "liq": Decimal(10_000)})
"""Where most people begin; elsewhere the middle of the range does."""


def _ladder(metric: Metric) -> Sequence[Decimal]:
    match metric.unit:
        case Unit.SECONDS:
            return _TIMES
        case Unit.PERCENT:
            return _CHANGES if metric.signed else _SHARES
        case Unit.MULTIPLE:
            return _MULTIPLES
        case Unit.SCORE:
            return _SHARES
        case Unit.USD | Unit.COUNT:
            return _one_two_five(metric)


def _one_two_five(metric: Metric) -> Sequence[Decimal]:
    lowest = metric.low.adjusted() if metric.low > 0 else 0
    return [Decimal(lead).scaleb(power) for power in range(lowest, metric.high.adjusted() + 1) for lead in (1, 2, 5)]
