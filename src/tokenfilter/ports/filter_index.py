"""Which routes want an event? Holds every active filter and answers for all of them at once."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tokenfilter.domain.decide import Interval
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.subscriber import Route
from tokenfilter.domain.wanting import Wanting

__all__ = ["FilterIndex", "Interval", "Totals"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much an index holds: subscribers with an active filter, routes, and the chats they go to."""

    subscribers: int
    routes: int
    destinations: int


class FilterIndex(Protocol):
    """Synchronous and in this process: matching never waits. What is put counts for the very next question."""

    @abstractmethod
    def matches(
        self,
        evidence: Evidence,
        *,
        fresh: frozenset[ChannelId] | None = None,
        only_always: bool = False,
        since: Interval | None = None,
    ) -> Wanting:
        """Every route whose filter `matching.matches` the evidence, in no order.

        With `only_always` those with `recheck always`; with `since` those whose destination's number lies in it. To be
        read before anything is replaced, else reading may raise RuntimeError. Asked again about the same evidence, the
        same route is the same object until then.
        """

    @abstractmethod
    def since(self, destination: Destination) -> int:
        """The sequence number of the last change that forgot the destination's rejections; 0 if there was none."""

    @abstractmethod
    def replace(
        self, owner: ChatId, routes: Iterable[Route], *, renewed: Iterable[Destination] = (), seq: int = 0
    ) -> None:
        """These are the owner's routes from now on; the `renewed` destinations changed with `seq`."""

    @abstractmethod
    def routes_to(self, destination: Destination) -> Sequence[Route]:
        """Every active route to a destination, whoever owns it."""

    @property
    @abstractmethod
    def has_always(self) -> bool:
        """Whether any route is to be judged at every price."""

    @abstractmethod
    def totals(self) -> Totals:
        """How much is held."""
