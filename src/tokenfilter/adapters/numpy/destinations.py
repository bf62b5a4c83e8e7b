"""Where routes lead: for every destination the number of its last change, compared for many at once."""

import numpy as np

from tokenfilter.adapters.numpy.arrays import Grown, Ints, Table, Truths, shared
from tokenfilter.domain.ids import Destination
from tokenfilter.ports.filter_index import Interval


class Destinations:
    """Every destination ever named, by number; `in_use` of them have a route."""

    def __init__(self) -> None:
        self.in_use = 0
        self._numbers: Table[Destination, int] = Table()
        self._named: list[Destination] = []
        self._since = Grown(np.int64)
        self._routes = Grown(np.int32)

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
        return number

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
