"""Filters a newcomer can start with. Each is an ordinary filter afterwards: edit it, pause it, delete it."""

from dataclasses import dataclass

from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_text import parse_filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named filter with one line about what it looks for."""

    name: str
    about: str
    text: str

    @property
    def wanted(self) -> Filter:
        """The filter."""
        return parse_filter(self.text)


PRESETS = (
    Preset(
        name="Proven",
        about="callers with a proven record",
        text="winlow >= 30, record >= 10, mcap 20k..1m, liq >= 5k",
    ),
    Preset(
        name="Early",
        about="young tokens, good callers",
        text="age <= 2h, mcap 20k..200k, liq >= 5k, win >= 30, gain >= 50, "
        "mint revoked unknown pass, freeze revoked unknown pass",
    ),
    Preset(
        name="Crowd",
        about="two channels within 30 minutes",
        text="quorum 2 in 30m, mcap 20k..500k, liq >= 10k",
    ),
    Preset(
        name="Safer",
        about="safety facts checked, more liquidity",
        text="mint revoked, freeze revoked, lp burned unknown pass, liq >= 20k, holders >= 100, top10 <= 30, "
        "mcap 50k..3m",
    ),
)
