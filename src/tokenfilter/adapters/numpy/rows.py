"""Conditions by slot: a row of a few (code, value) and of links, exact, in segments that are never copied.

A condition holds where `value <= what a query holds under its code`. Code 0 always holds and fills a row up; what does
not fit into a row goes on in another one, in `more`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenfilter.adapters.numpy.arrays import Floats, Ints, Numbers, Places, Truths

NONE = -1
"""In a link: there is none."""

GROUP, SETS, QUORUM, LISTS, NEXT = 1, 2, 3, 4, 5
"""Links of a slot, after the one to where its row goes on."""

SEGMENT = 65_536
_WIDTH = 12
_ROW = np.dtype([("values", "<f8", _WIDTH), ("codes", "<u2", _WIDTH), ("links", "<i4", 6)], align=True)
_ALL_OF_FOUR = np.uint32(0x01010101)
_SAMPLED = 4096

Read = NDArray[np.void]
"""Some rows, side by side."""


class Rows:
    """The rows of all slots."""

    def __init__(self, segment: int = SEGMENT) -> None:
        self.ever = 0
        self._segment = segment
        self._segments: list[NDArray[np.void]] = []
        self._starts = np.empty(0, np.intp)
        self._more: Rows | None = None
        self._more_numbers = Numbers()

    def write(self, row: int, conditions: Sequence[tuple[int, float]], links: Sequence[int]) -> None:
        """Fill a row that is empty."""
        while row >= len(self._segments) * self._segment:
            self._segments.append(np.zeros(self._segment, _ROW))
            self._starts = np.arange(1, len(self._segments)) * self._segment
        self.ever = max(self.ever, row + 1)
        fill = _WIDTH - len(conditions)
        codes = [code for code, _ in conditions[:_WIDTH]] + [0] * fill
        values = [value for _, value in conditions[:_WIDTH]] + [0.0] * fill
        on = self._go_on(conditions[_WIDTH:])
        self._segments[row // self._segment][row % self._segment] = (values, codes, (on, *links))

    def clear(self, row: int) -> None:
        """Empty a row."""
        part, at = self._segments[row // self._segment], row % self._segment
        on = int(part["links"][at, 0])
        part["codes"][at] = 0
        if on != NONE and self._more:
            self._more.clear(on)
            self._more_numbers.give_back(on)

    def link(self, row: int, which: int) -> int:
        """One link of a row."""
        return int(self._segments[row // self._segment]["links"][row % self._segment, which])

    def read(self, rows: Places | Ints) -> Read:
        """The rows of these numbers."""
        if len(self._segments) == 1:
            return self._segments[0].take(rows)
        order = rows.argsort(kind="stable")
        ends = [0, *np.searchsorted(rows, self._starts, sorter=order).tolist(), len(rows)]
        found = np.empty(len(rows), _ROW)
        for n, (first, last) in enumerate(pairwise(ends)):
            if last > first:
                there = order[first:last]
                found[there] = self._segments[n].take(rows[there] - n * self._segment)
        return found

    def holding(self, read: Read, query: Floats) -> Truths:
        """In which of the rows every condition holds; for several queries, one a row, each answer is one."""
        met: NDArray[Any] = (read["values"] <= query.take(read["codes"], axis=-1)).view(np.uint32)
        holds: Truths = (met[..., 0] & met[..., 1] & met[..., 2]) == _ALL_OF_FOUR
        if self._more:
            on = read["links"][:, 0]
            some = (on != NONE).nonzero()[0]
            if some.size:
                holds[..., some] &= self._more.holding(self._more.read(on[some]), query)
        return holds

    def stretches(self, size: int) -> Iterator[tuple[int, int]]:
        """All rows ever used in stretches of at most `size`, none over a segment's end."""
        for start in range(0, self.ever, self._segment):
            end = min(start + self._segment, self.ever)
            yield from ((first, min(first + size, end)) for first in range(start, end, size))

    def bounding(self, code: int, first: int, last: int) -> tuple[Places, Floats]:
        """The rows of a stretch with a condition of this code or the next, and its values; not where rows go on."""
        part, at = self._segments[first // self._segment], first % self._segment
        stretch = part[at : at + last - first]
        rows, places = np.nonzero(stretch["codes"] >> 1 == code >> 1)
        return first + rows, stretch["values"][rows, places]

    def sample(self, code: int) -> Floats:
        """Values under this code and the next, from rows all over."""
        read = self.read(np.arange(0, self.ever, -(-self.ever // _SAMPLED)))
        values: Floats = read["values"][read["codes"] >> 1 == code >> 1]
        return values

    def _go_on(self, conditions: Sequence[tuple[int, float]]) -> int:
        if not conditions:
            return NONE
        if self._more is None:
            self._more = Rows(self._segment)
            self._more._more, self._more._more_numbers = self._more, self._more_numbers
        number = self._more_numbers.take()
        self._more.write(number, conditions, [NONE] * NEXT)
        return number
