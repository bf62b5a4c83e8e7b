"""Write reference/metrics-and-flags.md from the one catalogue, domain/market.py.

Run it after a change there:

    .venv/bin/python docs/generate_reference.py

tests/unit/test_docs.py fails while the page says anything else than this script would write.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenfilter.domain.filter_values import spell_number
from tokenfilter.domain.market import FLAGS, METRICS, Flag, Metric, Scope, Unit

PAGE = Path(__file__).parent / "reference" / "metrics-and-flags.md"

_UNITS = {
    Unit.USD: "USD",
    Unit.PERCENT: "percent",
    Unit.COUNT: "count",
    Unit.SECONDS: "time",
    Unit.MULTIPLE: "multiple",
    Unit.SCORE: "score 0 to 100",
}
_DERIVED = {
    "age": "`observed_at` less `token.created_at`",
    "liqpct": "`liq` in percent of `mcap`",
    "callers": "distinct channels that called in the last 24 h",
    "mcap_at_call": "market cap told with the earliest kept call",
    "fdv_at_call": "FDV told with the earliest kept call",
    "rise": "percent since the earliest kept call, on FDV if known at both ends, else on market cap",
    "since": "time since the earliest kept call",
    "winlow": "lower end of the 95 % Wilson interval of `win` over `record` calls",
}
_INTRODUCTION = """\
# Metrics and flags

<!-- Written by docs/generate_reference.py from src/tokenfilter/domain/market.py. Change that, then run the script. -->

Everything a [filter](filter-text.md) can ask about. The name is what one writes in a filter and finds in `/why`; the
field is what a [feed](feed-format.md) calls it. The usual range is what the bot's menus suggest. It is no limit: a
filter may ask for more. A fact that no feed told is *unknown*, never zero.
"""


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            _INTRODUCTION,
            "## About the token",
            "",
            *_metrics(Scope.TOKEN, "market"),
            "",
            "## About a calling channel",
            "",
            "Criteria on these hold if enough channels that called meet all of them (`quorum`, by default one).",
            "",
            *_metrics(Scope.CHANNEL, "stats"),
            "",
            "## Flags",
            "",
            "So, not so, or unknown. `yes` and `no` are understood for every flag; yes is the first word.",
            "",
            *_table(("name", "what it is", "yes", "no", "field in `flags`"), map(_flag, FLAGS.values())),
            "",
        ]
    )


def _metrics(scope: Scope, parent: str) -> Iterator[str]:
    head = ("name", "what it is", "unit", "usual range", f"field in `{parent}`, or how it is worked out")
    return _table(head, (_metric(m) for m in METRICS.values() if m.scope is scope))


def _metric(metric: Metric) -> tuple[str, ...]:
    names = f"`{metric.name}`" + "".join(f", also `{alias}`" for alias in metric.aliases)
    usual = f"{spell_number(metric, metric.low)} to {spell_number(metric, metric.high)}"
    source = f"`{metric.field}`" if metric.field else _DERIVED[metric.name]
    return names, metric.label, _UNITS[metric.unit], usual, source


def _flag(flag: Flag) -> tuple[str, ...]:
    return f"`{flag.name}`", flag.label, f"`{flag.yes}`", f"`{flag.no}`", f"`{flag.field}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
