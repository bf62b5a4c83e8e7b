"""Routes by number, and an answer that is numbers until somebody reads it."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from tokenfilter.adapters.numpy.arrays import Grown, Ints, Numbers, Picked
from tokenfilter.adapters.numpy.destinations import Destinations
from tokenfilter.adapters.numpy.held import HeldRoute
from tokenfilter.domain.acceptances import Acceptances, Key
from tokenfilter.domain.ids import Destination
from tokenfilter.domain.subscriber import Route
from tokenfilter.domain.wanting import Wanting
from tokenfilter.ports.filter_index import Interval

_NOBODY = -1


class Routes:
    """Routes and where each leads. `turn` is another one whenever somebody's routes are replaced."""

    def __init__(self) -> None:
        self.turn = 0
        self.destinations = Destinations()
        self.numbers = Numbers()
        self._held = Grown(np.object_)
        self._destination_of = Grown(np.int32)

    def __getitem__(self, number: int) -> HeldRoute:
        held: HeldRoute = self._held.values[number]
        return held

    def put(self, number: int, route: Route, spelt: bytes) -> None:
        """Hold a route."""
        destination = self.destinations.number(route.destination)
        self.destinations.lead(destination, 1)
        self._held.put(number, HeldRoute(route, self.destinations[destination], spelt))
        self._destination_of.put(number, destination)

    def drop(self, number: int) -> None:
        """Hold it no longer."""
        self.destinations.lead(int(self._destination_of.values[number]), -1)
        self._destination_of.put(number, _NOBODY)
        self._held.put(number, None)
        self.numbers.give_back(number)

    def read(self, numbers: Picked) -> list[Route]:
        """These routes."""
        held = self._held.values
        if isinstance(numbers, list):
            return [held[number] for number in numbers]
        found: list[Route] = held.take(numbers).tolist()
        return found

    def keys(self, numbers: Picked) -> list[Key]:
        """To whom they lead."""
        return self.destinations.keys(self._destination_of.values.take(numbers))

    def within(self, numbers: Picked, since: Interval) -> Picked:
        """Those to destinations whose last change lies in the interval."""
        of = np.asarray(numbers, np.int32)
        inside: Ints = of[self.destinations.within(self._destination_of.values[of], since)]
        return inside

    def to(self, destination: Destination) -> list[Route]:
        """All of them that lead there."""
        number = self.destinations.find(destination)
        if number is None:
            return []
        there = np.flatnonzero(self._destination_of.values[: self.numbers.ever] == number)
        return self.read(there.tolist())


class Found(Wanting):
    """Routes of which only the numbers are known, for as long as nothing changes."""

    __slots__ = ("_numbers", "_routes", "_turn")

    def __init__(self, routes: Routes, numbers: Picked) -> None:
        self._routes = routes
        self._turn = routes.turn
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._fetched(self._numbers))

    @overload
    def __getitem__(self, index: int) -> Route: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Route]: ...
    def __getitem__(self, index: int | slice) -> Route | Sequence[Route]:
        if isinstance(index, slice):
            return self._fetched(self._numbers[index])
        return self._fetched([int(self._numbers[index])])[0]

    def untold(self, accepted: Acceptances) -> Sequence[Route]:
        told = accepted.told
        if not told or not len(self._numbers):
            return self._fetched(self._numbers)
        numbers = self._numbers if isinstance(self._numbers, list) else self._numbers.tolist()
        keys = self._routes.keys(self._numbers)
        return self._fetched([number for number, key in zip(numbers, keys, strict=True) if key not in told])

    def _fetched(self, numbers: Picked) -> list[Route]:
        if self._turn != self._routes.turn:
            raise RuntimeError("routes were replaced after these had matched")
        return self._routes.read(numbers)
