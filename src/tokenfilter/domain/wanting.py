"""The routes that want an event, as an index answers. There may be thousands, of whom nearly all were told before."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from tokenfilter.domain.acceptances import Acceptances, key_of
from tokenfilter.domain.subscriber import Route


class Wanting(Sequence[Route]):
    """Routes in no order. They are to be read before any route is replaced: to find them is not yet to fetch them."""

    __slots__ = ()

    @abstractmethod
    def untold(self, accepted: Acceptances) -> Sequence[Route]:
        """Those to destinations that are not among the accepted, fetched."""


class Fetched(Wanting):
    """Routes that are at hand."""

    __slots__ = ("_routes",)

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._routes = list(routes)

    def __len__(self) -> int:
        return len(self._routes)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    @overload
    def __getitem__(self, index: int) -> Route: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Route]: ...
    def __getitem__(self, index: int | slice) -> Route | Sequence[Route]:
        return self._routes[index]

    def untold(self, accepted: Acceptances) -> Sequence[Route]:
        told = accepted.told
        return [r for r in self._routes if key_of(r.destination) not in told] if told else [*self._routes]
