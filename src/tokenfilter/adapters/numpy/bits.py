"""Rows of bits, one bit a slot, all as long as the slots in use need.

Each piece grows on its own and at another time than its neighbours, so no change waits until all of them are copied.
"""

from collections.abc import Sequence

import numpy as np

from tokenfilter.adapters.numpy.arrays import Ints, Places, Truths, Words

_WORD = np.dtype("<u8")
_ONES = 0xFFFF_FFFF_FFFF_FFFF
BIT = tuple(np.uint64(1 << place) for place in range(64))
"""The word in which only this bit is set."""

BUT = tuple(np.uint64(_ONES - (1 << place)) for place in range(64))
"""The word in which only this bit is not."""

_BITS = np.array(BIT)


class Bits:
    """Some rows of bits. A slot nobody has set has the bit `fill` in all of them."""

    __slots__ = ("fill", "rows", "turn")

    def __init__(self, rows: Words, *, fill: bool, turn: int) -> None:
        self.rows = rows
        self.fill = np.uint64(_ONES if fill else 0)
        self.turn = turn

    def set(self, slot: int, row: int = 0) -> None:
        """Set the slot's bit in a row."""
        self.rows[row, slot >> 6] |= BIT[slot & 63]

    def clear(self, slot: int, row: int = 0) -> None:
        """Clear the slot's bit in a row."""
        self.rows[row, slot >> 6] &= BUT[slot & 63]

    def clear_all(self, slots: Ints, row: int) -> None:
        """Clear these slots' bits in a row."""
        np.bitwise_and.at(self.rows[row], slots >> 6, ~_BITS.take(slots & 63))

    def set_all(self, slots: Ints, row: int) -> None:
        """Set these slots' bits in a row."""
        np.bitwise_or.at(self.rows[row], slots >> 6, _BITS.take(slots & 63))

    def insert(self, row: int, like: int | None = None) -> None:
        """Let there be a row before that one: as another is, or with no bit set yet."""
        self.rows = np.insert(self.rows, row, self.fill if like is None else self.rows[like], axis=0)

    def remove(self, row: int) -> None:
        """Let a row not be there any more."""
        self.rows = np.delete(self.rows, row, axis=0)


class Ground:
    """All bits of an index; `words` of each row are in use."""

    def __init__(self) -> None:
        self.words = 0
        self._all: list[Bits] = []

    def bits(self, rows: int, *, fill: bool) -> Bits:
        """New rows."""
        made = Bits(np.empty((rows, 0), _WORD), fill=fill, turn=len(self._all))
        self._all.append(made)
        self._lengthen(made)
        return made

    def reach(self, slot: int) -> None:
        """Make room for a slot."""
        if slot >> 6 < self.words:
            return
        self.words = (slot >> 6) + 1
        for bits in self._all:
            if bits.rows.shape[1] < self.words:
                self._lengthen(bits)

    def _lengthen(self, bits: Bits) -> None:
        """Have words for every slot in use and for some more, of each piece another number."""
        more = self.words // 16 + self.words * (bits.turn * 5 % 32) // 256 + 4
        before = bits.rows
        bits.rows = np.full((len(before), self.words + more), bits.fill, _WORD)
        bits.rows[:, : before.shape[1]] = before


def ones(words: int) -> Words:
    """So many words in which every bit is set."""
    return np.full(words, _ONES, _WORD)


def truths(words: Words) -> Truths:
    """A truth a slot."""
    return np.unpackbits(words.view(np.uint8), bitorder="little").view(np.bool_)


def packed(slots: Truths) -> Words:
    """The other way round."""
    return np.packbits(slots, bitorder="little").view(_WORD)


def slots_of(words: Words) -> Places:
    """The slots whose bit is set, in order."""
    return truths(words).nonzero()[0]


def is_set(rows: Sequence[Words], slots: Places) -> Truths:
    """For each of these rows, which of the slots have their bit set."""
    words = slots >> 6
    found = np.empty((len(rows), len(slots)), _WORD)
    for row, bits in zip(rows, found, strict=True):
        row.take(words, out=bits, mode="clip")
    found &= _BITS.take(slots & 63)
    return found.astype(np.bool_)
