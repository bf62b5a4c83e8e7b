"""What some thousand slots ask of numbers, in whole numbers of a bit a slot: exact for every number there can be.

Per end of a range there is a bitmap for each value that a slot has there. Where nothing changes for a while all answers
are laid out, and one look-up is one question.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import inf, nextafter
from typing import NamedTuple

from tokenfilter.adapters.numpy.columns import HIGH, LOW

_MOST_VALUES = 32
_MOST_EDGES = 1_500

Known = Decimal | int
"""A fact as it is known: it is compared as it is where edges are laid out, as turning it into a float takes longer."""


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

    def __len__(self) -> int:
        return sum(len(block.values) for block in self.blocks)

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

    Where there are few values every answer is laid out, once it was asked as often as there are values since the last
    change: it would not be worth it before. `_edges` are the numbers from which on there is another answer, which is
    in `_answers` after as many; written out they are the limits that people wrote.
    """

    __slots__ = ("_answers", "_asked", "_edges", "_ends", "_values", "high", "low", "strict")

    def __init__(self) -> None:
        self.low, self.high = End(), End()
        self._ends = {LOW: self.low, HIGH: self.high}
        self.strict = 0
        self._edges: list[Decimal] = []
        self._answers: list[int] = []
        self._asked = self._values = 0

    def put(self, bit: int, end: int, value: float, *, tolerant: bool) -> None:
        """A slot has a condition."""
        self._ends[end].put(bit, value)
        self._changed()
        if not tolerant:
            self.strict |= bit

    def drop(self, bit: int, end: int, value: float) -> None:
        """A slot has it no longer."""
        self._ends[end].drop(bit, value)
        self._changed()
        self.strict &= ~bit

    def failing(self, known: Known | None) -> int:
        """The slots for which a number fails; None is unknown."""
        self._asked += 1
        if self._asked == self._values:
            self._lay_out()
        if known is None:
            return self.strict
        number = float(known)
        if self._answers:
            return self._answers[bisect_right(self._edges, known)]
        return self.low.above(number) | self.high.above(-number)

    @property
    def is_settled(self) -> bool:
        """Whether all is laid out that will be, until something changes."""
        return self._asked >= self._values

    def ready(self, name: str) -> "_Ready":
        """How to answer from now on, once settled."""
        return _Ready(name, self.strict, self._edges, self._answers, None if self._answers else self)

    def _changed(self) -> None:
        self._answers, self._edges, self._asked = [], [], 0
        self._values = len(self.low) + len(self.high)

    def _lay_out(self) -> None:
        """Have the answer ready for every number: it changes at the low values and right behind the high ones."""
        edges = {*self.low.values(), *(nextafter(-value, inf) for value in self.high.values())}
        if len(edges) > _MOST_EDGES:
            return
        in_order = sorted(edges)
        self._edges = [Decimal(repr(edge)) for edge in in_order]
        self._answers = [self.low.above(edge) | self.high.above(-edge) for edge in (-inf, *in_order)]


class _Ready(NamedTuple):
    """A number whose answers are laid out, or are looked for in `bounded`."""

    name: str
    unknown: int
    edges: Sequence[Decimal]
    answers: Sequence[int]
    bounded: Bounded | None


class Bounds:
    """What slots ask of all numbers of one kind, by name."""

    def __init__(self) -> None:
        self._named: defaultdict[str, Bounded] = defaultdict(Bounded)
        self._ready: list[_Ready] | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __bool__(self) -> bool:
        return bool(self._named)

    def of(self, name: str) -> Bounded:
        """What they ask of one, to be changed at once."""
        self._ready = None
        return self._named[name]

    def failing(self, known: Mapping[str, Known | None]) -> int:
        """The slots for which any of these numbers fails."""
        if self._ready is None:
            return self._failing_slowly(known)
        found, get = 0, known.get
        for name, unknown, edges, answers, bounded in self._ready:
            value = get(name)
            if value is None:
                found |= unknown
            elif bounded is None:
                found |= answers[bisect_right(edges, value)]
            else:
                found |= bounded.failing(value)
        return found

    def _failing_slowly(self, known: Mapping[str, Known | None]) -> int:
        """As long as not all answers that can be laid out are."""
        found, is_ready = 0, True
        for name, bounded in self._named.items():
            found |= bounded.failing(known.get(name))
            is_ready &= bounded.is_settled
        if is_ready:
            self._ready = [bounded.ready(name) for name, bounded in self._named.items()]
        return found
