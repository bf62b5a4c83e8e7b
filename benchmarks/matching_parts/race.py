"""All engines on the same events in turns, timed event by event, their answers compared.

What the plain loop answers is right; an event it had no time for is right as the first other engine answered it. An
engine that is slow is asked fewer events, and comparisons between two are over the events both were asked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from time import perf_counter
from typing import Any

from matching_parts.contest import Engine, Load, NotInstalledError
from matching_parts.databases import DuckDb, Sqlite
from matching_parts.frames import Pandas, Polars
from matching_parts.naive import Naive
from matching_parts.ours import Ours
from matching_parts.rules import Cel, RuleEngine

OURS, NAIVE = "ours", "naive loop"
SQLITE, RULES = "sqlite3", ("rule-engine", "CEL, shared context")
REPEATS = 5
SECONDS = 1.0
"""How long an engine is asked in one turn, unless it has answered every event before; two events are the least."""

WARM_SECONDS = 0.3
"""How long an engine is asked before its turn, untimed, about events from the end. The one before it took the caches;
and where the loop is asked eight events in a turn, the first eight of the others are all that is compared with it."""

RULE_BY_RULE_MOST = 10_000
ENGINES: Mapping[str, Callable[[Load], Engine]] = {
    NAIVE: Naive,
    SQLITE: Sqlite,
    "pandas": Pandas,
    "polars": Polars,
    "duckdb": DuckDb,
    RULES[0]: RuleEngine,
    RULES[1]: Cel,
    OURS: Ours,
}


@dataclass(frozen=True, slots=True)
class Built:
    """The engines that are installed, the seconds that each took to take in the filters, and those that are absent."""

    engines: Mapping[str, Engine]
    seconds: Mapping[str, float]
    absent: Sequence[str]


@dataclass(slots=True)
class Times:
    """Seconds by repetition and event; the engine is asked the first `events` of them."""

    events: int
    laps: list[list[float]] = field(default_factory=list)

    def mean(self) -> float:
        """Seconds an event: the median of the repetitions."""
        return median(map(fmean, self.laps))

    def p99(self) -> float | None:
        """Seconds that one event in a hundred takes at least; None where too few were asked."""
        at = self.events // 100
        return median(sorted(lap)[-at] for lap in self.laps) if at else None

    def faster_than(self, other: "Times") -> float:
        """How many times as many events a second, over the events both were asked: the median of the repetitions."""
        both = min(self.events, other.events)
        return median(fmean(b[:both]) / fmean(a[:both]) for a, b in zip(self.laps, other.laps, strict=True))


@dataclass(frozen=True, slots=True)
class Race:
    """What came of it: `winners` is how many want an event on average, `wrong` are answers that differ."""

    built: Mapping[str, float]
    absent: Sequence[str]
    times: Mapping[str, Times]
    winners: float
    wrong: Sequence[str]

    @property
    def ours(self) -> Times:
        """Those of the index under test."""
        return self.times[OURS]

    def least_ratio(self, others: Sequence[str]) -> tuple[float, str] | None:
        """How many times as fast as the fastest of these ours is, and its name; None where none ran."""
        return min(((self.ours.faster_than(self.times[o]), o) for o in others if o in self.times), default=None)


def build(load: Load) -> Built:
    """Let every engine that is installed take in the filters."""
    engines, seconds, absent = {}, {}, []
    for name, make in ENGINES.items():
        if name in RULES and len(load.routes) > RULE_BY_RULE_MOST:
            continue
        begun = perf_counter()
        try:
            engines[name] = make(load)
        except NotInstalledError:
            absent.append(name)
        else:
            seconds[name] = perf_counter() - begun
    return Built(engines, seconds, absent)


def race(built: Built, events: int) -> Race:
    """Ask every engine for these first events, in turns."""
    times = {name: Times(_affordable(engine, events)) for name, engine in built.engines.items()}
    right: dict[int, set[int]] = {}
    wrong = []
    for _ in range(REPEATS):
        for name, engine in built.engines.items():
            _warm(engine, events)
            spent, answers = _lap(engine, times[name].events)
            times[name].laps.append(spent)
            for event, answer in enumerate(answers):
                found = engine.numbers(answer)
                expected = right.setdefault(event, found)
                if found != expected:
                    more, fewer = _some(found - expected), _some(expected - found)
                    wrong.append(f"{name}, event {event}: {more} too many, {fewer} too few")
    return Race(built.seconds, built.absent, times, fmean(map(len, right.values())), wrong)


def _affordable(engine: Engine, events: int) -> int:
    """How many events fit into a turn, by the slower of the second and third: the first one warms up."""
    (_, *spent), _ = _lap(engine, 3)
    return min(events, max(2, int(SECONDS / max(spent))))


def _warm(engine: Engine, events: int) -> None:
    begun = perf_counter()
    for event in reversed(range(events)):
        engine.match(event)
        if perf_counter() - begun > WARM_SECONDS:
            return


def _lap(engine: Engine, events: int) -> tuple[list[float], list[Collection[Any]]]:
    match, spent, answers = engine.match, [], []
    for event in range(events):
        begun = perf_counter()
        answer = match(event)
        spent.append(perf_counter() - begun)
        answers.append(answer)
    return spent, answers


def _some(numbers: set[int]) -> str:
    return f"{len(numbers)} {sorted(numbers)[:5]}" if numbers else "none"
