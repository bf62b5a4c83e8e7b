"""The same answers for some thousand slots, where calling numpy would cost more than all there is to compute.

A set of slots is one whole number, a bit each, and every bitmap is exact: per column one for each value that a filter
has. So nothing is left to be compared one by one, not even for channel rules. What holds slots stands here, what asks
them in few_slots.py.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence, Set
from typing import SupportsFloat

from tokenfilter.adapters.numpy.columns import HIGH, LOW

_MOST_VALUES = 32


class _Block:
    """Some values in order, for each the slots that have it or a larger one here, last none; `later` are beyond."""

    __slots__ = ("from_here", "later", "users", "values")

    def __init__(self, values: list[float], users: list[int], from_here: list[int], later: int) -> None:
        self.values = values
        self.users = users
        self.from_here = from_here
        self.later = later

    def put(self, bit: int, value: float) -> None:
        rank = bisect_left(self.values, value)
        if rank == len(self.values) or self.values[rank] != value:
            self.values.insert(rank, value)
            self.users.insert(rank, 0)
            self.from_here.insert(rank, self.from_here[rank])
        self.users[rank] += 1
        self.from_here[: rank + 1] = [slots | bit for slots in self.from_here[: rank + 1]]

    def drop(self, bit: int, value: float) -> None:
        rank = bisect_left(self.values, value)
        self.users[rank] -= 1
        self.from_here[: rank + 1] = [slots ^ bit for slots in self.from_here[: rank + 1]]
        if not self.users[rank]:
            del self.values[rank], self.users[rank], self.from_here[rank]

    def split(self) -> "_Block":
        """Give away the larger half."""
        half = len(self.values) // 2
        beyond = self.from_here[half]
        right = _Block(self.values[half:], self.users[half:], self.from_here[half:], self.later)
        del self.values[half:], self.users[half:]
        self.from_here = [slots ^ beyond for slots in self.from_here[: half + 1]]
        self.later |= beyond
        return right


class End:
    """One end of a range: the values that slots have there, in blocks, so that a change touches few bitmaps."""

    __slots__ = ("blocks", "tops")

    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self.tops: list[float] = []

    def put(self, bit: int, value: float) -> None:
        """A slot has this value."""
        if not self.blocks:
            self.blocks.append(_Block([], [], [0], 0))
            self.tops.append(value)
        place = min(bisect_left(self.tops, value), len(self.tops) - 1)
        block = self.blocks[place]
        block.put(bit, value)
        self.tops[place] = block.values[-1]
        for before in self.blocks[:place]:
            before.later |= bit
        if len(block.values) > _MOST_VALUES:
            self.blocks.insert(place + 1, block.split())
            self.tops.insert(place, block.values[-1])

    def drop(self, bit: int, value: float) -> None:
        """A slot has it no longer."""
        place = bisect_left(self.tops, value)
        block = self.blocks[place]
        block.drop(bit, value)
        for before in self.blocks[:place]:
            before.later ^= bit
        if block.values:
            self.tops[place] = block.values[-1]
        else:
            del self.blocks[place], self.tops[place]


class Bounded:
    """What slots ask of one number: by end, in the form of columns.py."""

    __slots__ = ("_ends", "_strict")

    def __init__(self) -> None:
        self._ends = {LOW: End(), HIGH: End()}
        self._strict = 0

    def put(self, bit: int, end: int, value: float, *, tolerant: bool) -> None:
        """A slot has a condition."""
        self._ends[end].put(bit, value)
        if not tolerant:
            self._strict |= bit

    def drop(self, bit: int, end: int, value: float) -> None:
        """A slot has it no longer."""
        self._ends[end].drop(bit, value)
        self._strict &= ~bit

    def failing(self, known: SupportsFloat | None) -> int:
        """The slots for which a number fails; None is unknown."""
        if known is None:
            return self._strict
        found, known = 0, float(known)
        for sign, end in self._ends.items():
            number = sign * known
            place = bisect_right(end.tops, number)
            if place < len(end.tops):
                block = end.blocks[place]
                found |= block.from_here[bisect_right(block.values, number)] | block.later
        return found


class Listed:
    """The members that slots ask for and refuse: of a field, or the channels of their rules."""

    def __init__(self) -> None:
        self._asking = self._strict = 0
        self._only: defaultdict[str, int] = defaultdict(int)
        self._exclude: defaultdict[str, int] = defaultdict(int)

    def put(self, bit: int, only: Set[str], exclude: Set[str], *, tolerant: bool) -> None:
        """A slot has these lists."""
        for lists, members in ((self._only, only), (self._exclude, exclude)):
            for member in members:
                lists[member] |= bit
        if only:
            self._asking |= bit
        if not tolerant:
            self._strict |= bit

    def drop(self, bit: int, only: Set[str], exclude: Set[str]) -> None:
        """A slot has these lists no longer."""
        for lists, members in ((self._only, only), (self._exclude, exclude)):
            for member in members:
                lists[member] ^= bit
                if not lists[member]:
                    del lists[member]
        self._asking &= ~bit
        self._strict &= ~bit

    def failing(self, names: Sequence[str] | None) -> int:
        """The slots for which what goes by these names fails; None is unknown."""
        if names is None:
            return self._strict
        asked = refused = 0
        for name in names:
            asked |= self._only.get(name, 0)
            refused |= self._exclude.get(name, 0)
        return (self._asking & ~asked) | refused

    def within(self, texts: Sequence[str]) -> list[str]:
        """The members that are part of these texts."""
        members = self._only.keys() | self._exclude.keys()
        return [member for member in members if any(member in text for text in texts)]
