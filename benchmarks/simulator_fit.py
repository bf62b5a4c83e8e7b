"""How well the simulated market fits the recorded one: prints their figures side by side.

`python benchmarks/simulator_fit.py` reads the recorded calls from TOKENFILTER_RECORDED (default ../shared/data) and
plays two simulated days; the figures of the first day's calls are taken from the feed's lines alone, as a subscriber
would see them. Above: what a day of the past costs to make; below: how often each preset finds a token.
"""

import csv
import gc
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tokenfilter.adapters.simulator.market import Due, Market
from tokenfilter.domain.call import KeptCall, merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, Tick
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.ids import ChannelId, Token
from tokenfilter.domain.matching import matches
from tokenfilter.domain.presets import PRESETS

SHARES = (2, 3, 5, 10, 20, 50, 100)
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
START = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DUST_USD = 1_000
NEWCOMER_WAITS = timedelta(seconds=30)


@dataclass(slots=True)
class Seen:
    """One call as the feed's lines tell it."""

    called_at: datetime
    entry: float
    peak: float
    peak_at: datetime
    first: bool


@dataclass(slots=True)
class Figures:
    """What is compared; empty where a source cannot tell."""

    calls: int
    shares: dict[int, float] = field(default_factory=dict)
    mcap: Sequence[float] = ()
    minutes_to_peak: Sequence[float] = ()
    top10: Sequence[float] = ()


def recorded_posts(folder: Path) -> Figures:
    """Read call_posts; max_gain is 0 or >= 2, so nothing below 2 is known."""
    with (folder / "calls/call_posts_2024_2025.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    gains = [float(r["max_gain"] or 0) for r in rows]
    return Figures(
        calls=len(rows),
        shares=shares(gains),
        mcap=quantiles(size(r["call_mc"]) for r in rows),
        top10=quantiles(float(r["top_holders_percent"]) for r in rows if r["top_holders_percent"]),
    )


def recorded_detections(folder: Path) -> Figures:
    """Read detections; only rows whose peak lies after the detection say what a caller could have had."""
    groups = json.loads((folder / "calls/detections_2026.json").read_text())
    rows = [r for name in ("A", "B", "C") for r in groups[name] if r["o_ath_ts"] > r["detect_ts"]]
    return Figures(
        calls=len(rows),
        shares=shares([r["o_ath_true"] / r["detect_mc"] for r in rows]),
        mcap=quantiles(r["detect_mc"] for r in rows),
        minutes_to_peak=quantiles((r["o_ath_ts"] - r["detect_ts"]) / 60 for r in rows),
    )


def simulated(lines: Iterable[Due]) -> tuple[Figures, Figures]:
    """Follow the first day's calls for a day each, dust prices left out: all calls, and each token's first alone.

    The recorded sources are scanners that find a token themselves, so the first calls are what compares with them.
    """
    calls: dict[tuple[Token, ChannelId], Seen] = {}
    by_token: dict[Token, list[Seen]] = {}
    top10 = []
    for due in lines:
        line = due.line
        if isinstance(line, Heard):
            for call in line.calls:
                if (line.token, call.channel) not in calls and call.market_cap_usd and call.called_at < START + DAY:
                    entry = float(call.market_cap_usd)
                    at, first = call.called_at, line.token not in by_token
                    seen = Seen(called_at=at, entry=entry, peak=entry, peak_at=at, first=first)
                    calls[line.token, call.channel] = seen
                    by_token.setdefault(line.token, []).append(seen)
            top10 += [float(line.market["top10"])] if "top10" in line.market else []
        if isinstance(line, Heard | Tick) and line.market.get("liq", DUST_USD) >= DUST_USD and "mcap" in line.market:
            raise_peaks(by_token.get(line.token, ()), float(line.market["mcap"]), line.observed_at)
    found = list(calls.values())
    return figures_of(found, top10), figures_of([seen for seen in found if seen.first], top10)


def figures_of(found: Sequence[Seen], top10: Sequence[float]) -> Figures:
    """The figures of some calls; the time to the peak of those that rose at all, as the recorded ones did."""
    minutes = ((s.peak_at - s.called_at).total_seconds() / 60 for s in found if s.peak > s.entry)
    return Figures(
        calls=len(found),
        shares=shares([s.peak / s.entry for s in found]),
        mcap=quantiles(s.entry for s in found),
        minutes_to_peak=quantiles(minutes),
        top10=quantiles(top10),
    )


def raise_peaks(calls: Iterable[Seen], mcap: float, at: datetime) -> None:
    """Note a price with every call it concerns."""
    for seen in calls:
        if mcap > seen.peak and seen.called_at < at <= seen.called_at + DAY:
            seen.peak, seen.peak_at = mcap, at


def shares(multiples: Sequence[float]) -> dict[int, float]:
    """Percent of calls that reach each multiple."""
    return {m: 100 * sum(x >= m for x in multiples) / len(multiples) for m in SHARES}


def quantiles(values: Iterable[float]) -> Sequence[float]:
    """The values below which the shares of QUANTILES lie."""
    ordered = sorted(values)
    return [ordered[int(q * len(ordered))] for q in QUANTILES]


def size(text: str) -> float:
    """Read a market cap such as 72.61K."""
    digits = text.strip().rstrip("KMB")
    return float(digits) * {"K": 1e3, "M": 1e6, "B": 1e9}.get(text.strip()[-1:], 1)


def found_by_presets(lines: Iterable[Due], *, since: datetime) -> dict[str, list[datetime]]:
    """When each preset first matched each token, from `since` on; a token counts once a preset."""
    stats: dict[ChannelId, ChannelStats] = {}
    kept: dict[Token, tuple[KeptCall, ...]] = {}
    found: dict[str, dict[Token, datetime]] = {p.name: {} for p in PRESETS}
    wanted = {p.name: p.wanted for p in PRESETS}
    for due in lines:
        line = due.line
        if isinstance(line, ChannelStats):
            stats[line.channel] = line
        elif isinstance(line, Heard):
            evidence = seen_as(line, kept, stats)
            for name, told in found.items():
                if line.token not in told and matches(wanted[name], evidence):
                    told[line.token] = due.at
    return {name: sorted(at for at in told.values() if at >= since) for name, told in found.items()}


def seen_as(heard: Heard, kept: dict[Token, tuple[KeptCall, ...]], stats: dict[ChannelId, ChannelStats]) -> Evidence:
    """What judging sees of an event."""
    at = heard.observed_at
    calls = kept[heard.token] = merge_calls(kept.get(heard.token, ()), heard.calls, at=at)
    return gather(Event(heard=heard, at=at, settings_seq=0, received_at=at), calls, stats)


def until(market: Market, end: datetime) -> list[Due]:
    """The market's lines up to an instant."""
    lines = []
    for due in market.lines():
        if due.at >= end:
            break
        lines.append(due)
    return lines


def print_fit(columns: dict[str, Figures]) -> None:
    """Print one row a figure."""
    print(f"{'':24}" + "".join(f"{name:>18}" for name in columns))
    print(f"{'calls':24}" + "".join(f"{f.calls:>18,}" for f in columns.values()))
    for multiple in SHARES:
        print(f"{f'reach {multiple}x, %':24}" + "".join(f"{f.shares[multiple]:>18.1f}" for f in columns.values()))
    for title, attribute, digits in (
        ("market cap at call, $", "mcap", 0),
        ("minutes to peak", "minutes_to_peak", 1),
        ("top 10 hold, %", "top10", 1),
    ):
        for index, q in enumerate(QUANTILES):
            cells = [getattr(f, attribute) for f in columns.values()]
            shown = (f"{c[index]:,.{digits}f}" if c else "–" for c in cells)
            print(f"{f'{title} q{q:.0%}':24.32}" + "".join(f"{s:>18}" for s in shown))


def main() -> None:
    """Print the fit, the presets' pace and the cost."""
    gc.disable()  # as the service does while it lives through the past
    began = time.process_time()
    past = sum(1 for _ in until(Market(seed=2, start=START, dense_from=START + DAY), START + DAY))
    print(f"one day of the past: {past:,} lines in {time.process_time() - began:.1f} s of one core\n")
    gc.enable()

    folder = Path(os.environ.get("TOKENFILTER_RECORDED", "../shared/data"))
    columns = {}
    if (folder / "calls").is_dir():
        columns = {"posts 2024/25": recorded_posts(folder), "detections 2026": recorded_detections(folder)}
    else:
        print(f"no recorded data in {folder}: set TOKENFILTER_RECORDED")
    now = START + 2 * DAY
    every, first = simulated(until(Market(seed=1, start=START, dense_from=now), now + timedelta(minutes=1)))
    columns |= {"simulated": every, "its first calls": first}
    print_fit(columns)

    hour = timedelta(hours=1)
    live = until(Market(seed=1, start=START, dense_from=START + DAY), START + DAY + hour)
    in_hour = [due for due in live if due.at >= START + DAY]
    events = sum(isinstance(due.line, Heard) for due in in_hour)
    ticks = sum(isinstance(due.line, Tick) for due in in_hour)
    print(f"\nlive hour: an event every {3600 / events:.1f} s, {ticks / 3600:.1f} ticks/s")
    for name, instants in found_by_presets(live, since=START + DAY).items():
        watched = range(int((hour - NEWCOMER_WAITS) / timedelta(seconds=1)))
        starts = (START + DAY + timedelta(seconds=n) for n in watched)
        lucky = sum(any(start <= at < start + NEWCOMER_WAITS for at in instants) for start in starts)
        share = 100 * lucky / len(watched)
        print(f"{name:8} a token every {3600 / len(instants):4.1f} s; within 30 s for {share:.0f} % of newcomers")


if __name__ == "__main__":
    main()
