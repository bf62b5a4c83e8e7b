"""Every active filter, judged one after the other: the oracle that faster indexes are held against."""

from collections.abc import Iterable, Sequence

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter, Recheck
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.matching import matches
from tokenfilter.domain.subscriber import Route
from tokenfilter.domain.wanting import Fetched, Wanting
from tokenfilter.ports.filter_index import FilterIndex, Interval, Totals


class MemoryFilterIndex(FilterIndex):
    """Routes by the subscriber who owns them. Filters that are the same object are judged once."""

    def __init__(self) -> None:
        self._routes: dict[ChatId, tuple[Route, ...]] = {}
        self._since: dict[Destination, int] = {}
        self._always: dict[ChatId, tuple[Route, ...]] = {}
        self._totals: Totals | None = None

    def matches(
        self,
        evidence: Evidence,
        *,
        fresh: frozenset[ChannelId] | None = None,
        only_always: bool = False,
        since: Interval | None = None,
    ) -> Wanting:
        wanted: list[Route] = []
        verdicts: dict[int, bool] = {}
        for routes in (self._always if only_always else self._routes).values():
            for route in routes:
                if since is not None and self.since(route.destination) not in since:
                    continue
                key = id(route.wanted)
                if key not in verdicts:
                    verdicts[key] = matches(route.wanted, evidence, fresh=fresh)
                if verdicts[key]:
                    wanted.append(route)
        return Fetched(wanted)

    def since(self, destination: Destination) -> int:
        return self._since.get(destination, 0)

    def replace(
        self, owner: ChatId, routes: Iterable[Route], *, renewed: Iterable[Destination] = (), seq: int = 0
    ) -> None:
        self._totals = None
        kept = tuple(routes)
        always = tuple(r for r in kept if _is_always(r.wanted))
        for held, new in ((self._routes, kept), (self._always, always)):
            if new:
                held[owner] = new
            else:
                held.pop(owner, None)
        for destination in renewed:
            self._since[destination] = max(seq, self._since.get(destination, 0))

    def routes_to(self, destination: Destination) -> Sequence[Route]:
        return [r for routes in self._routes.values() for r in routes if r.destination == destination]

    @property
    def has_always(self) -> bool:
        return bool(self._always)

    def totals(self) -> Totals:
        if self._totals is None:
            held = [route for routes in self._routes.values() for route in routes]
            destinations = len({route.destination for route in held})
            self._totals = Totals(subscribers=len(self._routes), routes=len(held), destinations=destinations)
        return self._totals


def _is_always(wanted: Filter) -> bool:
    return wanted.recheck is Recheck.ALWAYS
