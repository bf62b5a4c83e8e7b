"""Peers that judge rule by rule: each row is an expression, compiled beforehand.

They refuse what is not there, so a missing metric has a value that no bound lets through, under two names.
"""

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from json import dumps
from typing import Any

from matching_parts.contest import Load, package
from matching_parts.rows import Moment, Remainder, Row

_BEYOND = 1e300


class Judged:
    """What both have: each event by the names that expressions use."""

    def __init__(self, load: Load) -> None:
        self.moments, self.remainder = load.moments, Remainder(load.rows)
        self.facts = [_facts(moment) for moment in load.moments]

    def numbers(self, answer: Collection[int]) -> set[int]:
        return set(answer)


class RuleEngine(Judged):
    """rule-engine: every rule asked with the same dict."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        make = package("rule-engine", "rule_engine").Rule
        self.asks: list[Callable[[Any], bool]] = [make(expression(row, "and", "not")).matches for row in load.rows]

    def match(self, event: int) -> set[int]:
        facts = self.facts[event]
        return self.remainder.numbers((i for i, ask in enumerate(self.asks) if ask(facts)), self.moments[event])


class Cel(Judged):
    """common-expression-language: programs compiled once, the event put into one context that all of them share."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.cel = package("common-expression-language", "cel")
        compiled = (self.cel.compile(expression(row, "&&", "!")) for row in load.rows)
        self.asks: list[Callable[[Any], bool]] = [program.execute for program in compiled]

    def match(self, event: int) -> set[int]:
        context = self.cel.Context(self.facts[event])
        return self.remainder.numbers((i for i, ask in enumerate(self.asks) if ask(context)), self.moments[event])


def expression(row: Row, conjunction: str, negation: str) -> str:
    """A row as both languages write it but for these two words."""
    return f" {conjunction} ".join(_clauses(row, negation)) or "true"


def _clauses(row: Row, negation: str) -> Iterator[str]:
    for name in dict.fromkeys((*row.low, *row.high)):
        if name in row.low:
            yield f"{name} >= {_number(row.low[name])}"
        if name in row.high:
            yield f"{name}_most <= {_number(row.high[name])}"
    yield from row.flags
    for field, members in row.sets.items():
        if members.only:
            yield f"{field} in {dumps(sorted(members.only))}"
        if members.exclude:
            yield f"{negation} ({field} in {dumps([*sorted(members.exclude), ''])})"


def _number(value: float) -> str:
    """The float exactly, without an exponent: one of the languages has none."""
    text = f"{Decimal(repr(value)):f}"
    return text if "." in text else f"{text}.0"


def _facts(moment: Moment) -> dict[str, Any]:
    facts: dict[str, Any] = {name: -_BEYOND if value is None else value for name, value in moment.market.items()}
    facts.update({f"{name}_most": _BEYOND if value is None else value for name, value in moment.market.items()})
    facts.update(moment.flags)
    facts.update({field: value or "" for field, value in moment.sets.items()})
    return facts
