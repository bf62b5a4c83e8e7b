"""The same answers for some thousand slots, where calling numpy would cost more than all there is to compute.

A set of slots is one whole number, a bit each, and every bitmap is exact: per column one for each value that a filter
has. So nothing is left to be compared one by one, not even for channel rules. What holds slots stands here, what asks
them in few_slots.py.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from math import inf, nextafter
from typing import SupportsFloat

from tokenfilter.adapters.numpy.columns import HIGH, LOW

_MOST_VALUES = 32
_MOST_EDGES = 1_500
_WORTH_IT = 8
"""Questions after a change that are answered without laying out."""


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

    def values(self) -> list[float]:
        """All of them, in order."""
        return [value for block in self.blocks for value in block.values]

    def above(self, number: float) -> int:
        """The slots whose value is larger."""
        place = bisect_right(self.tops, number)
        if place == len(self.tops):
            return 0
        block = self.blocks[place]
        return block.from_here[bisect_right(block.values, number)] | block.later

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
    """What slots ask of one number: by end, in the form of columns.py. For the `strict` ones the unknown fails.

    Where there are few values, and nothing has changed for a while, every answer is laid out: `edges` are the numbers
    from which on there is another one, which stands in `answers` after as many.
    """

    __slots__ = ("_asked", "_ends", "answers", "edges", "high", "low", "strict")

    def __init__(self) -> None:
        self.low, self.high = End(), End()
        self._ends = {LOW: self.low, HIGH: self.high}
        self.strict = 0
        self.edges: list[float] | None = None
        self.answers: list[int] = []
        self._asked = 0

    def put(self, bit: int, end: int, value: float, *, tolerant: bool) -> None:
        """A slot has a condition."""
        self._changed()
        self._ends[end].put(bit, value)
        if not tolerant:
            self.strict |= bit

    def drop(self, bit: int, end: int, value: float) -> None:
        """A slot has it no longer."""
        self._changed()
        self._ends[end].drop(bit, value)
        self.strict &= ~bit

    def failing(self, known: SupportsFloat | None) -> int:
        """The slots for which a number fails; None is unknown."""
        if known is None:
            return self.strict
        self._asked += 1
        if self._asked == _WORTH_IT:
            self._lay_out()
        number = float(known)
        return self.low.above(number) | self.high.above(-number)

    def _changed(self) -> None:
        self.edges, self._asked = None, 0

    def _lay_out(self) -> None:
        """Have the answer ready for every number: it changes at the low values and right behind the high ones."""
        edges = {*self.low.values(), *(nextafter(-value, inf) for value in self.high.values())}
        if len(edges) > _MOST_EDGES:
            return
        self.edges = sorted(edges)
        self.answers = [self.low.above(edge) | self.high.above(-edge) for edge in (-inf, *self.edges)]


def failing(bounds: Mapping[str, Bounded], known: Mapping[str, SupportsFloat]) -> int:
    """The slots for which any of these numbers fails: `failing` of each, written out, as it is most of all the work."""
    found = 0
    for name, bounded in bounds.items():
        value = known.get(name)
        if value is None:
            found |= bounded.strict
            continue
        number = float(value)
        edges = bounded.edges
        if edges is None:
            found |= bounded.failing(number)
        else:
            found |= bounded.answers[bisect_right(edges, number)]
    return found


def without(slots: int, others: int) -> int:
    """The slots that are not among the others. With `~` there would be a negative number, at which Python is slow."""
    return slots ^ (slots & others)


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
        return without(self._asking, asked) | refused

    def within(self, texts: Sequence[str]) -> list[str]:
        """The members that are part of these texts."""
        members = self._only.keys() | self._exclude.keys()
        return [member for member in members if any(member in text for text in texts)]
