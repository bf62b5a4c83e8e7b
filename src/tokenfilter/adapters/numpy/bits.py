"""Rows of bits, one bit a slot, all as long as the slots in use need.

While there are few slots all rows lie in one matrix, so that any number of them is intersected at once. Later each
piece grows on its own and at another time than its neighbours, so no change waits until all of them are copied.
"""

import numpy as np

from tokenfilter.adapters.numpy.arrays import Places, Words

FEW_WORDS = 256
"""Rows up to this long lie in one matrix."""

_WORD = np.dtype("<u8")
_ONES = 0xFFFF_FFFF_FFFF_FFFF
BIT = tuple(np.uint64(1 << place) for place in range(64))
"""The word in which only this bit is set."""

BUT = tuple(np.uint64(_ONES - (1 << place)) for place in range(64))
"""The word in which only this bit is not."""


class Bits:
    """Some rows of bits. A slot nobody has set has the bit `fill` in all of them.

    `first` is where they begin in the matrix, for as long as they are there; `used` is how many of them mean anything.
    """

    __slots__ = ("fill", "first", "rows", "turn", "used")

    def __init__(self, *, fill: bool, turn: int) -> None:
        self.rows: Words = np.empty((0, 0), _WORD)
        self.first = self.used = 0
        self.fill = _ONES if fill else 0
        self.turn = turn

    def set(self, slot: int, row: int = 0) -> None:
        """Set the slot's bit in a row."""
        self.rows[row, slot >> 6] |= BIT[slot & 63]

    def clear(self, slot: int, row: int = 0) -> None:
        """Clear the slot's bit in a row."""
        self.rows[row, slot >> 6] &= BUT[slot & 63]


class Ground:
    """All bits of an index; `words` of each row are in use. `together` is the matrix while there are few slots."""

    def __init__(self, few_words: int) -> None:
        self.words = 0
        self.together: Words | None = np.empty((0, few_words), _WORD)
        self._all: list[Bits] = []
        self._few_words = few_words

    def bits(self, rows: int, *, room: int | None = None, fill: bool) -> Bits:
        """New rows, and room for so many in all."""
        made = Bits(fill=fill, turn=len(self._all))
        if self.together is not None:
            room = room or rows
            made.first = sum(len(bits.rows) for bits in self._all)
            made.rows = self._room(made.first + room)[made.first : made.first + room]
        self._all.append(made)
        self.reset(made, rows)
        return made

    def reset(self, bits: Bits, rows: int) -> None:
        """Fill so many rows anew, of those there are while all lie together, and use only these."""
        bits.used = rows
        if self.together is None:
            bits.rows = self._filled(bits)
        else:
            bits.rows[:] = bits.fill

    def extend(self, bits: Bits) -> int:
        """Use one row more of those there is room for, a copy of the first but one; its number."""
        bits.used += 1
        if self.together is None:
            bits.rows = np.vstack([bits.rows, bits.rows[1:2]])
        else:
            bits.rows[bits.used - 1] = bits.rows[1]
        return bits.used - 1

    def reach(self, slot: int) -> None:
        """Make room for a slot."""
        if slot >> 6 < self.words:
            return
        self.words = (slot >> 6) + 1
        if self.words <= self._few_words:
            return
        self.together = None
        for bits in self._all:
            if bits.rows.shape[1] < self.words:
                grown = self._filled(bits)
                grown[:, : bits.rows.shape[1]] = bits.rows[: bits.used]
                bits.rows = grown

    def _filled(self, bits: Bits) -> Words:
        """Rows with words for every slot in use and for some more, of each piece another number."""
        more = self.words // 16 + self.words * (bits.turn * 5 % 32) // 256 + 4
        return np.full((bits.used, self.words + more), bits.fill, _WORD)

    def _room(self, rows: int) -> Words:
        """The matrix with room for so many rows."""
        if self.together is None or rows > len(self.together):
            grown = np.empty((2 * rows, self._few_words), _WORD)
            for bits in self._all:
                here = grown[bits.first : bits.first + len(bits.rows)]
                here[:] = bits.rows
                bits.rows = here
            self.together = grown
        return self.together


def slots_of(words: Words) -> Places:
    """The slots whose bit is set, in order."""
    return np.unpackbits(words.view(np.uint8), bitorder="little").view(np.bool_).nonzero()[0]
