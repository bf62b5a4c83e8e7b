"""Bitmaps that prune: per column a few values, and for each the slots whose condition lies below it.

Of a query's value only the nearest checkpoint above is looked at, so a bitmap holds every slot whose condition holds
and some more: correctness never depends on which checkpoints there are. They are chosen from the values seen, again
when there are five times as many; their bitmaps then hold every slot at first and are cleared stretch by stretch.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

import numpy as np

from tokenfilter.adapters.numpy.arrays import Floats, Longs, Places, Words
from tokenfilter.adapters.numpy.bits import BIT, BUT, Bits, Ground
from tokenfilter.adapters.numpy.columns import Condition, code_of
from tokenfilter.adapters.numpy.query import Query
from tokenfilter.adapters.numpy.rows import Rows

MOST = 15
"""Checkpoints of a column that many filters bound: with one that is below everything they are two words of truths."""

ROWS = MOST + 2
"""First the slots for which the unknown holds, then a row a checkpoint, and last every slot."""

_BITS = np.array(BIT)
_PER_SHARE = 64
_FIRST_CHOICE = 16
_AGAIN = 4
_STRETCH = 4096
_PRUNES = 0.015
"""Where there are many slots, bitmaps that would take out fewer of them are not worth reading."""


class Column:
    """One column's bitmaps. `due` is after how many more conditions checkpoints are chosen anew, None: never."""

    __slots__ = ("bits", "bound", "cuts", "due")

    def __init__(self, bits: Bits, cuts: Sequence[float]) -> None:
        self.bits = bits
        self.cuts = list(cuts)
        self.bound = 0
        self.due = None if cuts else _FIRST_CHOICE


class Checkpoints:
    """All columns by number. `alive` is how many slots are in use."""

    def __init__(self, ground: Ground, rows: Rows) -> None:
        self.alive = 0
        self._ground = ground
        self._rows = rows
        self._columns: list[Column] = []
        self._cuts: Floats = np.empty((0, MOST + 1))
        self._blocked: Longs = np.empty((0, ROWS), np.int64)
        self._places: Places = np.empty(0, np.intp)
        self._firsts: Places = np.empty(0, np.intp)
        self._sweeps: deque[tuple[int, list[tuple[int, int]] | None]] = deque()

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, cuts: Sequence[float] = ()) -> None:
        """A new column, perhaps with checkpoints that stay."""
        self._columns.append(Column(self._ground.bits(len(cuts) + 1, room=ROWS, fill=True), cuts))
        self._cuts = np.vstack([self._cuts, [-np.inf, *cuts, *(np.inf for _ in range(MOST - len(cuts)))]])
        self._blocked = np.vstack([self._blocked, np.zeros((1, ROWS), np.int64)])
        self._places = np.arange(len(self._columns)) * ROWS
        self._firsts = np.array([column.bits.first for column in self._columns])

    def put(self, slot: int, conditions: Sequence[Condition]) -> None:
        """A slot that had none has these conditions."""
        word, but = slot >> 6, BUT[slot & 63]
        for number, value, tolerant in conditions:
            column, blocked = self._columns[number], self._blocked[number]
            last = bisect_right(column.cuts, value) + 1
            held = column.bits.rows[tolerant:last, word]
            held &= but
            blocked[tolerant:last] += 1
            column.bound += 1
            if column.due is not None:
                column.due -= 1
                if column.due == 0:
                    self._sweeps.append((number, None))

    def drop(self, slot: int, conditions: Sequence[Condition]) -> None:
        """A slot has these conditions no longer, and no others."""
        word, bit = slot >> 6, BIT[slot & 63]
        for number, _, _ in conditions:
            column = self._columns[number]
            held = column.bits.rows[:, word]
            self._blocked[number, : len(held)] -= (held & bit) == 0
            held |= bit
            column.bound -= 1

    def candidates(self, query: Query, others: Sequence[tuple[Bits, int]]) -> Words:
        """The slots for which every condition may hold and that are in the `others`, rows of bits."""
        size = self._ground.words
        below = np.bitwise_count((self._cuts <= query.columns[:, None]).view(np.uint64))
        ranks = below[:, 0] + below[:, 1]
        mixed: list[tuple[int, int]] = []
        if query.mixed:
            mixed = [(n, int(ranks[n])) for n in query.mixed if ranks[n] <= len(self._columns[n].cuts)]
            ranks[query.mixed] = ROWS - 1
        together = self._ground.together
        if together is not None:
            rows = np.empty(len(ranks) + len(others), np.intp)
            np.add(self._firsts, ranks, out=rows[: len(ranks)])
            for n, (bits, row) in enumerate(others, start=len(ranks)):
                rows[n] = bits.first + row
            left: Words = np.bitwise_and.reduce(together[rows, :size], axis=0)
        else:
            left = self._intersected(ranks, size)
            for bits, row in others:
                np.bitwise_and(left, bits.rows[row, :size], out=left)
        for n, rank in mixed:
            of = self._columns[n].bits.rows
            left &= of[0, :size] | of[rank, :size]
        return left

    def sweep(self) -> None:
        """Go a small step on with what was put off."""
        if not self._sweeps:
            return
        number, left = self._sweeps[0]
        if left is None:
            self._choose(number)
            self._sweeps[0] = (number, list(self._rows.stretches(_STRETCH)))
        elif left:
            self._clear(number, *left.pop())
        else:
            self._sweeps.popleft()

    def _intersected(self, ranks: Places, size: int) -> Words:
        """The slots in all the columns' bitmaps, but for those that would take out too few."""
        left = np.full(size, -1, np.int64).view(np.uint64)
        useful = self._blocked.ravel().take(self._places + ranks) > self.alive * _PRUNES
        for n, rank in zip(useful.nonzero()[0].tolist(), ranks[useful].tolist(), strict=True):
            np.bitwise_and(left, self._columns[n].bits.rows[rank, :size], out=left)
        return left

    def _choose(self, number: int) -> None:
        """New checkpoints, with bitmaps that hold every slot; what the unknown does stays as it is."""
        column = self._columns[number]
        seen = np.sort(self._rows.sample(code_of(number)))
        most = max(1, min(MOST, -(-column.bound * _PER_SHARE // max(1, self.alive))))
        values = np.unique(seen)
        if len(values) > most:
            values = np.unique(seen[np.arange(most) * len(seen) // most])
        unknown = column.bits.rows[0].copy()
        self._ground.reset(column.bits, len(values) + 1)
        column.bits.rows[0, : len(unknown)] = unknown
        column.cuts = values.tolist()
        column.due = max(_FIRST_CHOICE, _AGAIN * column.bound)
        self._cuts[number, 1:] = np.inf
        self._cuts[number, 1 : len(values) + 1] = values
        self._blocked[number, 1:] = 0

    def _clear(self, number: int, first: int, last: int) -> None:
        """Take the slots of some rows out of the bitmaps of the checkpoints at or below their value."""
        column = self._columns[number]
        slots, values = self._rows.bounding(code_of(number), first, last)
        for rank, cut in enumerate(column.cuts, start=1):
            some = slots[values >= cut]
            row, words, bits = column.bits.rows[rank], some >> 6, _BITS[some & 63]
            self._blocked[number, rank] += np.count_nonzero(row[words] & bits)
            np.bitwise_and.at(row, words, ~bits)
