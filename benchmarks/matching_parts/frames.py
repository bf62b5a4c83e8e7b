"""Peers that hold the filters as a data frame: a mask over each column, and all of them together."""

import operator
import os
from collections.abc import Callable, Collection
from functools import reduce
from typing import Any

import numpy as np

from matching_parts.columns import ANY_BIT, AT_LEAST, AT_MOST
from matching_parts.contest import Load, package
from matching_parts.rows import Remainder

_TESTS: dict[str, Callable[[Any, Any], Any]] = {
    AT_MOST: operator.le,
    AT_LEAST: operator.ge,
    ANY_BIT: lambda column, bit: (column & bit) != 0,
}


class Framed:
    """What both have: for each event the values to compare the columns with."""

    def __init__(self, load: Load) -> None:
        self.tests = [(c.name, _TESTS[c.test]) for c in load.conditions]
        self.columns = {c.name: c.values for c in load.conditions}
        self.moments, self.remainder = load.moments, Remainder(load.rows)
        self.questions = [
            [int(c.ask(m)) if c.test == ANY_BIT else float(c.ask(m)) for c in load.conditions] for m in load.moments
        ]

    def numbers(self, answer: Collection[int]) -> set[int]:
        return set(answer)


class Pandas(Framed):
    """pandas: boolean masks."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        self.frame = package("pandas").DataFrame(self.columns)
        self.series = [(self.frame[name], test) for name, test in self.tests]

    def match(self, event: int) -> set[int]:
        asked = zip(self.series, self.questions[event], strict=True)
        mask = reduce(operator.and_, (test(column, value) for (column, test), value in asked))
        return self.remainder.numbers(np.flatnonzero(mask.to_numpy()).tolist(), self.moments[event])


class Polars(Framed):
    """polars: a lazy filter, on one thread."""

    def __init__(self, load: Load) -> None:
        super().__init__(load)
        os.environ.setdefault("POLARS_MAX_THREADS", "1")  # is read at import
        polars = package("polars")
        frame = polars.DataFrame({"place": np.arange(len(load.rows)), **self.columns})
        self.frame = frame.lazy()
        self.tested = [(polars.col(name), test) for name, test in self.tests]

    def match(self, event: int) -> set[int]:
        asked = zip(self.tested, self.questions[event], strict=True)
        wanted = [test(column, value) for (column, test), value in asked]
        found = self.frame.filter(*wanted).select("place").collect()["place"]
        return self.remainder.numbers(found.to_list(), self.moments[event])
