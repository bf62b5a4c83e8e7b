"""Where routes lead: for every destination the number of its last change, compared for many at once."""

import numpy as np

from tokenfilter.adapters.numpy.arrays import Grown, Ints, Table, Truths, shared
from tokenfilter.domain.acceptances import Key, key_of
from tokenfilter.domain.ids import Destination
from tokenfilter.ports.filter_index import Interval

_LARGEST = 2**62
_OTHER = 2**63 - 1
"""Stands for a key that is no such number, like that of a topic."""


class Destinations:
    """Every destination ever named, by number; `in_use` of them have a route."""

    def __init__(self) -> None:
        self.in_use = 0
        self._numbers: Table[Destination, int] = Table()
        self._named: list[Destination] = []
        self._since = Grown(np.int64)
        self._routes = Grown(np.int32)
        self._chats = Grown(np.int64)
        self._others: dict[int, Key] = {}

    def __getitem__(self, number: int) -> Destination:
        return self._named[number]

    def find(self, destination: Destination) -> int | None:
        """The destination's number."""
        return self._numbers.get(destination)

    def number(self, destination: Destination) -> int:
        """The destination's number, new if it has none."""
        number = self._numbers.get(destination)
        if number is None:
            number = shared(len(self._named))
            self._named.append(destination)
            self._numbers[destination] = number
            self._since.put(number, 0)
            self._routes.put(number, 0)
            key = key_of(destination)
            if isinstance(key, int) and abs(key) <= _LARGEST:
                self._chats.put(number, key)
            else:
                self._chats.put(number, _OTHER)
                self._others[number] = key
        return number

    def keys(self, numbers: Ints) -> list[Key]:
        """The keys of destinations."""
        keys: list[Key] = self._chats.values.take(numbers).tolist()
        if self._others and _OTHER in keys:
            return [self._others.get(number, key) for number, key in zip(numbers.tolist(), keys, strict=True)]
        return keys

    def lead(self, number: int, routes: int) -> None:
        """So many routes more lead there, or fewer."""
        before = int(self._routes.values[number])
        self._routes.put(number, before + routes)
        self.in_use += bool(before + routes) - bool(before)

    def since(self, destination: Destination) -> int:
        """The number of the last change; 0 without one."""
        number = self._numbers.get(destination)
        return 0 if number is None else int(self._since.values[number])

    def renew(self, destination: Destination, seq: int) -> None:
        """Something changed with this number."""
        number = self.number(destination)
        self._since.put(number, max(seq, int(self._since.values[number])))

    def within(self, numbers: Ints, interval: Interval) -> Truths:
        """Which of the destinations changed last within the interval."""
        since = self._since.values[numbers]
        inside: Truths = (since > interval.above) & (since <= interval.upto)
        return inside
