"""Rows as columns, one for each condition there can be, and an event as the values to compare them with.

A metric that is not known lies below every lower bound and above every upper one, so both fail, as they must; a row
that does not bound it has infinity there, which compares as met. Sets are bits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from matching_parts.events import DEXES, FLAGS, LAUNCHPADS
from matching_parts.rows import NAMES, Members, Moment, Row

_VALUES: Mapping[str, tuple[str, ...]] = {"dex": DEXES, "launchpad": LAUNCHPADS}
_UNKNOWN = 1 << 15
_ANYTHING = (1 << 16) - 1

AT_MOST, AT_LEAST, ANY_BIT = "<=", ">=", "&"


@dataclass(frozen=True, slots=True)
class Condition:
    """A column that stands to the event's value as `test` says; `asked` is how many rows it can turn away."""

    name: str
    test: str
    values: Any
    asked: int
    ask: Callable[[Moment], float]


def conditions(rows: Sequence[Row]) -> list[Condition]:
    """Every condition that some row makes, most frequent first: whoever stops at the first failure stops early."""
    made = [*_bounds(rows), *_flags(rows), *_sets(rows)]
    return sorted((c for c in made if c.asked), key=lambda c: -c.asked)


def passing(condition: Condition, value: float) -> Any:
    """Which rows the condition lets through."""
    if condition.test == ANY_BIT:
        return (condition.values & int(value)) != 0
    return condition.values <= value if condition.test == AT_MOST else condition.values >= value


def _bounds(rows: Sequence[Row]) -> list[Condition]:
    made = []
    for name in NAMES:
        low = np.array([row.low.get(name, -inf) for row in rows])
        high = np.array([row.high.get(name, inf) for row in rows])
        made.append(Condition(f"low_{name}", AT_MOST, low, int(np.isfinite(low).sum()), _or(name, -inf)))
        made.append(Condition(f"high_{name}", AT_LEAST, high, int(np.isfinite(high).sum()), _or(name, inf)))
    return made


def _flags(rows: Sequence[Row]) -> list[Condition]:
    made = []
    for name in FLAGS:
        asked = np.array([name in row.flags for row in rows], dtype=np.float64)
        made.append(Condition(f"flag_{name}", AT_MOST, asked, int(asked.sum()), _good(name)))
    return made


def _sets(rows: Sequence[Row]) -> list[Condition]:
    made = []
    for field, values in _VALUES.items():
        bits = np.array([_taken(row.sets.get(field), values) for row in rows], dtype=np.int64)
        made.append(Condition(f"set_{field}", ANY_BIT, bits, int((bits != _ANYTHING).sum()), _bit(field, values)))
    return made


def _or(name: str, missing: float) -> Callable[[Moment], float]:
    return lambda moment: missing if (value := moment.market[name]) is None else value


def _good(name: str) -> Callable[[Moment], float]:
    return lambda moment: float(moment.flags[name])


def _bit(field: str, values: tuple[str, ...]) -> Callable[[Moment], float]:
    return lambda moment: _UNKNOWN if (value := moment.sets[field]) is None else 1 << values.index(value)


def _taken(members: Members | None, values: tuple[str, ...]) -> int:
    if members is None:
        return _ANYTHING
    return sum(
        1 << i for i, v in enumerate(values) if v not in members.exclude and (not members.only or v in members.only)
    )
