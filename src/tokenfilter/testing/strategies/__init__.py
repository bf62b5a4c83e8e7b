"""Hypothesis strategies for everything a filter is judged by: ten lines test a filter of yours against all of it.

Instants lie in March 2026, numbers are exact, what may be missing is missing sometimes, names are hostile text.
"""

from tokenfilter.testing.strategies.choices import values
from tokenfilter.testing.strategies.facts import (
    calls,
    channel_stats,
    events,
    evidence,
    feed_lines,
    flags,
    heard,
    markets,
    stats_of,
    ticks,
    token_facts,
)
from tokenfilter.testing.strategies.filters import channel_rules, criteria, filters, filters_near, one_of_sets, ranges
from tokenfilter.testing.strategies.histories import History, histories, price_paths
from tokenfilter.testing.strategies.names import addresses, channels, hostile_text, instants, tokens

__all__ = [
    "History",
    "addresses",
    "calls",
    "channel_rules",
    "channel_stats",
    "channels",
    "criteria",
    "events",
    "evidence",
    "feed_lines",
    "filters",
    "filters_near",
    "flags",
    "heard",
    "histories",
    "hostile_text",
    "instants",
    "markets",
    "one_of_sets",
    "price_paths",
    "ranges",
    "stats_of",
    "ticks",
    "token_facts",
    "tokens",
    "values",
]
