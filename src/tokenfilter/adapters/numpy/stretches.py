"""One column: the limits that slots have there, in order, cut into stretches, and between two stretches a bitmap.

A number lies in one stretch. The bitmap behind it takes out at once every slot whose limit lies in a later one, and the
few limits beyond the number within the stretch are taken out one by one. So what is left is exact, and what is read is
one bitmap and half a stretch.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np

from tokenfilter.adapters.numpy.arrays import Ints, SlotLists, Words
from tokenfilter.adapters.numpy.bits import BIT, BUT, Bits

_OF_UNKNOWN, _OF_LESS = 0, 1
FIRST_ROWS = 2
"""For which slots the unknown holds, and a number below every limit."""

_take_out = np.bitwise_and


class _Stretch:
    """Limits in order, each with its slot."""

    __slots__ = ("limits", "slots")

    def __init__(self, limits: Sequence[float] = (), slots: Sequence[int] = ()) -> None:
        self.limits = array("d", limits)
        self.slots = array("i", slots)

    def put(self, slot: int, limit: float) -> None:
        at = self._place(slot, limit)
        self.limits.insert(at, limit)
        self.slots.insert(at, slot)

    def drop(self, slot: int, limit: float) -> None:
        at = self._place(slot, limit)
        del self.limits[at], self.slots[at]

    def _place(self, slot: int, limit: float) -> int:
        """Where a slot is, or belongs, among those with the same limit: in order too, as there may be thousands."""
        first, last = bisect_left(self.limits, limit), bisect_right(self.limits, limit)
        return bisect_left(self.slots, slot, first, last)

    def seen(self) -> Ints:
        """Its slots, to be used at once: nothing can be put while this is held."""
        return np.frombuffer(self.slots, np.int32)

    def middle(self) -> int:
        """Where to cut it, with equal limits on one side; 0 where all are equal."""
        size = len(self.limits)
        limit = self.limits[size // 2]
        edges = bisect_left(self.limits, limit), bisect_right(self.limits, limit)
        return min((e for e in edges if 0 < e < size), key=lambda e: abs(2 * e - size), default=0)

    def cut(self, first: int, last: int) -> "_Stretch":
        """Give away what lies there."""
        away = _Stretch(self.limits[first:last], self.slots[first:last])
        del self.limits[first:last], self.slots[first:last]
        return away

    def take_in(self, later: "_Stretch") -> None:
        """Go on with the next one."""
        self.limits += later.limits
        self.slots += later.slots


class Column:
    """The limits of one column, each of a slot of its own. Stretches are cut where they hold more than `most`.

    After the first rows of bits there is one behind each stretch but the last: without the slots of all later ones.
    """

    __slots__ = ("_bits", "_firsts", "_laid_out", "_stretches", "_words")

    def __init__(self, bits: Bits) -> None:
        self._bits = bits
        self._firsts: list[float] = []
        self._stretches: list[_Stretch] = []
        self._laid_out: Words | None = None
        self._words: list[Words] = []

    def put(self, slot: int, limit: float, *, tolerant: bool, most: int) -> None:
        """A slot has this limit; a `tolerant` one holds while the number is unknown."""
        at = self._at(limit)
        if not self._stretches:
            self._stretches.append(_Stretch())
            self._firsts.append(limit)
        held = self._bits.rows[_OF_LESS if tolerant else _OF_UNKNOWN : at + FIRST_ROWS, slot >> 6]
        held &= BUT[slot & 63]
        stretch = self._stretches[at]
        stretch.put(slot, limit)
        self._firsts[at] = stretch.limits[0]
        if len(stretch.slots) > most:
            self._cut(at, most)

    def drop(self, slot: int, limit: float, *, most: int) -> None:
        """The slot has that limit no longer."""
        held = self._bits.rows[:, slot >> 6]
        held |= BIT[slot & 63]
        at = self._at(limit)
        self._stretches[at].drop(slot, limit)
        for small in (at, at - 1):
            if self._are_small(small, most):
                self._join(small)
        if not self._stretches[-1].slots:
            self._stretches, self._firsts = [], []

    def take_out(self, number: float | None, left: Words, beyond: SlotLists) -> None:
        """Clear in `left` the slots with a larger limit, but those that are added to `beyond`; None is unknown."""
        if self._laid_out is not self._bits.rows or len(self._words[0]) != len(left):
            self._lay_out(len(left))
        at = _OF_UNKNOWN - FIRST_ROWS
        if number is not None:
            at = bisect_right(self._firsts, number) - 1
            if at >= 0:
                stretch = self._stretches[at]
                some = stretch.slots[bisect_right(stretch.limits, number) :]
                if some:
                    beyond.append(some)
                if at == len(self._stretches) - 1:
                    return
        _take_out(left, self._words[at + FIRST_ROWS], left)

    def _lay_out(self, size: int) -> None:
        """Have each bitmap at hand, as it is for as long as nothing is cut, joined or made longer."""
        self._laid_out = self._bits.rows
        self._words = list(self._laid_out[:, :size])

    def _at(self, limit: float) -> int:
        """The stretch in which a limit lies."""
        return max(0, bisect_right(self._firsts, limit) - 1)

    def _cut(self, at: int, most: int) -> None:
        """Make two of a stretch, or let a neighbour take one part of it."""
        stretch, row = self._stretches[at], at + FIRST_ROWS
        place, size = stretch.middle(), len(stretch.slots)
        if not place:
            return
        before, later = (self._stretches[n] if 0 <= n < len(self._stretches) else None for n in (at - 1, at + 1))
        if later and size - place + len(later.slots) <= most // 2:
            away = stretch.cut(place, size)
            self._bits.clear_all(away.seen(), row)
            away.take_in(later)
            self._stretches[at + 1] = away
            self._firsts[at + 1] = away.limits[0]
        elif before and place + len(before.slots) <= most // 2:
            away = stretch.cut(0, place)
            self._bits.set_all(away.seen(), row - 1)
            before.take_in(away)
            self._firsts[at] = stretch.limits[0]
        else:
            away = stretch.cut(place, size)
            self._bits.insert(row, like=row if later else None)
            self._bits.clear_all(away.seen(), row)
            self._stretches.insert(at + 1, away)
            self._firsts.insert(at + 1, away.limits[0])
            small = next((n for n in range(len(self._stretches)) if self._are_small(n, most)), None)
            if small is not None:
                self._join(small)

    def _are_small(self, at: int, most: int) -> bool:
        """Whether there is no need for this stretch and the next to be two."""
        if not 0 <= at < len(self._stretches) - 1:
            return False
        size, later = len(self._stretches[at].slots), len(self._stretches[at + 1].slots)
        return not (size and later) or size + later <= most // 2

    def _join(self, at: int) -> None:
        """Make one of a stretch and the next."""
        self._stretches[at].take_in(self._stretches[at + 1])
        self._bits.remove(at + FIRST_ROWS)
        del self._stretches[at + 1], self._firsts[at + 1]
