"""The plain loop of the requirement: for each subscriber, for each criterion, over dicts of floats."""

from collections.abc import Collection, Mapping, Sequence
from math import inf
from typing import Any

from matching_parts.contest import Load
from matching_parts.rows import Moment, Row, qualifies


class Naive:
    """Every subscriber's filter in turn, left at the first criterion that fails."""

    def __init__(self, load: Load) -> None:
        self.moments = load.moments
        self.subscribers: dict[int, list[Mapping[str, Any]]] = {}
        for row in load.rows:
            self.subscribers.setdefault(row.number, []).append(as_dict(row))

    def change(self, number: int, rows: Sequence[Row]) -> None:
        """Give a subscriber another filter."""
        self.subscribers[number] = [as_dict(row) for row in rows]

    def match(self, event: int) -> list[int]:
        moment, found = self.moments[event], []
        for number, alternatives in self.subscribers.items():
            for wanted in alternatives:
                if passes(wanted, moment):
                    found.append(number)
                    break
        return found

    def numbers(self, answer: Collection[int]) -> set[int]:
        return set(answer)


def as_dict(row: Row) -> dict[str, Any]:
    """A row as a filter is written down plainly."""
    names = dict.fromkeys((*row.low, *row.high))
    return {
        "bounds": {name: (row.low.get(name, -inf), row.high.get(name, inf)) for name in names},
        "flags": row.flags,
        "sets": row.sets,
        "channels": row.channels,
    }


def passes(wanted: Mapping[str, Any], moment: Moment) -> bool:
    """Whether every criterion holds."""
    market = moment.market
    for name, (low, high) in wanted["bounds"].items():
        value = market[name]
        if value is None or value < low or value > high:
            return False
    for name in wanted["flags"]:
        if not moment.flags[name]:
            return False
    for field, members in wanted["sets"].items():
        named = moment.sets[field]
        if named is None or named in members.exclude or (members.only and named not in members.only):
            return False
    rule = wanted["channels"]
    return rule is None or qualifies(rule, moment)
