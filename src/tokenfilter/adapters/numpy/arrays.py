"""Arrays that grow by part of themselves, and tables whose growth nobody waits for."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Hashable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Places = NDArray[np.intp]
Truths = NDArray[np.bool_]
Words = NDArray[np.uint64]
SlotLists = list["array[int]"]
Picked = Ints | list[int]
"""Numbers, in the form that is faster for as many."""

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
_SHARDS = 256
_FIRST = 64


class Grown:
    """A flat array that is written at any place."""

    __slots__ = ("values",)

    def __init__(
        self, dtype: type[np.int16 | np.int32 | np.int64 | np.object_], *, room: int = 0, fill: int = 0
    ) -> None:
        self.values: NDArray[Any] = np.full(room + _FIRST, fill, dtype=dtype)

    def put(self, place: int, value: object) -> None:
        """Set one value."""
        if place >= len(self.values):
            grown = np.zeros(place + place // 8 + _FIRST, dtype=self.values.dtype)
            grown[: len(self.values)] = self.values
            self.values = grown
        self.values[place] = value


class Crowd:
    """Whole numbers below 2**31, in order, each there once."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers = array("i")

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def numbers(self) -> Ints:
        """All of them, if there are any: to be copied at once, as nothing can be added while this is held."""
        return np.frombuffer(self._numbers, np.int32)

    def __contains__(self, number: int) -> bool:
        place = bisect_left(self._numbers, number)
        return place < len(self._numbers) and self._numbers[place] == number

    def add(self, number: int) -> None:
        """Take in one that is not there."""
        insort(self._numbers, number)

    def discard(self, number: int) -> None:
        """Take out one that is there."""
        del self._numbers[bisect_left(self._numbers, number)]


class Table(Generic[_K, _V]):
    """A dictionary in many parts: one of a million entries would take tens of milliseconds whenever it grows."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[dict[_K, _V]] = [{} for _ in range(_SHARDS)]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[_K]:
        for part in self._parts:
            yield from part

    def get(self, key: _K) -> _V | None:
        """The key's value; None without one."""
        return self._parts[hash(key) % _SHARDS].get(key)

    def __setitem__(self, key: _K, value: _V) -> None:
        self._parts[hash(key) % _SHARDS][key] = value

    def pop(self, key: _K) -> _V | None:
        """Take an entry out."""
        return self._parts[hash(key) % _SHARDS].pop(key, None)


class Numbers:
    """Small whole numbers to call things by; those given back are given out again."""

    __slots__ = ("_free", "ever")

    def __init__(self) -> None:
        self._free: list[int] = []
        self.ever = 0

    def take(self) -> int:
        """A number that nothing is called by."""
        if self._free:
            return self._free.pop()
        self.ever += 1
        return shared(self.ever - 1)

    def give_back(self, number: int) -> None:
        """Nothing is called by this number any more."""
        self._free.append(number)


_SHARED: list[int] = []


def shared(number: int) -> int:
    """The number as the one object that every table keeps of it: an object each would be a tenth of an index."""
    _SHARED.extend(range(len(_SHARED), number + 1))
    return _SHARED[number]
