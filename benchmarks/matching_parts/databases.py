"""Peers that are asked in SQL: one full scan an event, whose conditions stop at the first that fails."""

import sqlite3
from collections.abc import Collection

from matching_parts.columns import ANY_BIT, Condition
from matching_parts.contest import Load, package
from matching_parts.rows import Remainder


class Asked:
    """What both have: the statement, and for each event the values it is asked with."""

    def __init__(self, load: Load) -> None:
        self.columns = ", ".join(c.name for c in load.conditions)
        self.statement = f"SELECT place FROM filters WHERE {' AND '.join(map(_clause, load.conditions))}"
        self.moments, self.remainder = load.moments, Remainder(load.rows)
        self.questions = [[c.ask(moment) for c in load.conditions] for moment in load.moments]

    def numbers(self, answer: Collection[int]) -> set[int]:
        return set(answer)


class Sqlite(Asked):
    """sqlite3 of the standard library, in memory."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(f"CREATE TABLE filters (place INTEGER PRIMARY KEY, {self.columns})")
        slots = ", ".join("?" * (len(load.conditions) + 1))
        table = zip(range(len(load.rows)), *(c.values.tolist() for c in load.conditions), strict=True)
        self.connection.executemany(f"INSERT INTO filters VALUES ({slots})", table)

    def match(self, event: int) -> set[int]:
        found = self.connection.execute(self.statement, self.questions[event])
        return self.remainder.numbers((place for (place,) in found), self.moments[event])


class DuckDb(Asked):
    """DuckDB in memory with one thread."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        numpy = package("numpy")
        self.connection = package("duckdb").connect(":memory:", config={"threads": 1})
        given = {"place": numpy.arange(len(load.rows)), **{c.name: c.values for c in load.conditions}}
        self.connection.register("given", given)
        self.connection.execute("CREATE TABLE filters AS SELECT * FROM given")
        self.connection.unregister("given")

    def match(self, event: int) -> set[int]:
        found = self.connection.execute(self.statement, self.questions[event]).fetchnumpy()["place"]
        return self.remainder.numbers(found.tolist(), self.moments[event])


def _clause(condition: Condition) -> str:
    return f"({condition.name} & ?) <> 0" if condition.test == ANY_BIT else f"{condition.name} {condition.test} ?"
