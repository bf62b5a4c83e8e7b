"""What the commands do with files, without a service: explain one event, try a filter on many, play a feed through."""

import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.channel import ChannelStats, latest_as_of
from tokenfilter.domain.event import Event, Heard, sameness
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.feed_line import UnreadableLineError, decode
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_print import criterion_name, limit_text, value_text
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import Finding, Matched, Verdict, judge
from tokenfilter.domain.nearest import nearest_pass


class UnusableFileError(ValueError):
    """A file that does not hold what is needed; the message says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One event under one filter."""

    evidence: Evidence
    verdict: Verdict
    nearest: str | None

    def as_json(self) -> dict[str, object]:
        """The document of FORMATS 4."""
        by = self.verdict.by
        return {
            "verdict": "matched" if isinstance(self.verdict, Matched) else "refused",
            "findings": [_finding_json(f) for f in by.findings],
            "qualifying_channels": list(by.qualifying),
            "nearest_pass": self.nearest,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A feed file read whole: events in file order, each once; statistics by channel; lines that could not be read."""

    events: tuple[Heard, ...]
    stats: Mapping[ChannelId, Sequence[ChannelStats]]
    unreadable: int

    def stats_at(self, channels: Iterable[ChannelId], at: datetime) -> dict[ChannelId, ChannelStats]:
        """Per channel the line that holds at an instant."""
        found = {c: latest_as_of(self.stats.get(c, ()), at) for c in channels}
        return {c: line for c, line in found.items() if line}


def read_feed(path: str) -> Recorded:
    """Read a feed file, or standard input for `-`.

    Raises:
        UnusableFileError: it cannot be opened, or nothing in it can be understood.
    """
    events: list[Heard] = []
    stats: dict[ChannelId, list[ChannelStats]] = {}
    unreadable, known = 0, set[Hashable]()
    for raw in _read(path).split("\n"):
        if not raw.strip():
            continue
        try:
            line = decode(raw)
        except UnreadableLineError:
            unreadable += 1
            continue
        if isinstance(line, Heard):
            if known.isdisjoint(sameness(line)):
                events.append(line)
            known.update(sameness(line))
        elif isinstance(line, ChannelStats):
            stats.setdefault(line.channel, []).append(line)
    if unreadable and not events and not stats:
        raise UnusableFileError(f"{path}: no line of the feed format in it (docs/reference/feed-format.md)")
    return Recorded(events=tuple(events), stats=stats, unreadable=unreadable)


def explain(wanted: Filter, *, event_file: str, stats_file: str | None) -> Explained:
    """Judge the one event in a file.

    Raises:
        UnusableFileError: no event, or one that cannot be read; the message names the field.
    """
    text = _read(event_file).strip()
    line = _one_event(event_file, text)
    stats = read_feed(stats_file) if stats_file else Recorded(events=(), stats={}, unreadable=0)
    event = as_event(line)
    calls = merge_calls((), line.calls, at=event.at)
    evidence = gather(event, calls, stats.stats_at([c.channel for c in calls], event.at))
    nearest = nearest_pass(wanted, evidence)
    return Explained(evidence=evidence, verdict=judge(wanted, evidence), nearest=nearest.text if nearest else None)


def backtest(wanted: Filter, recorded: Recorded) -> Backtest:
    """Play recorded events through a filter, in file order."""
    test = Backtest(wanted)
    for heard in recorded.events:
        event = as_event(heard)
        channels = {c.channel for c in heard.calls} | {k.channel for k in test.calls_of(heard.token)}
        test.see_event(event, recorded.stats_at(channels, event.at))
    return test


def backtest_json(test: Backtest) -> dict[str, object]:
    """The document of FORMATS 4; what became of calls is not known yet, so those figures are null."""
    per_day = test.alerts_per_day()
    return {
        "events": test.events,
        "alerts": len(test.told),
        "alerts_per_day": None if per_day is None else round(per_day, 2),
        "matured": 0,
        "hits_2x": 0,
        "hit_rate_pct": None,
        "hit_rate_interval_pct": None,
        "median_peak": None,
        "best": [],
        "missed_best": [],
        "matched": [alert.evidence.event.id for alert in test.told],
    }


def as_event(heard: Heard) -> Event:
    """A recorded event with the stamp it was recorded with."""
    return Event(heard=heard, at=heard.observed_at, settings_seq=0, received_at=heard.observed_at)


def _finding_json(finding: Finding) -> dict[str, object]:
    name = criterion_name(finding.criterion)
    observed = None if finding.observed is None else value_text(name, finding.observed)
    return {
        "criterion": name,
        "observed": observed,
        "limit": limit_text(finding.criterion),
        "outcome": finding.outcome.value,
    }


def _one_event(path: str, text: str) -> Heard:
    """The event in a text: one JSON document, or the first event among lines."""
    error: UnreadableLineError | None = None
    for raw in (text, *text.split("\n")):
        try:
            line = decode(raw)
        except UnreadableLineError as found:
            error = found
            continue
        if isinstance(line, Heard):
            return line
    raise UnusableFileError(f"{path}: expected one event of type token" + (f"; {error}" if error else ""))


def _read(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UnusableFileError(f"{path}: {error.strerror}") from None
