"""The tables: one a size, and at the end what was measured beside what is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from matching_parts.floor import Floor
from matching_parts.race import NAIVE, RULES, SQLITE, Race
from matching_parts.updates import Changes

PEERS = (SQLITE, "pandas", "polars", "duckdb", *RULES)
MICRO, MILLI, KIB = 1e6, 1e3, 1_024


@dataclass(slots=True)
class Found:
    """Everything that was measured, by number of filters; bytes are of one filter, fetching in seconds an event."""

    races: dict[int, Race] = field(default_factory=dict)
    fetching: dict[int, float] = field(default_factory=dict)
    changes: dict[int, Changes] = field(default_factory=dict)
    memory: dict[int, float] = field(default_factory=dict)
    bare: dict[int, float] = field(default_factory=dict)
    pauses: dict[int, Mapping[str, float]] = field(default_factory=dict)
    floors: dict[int, Floor] = field(default_factory=dict)
    unlike_domain: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Every answer that differs."""
        answers = [f"{size:,} filters: {what}" for size, race in self.races.items() for what in race.wrong]
        changes = [
            f"{size:,} filters: {c.unseen} changes unseen, {c.wrong} events wrong after them"
            for size, c in self.changes.items()
            if c.unseen or c.wrong
        ]
        return self.unlike_domain + answers + changes


def print_race(size: int, race: Race) -> None:
    """Print what each engine took."""
    print(f"\n{size:,} filters, {race.winners / size:.2%} of them want an event\n")
    print("| engine | events/s | mean µs | p99 µs | times naive | ours is times as fast | events | built in s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, times in sorted(race.times.items(), key=lambda pair: pair[1].mean()):
        p99 = times.p99()
        print(
            f"| {name} | {1 / times.mean():,.0f} | {times.mean() * MICRO:,.0f} |"
            f" {'' if p99 is None else format(p99 * MICRO, ',.0f')} |"
            f" {times.faster_than(race.times[NAIVE]):.2f} | {race.ours.faster_than(times):.1f} |"
            f" {times.events:,} | {race.built[name]:.2f} |"
        )
    for name in race.absent:
        print(f"| {name} | not installed | | | | | | |")


def print_rest(found: Found) -> None:
    """Print by number of filters what reading an answer costs, then changes, memory and pauses."""
    print("\n| filters | all routes read, µs | change p50 µs | p99 µs | bytes a filter with routes | routes alone |")
    print("|---:|---:|---:|---:|---:|---:|")
    for size, changes in found.changes.items():
        memory, bare = (f"{by[size]:,.0f}" if size in by else "" for by in (found.memory, found.bare))
        p50, p99 = (changes.quantile(share) * MICRO for share in (0.5, 0.99))
        fetching = found.fetching[size] * MICRO
        print(f"| {size:,} | {fetching:,.0f} | {p50:,.0f} | {p99:,.0f} | {memory} | {bare} |")
    for size, longest in found.pauses.items():
        calls = ", ".join(f"{what} {seconds * MILLI:.1f} ms" for what, seconds in longest.items())
        print(f"\nLongest at {size:,} filters, 100 changed and 17 events matched a second: {calls}")
    for size, floor in found.floors.items():
        print(f"\nFloor at {size:,} filters: {floor}")


def print_bars(found: Found) -> None:
    """Print each bar that the sizes of this run can be held against."""
    print("\n| bar | measured | asked | |")
    print("|---|---:|---:|---|")
    for what, measured, text, met in _bars(found):
        print(f"| {what} | {measured} | {text} | {'met' if met else 'missed'} |")


def _bars(found: Found) -> Iterator[tuple[str, str, str, bool]]:
    for size, others, least in (
        (1_000, (NAIVE,), 8.0),
        (1_000, (SQLITE,), 1.5),
        (10_000, (NAIVE,), 60.0),
        (10_000, RULES, 40.0),
        (100_000, (NAIVE,), 150.0),
        (100_000, PEERS, 8.0),
    ):
        if size in found.races and (ratio := found.races[size].least_ratio(others)):
            yield f"{size:,}: times {ratio[1]}", f"{ratio[0]:.1f}", f">= {least:g}", ratio[0] >= least
    for size, floor in found.floors.items():
        above = found.races[size].ours.mean() / floor.seconds
        yield f"{size:,}: times the floor", f"{above:.1f}", "<= 15", above <= 15
    if 100_000 in found.changes:
        p99 = found.changes[100_000].quantile(0.99) * MILLI
        yield "100,000: change p99", f"{p99:.2f} ms", "< 2 ms", p99 < 2
    for size, most in ((100_000, KIB), (1_000_000, 750)):
        if size in found.memory:
            held = found.memory[size]
            yield f"{size:,}: bytes a filter, routes included", f"{held:,.0f}", f"<= {most:,}", held <= most
    for size, longest in found.pauses.items():
        worst = max(longest.values()) * MILLI
        yield f"{size:,}: longest pause", f"{worst:.1f} ms", "<= 50 ms", worst <= 50
