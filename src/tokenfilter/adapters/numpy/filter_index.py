"""Every active filter in arrays: a hundred thousand are judged in a fraction of a millisecond.

How: slots.py holds, judging.py judges, fan_out.py finds the routes of what matched.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from tokenfilter.adapters.numpy import spelling
from tokenfilter.adapters.numpy.arrays import Grown, Ints, Numbers, Table
from tokenfilter.adapters.numpy.destinations import Destinations
from tokenfilter.adapters.numpy.facts import STRETCH
from tokenfilter.adapters.numpy.fan_out import Groups
from tokenfilter.adapters.numpy.few_slots import FEW_SLOTS, FewJudging
from tokenfilter.adapters.numpy.held import HeldRoute
from tokenfilter.adapters.numpy.judging import Judging
from tokenfilter.adapters.numpy.slots import Slots
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Recheck
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.subscriber import Route
from tokenfilter.ports.filter_index import FilterIndex, Interval, Totals

_NOBODY = -1


class NumpyFilterIndex(FilterIndex):
    """Keeps of every route what it needs, not the route.

    `stretch`: how many limits of a column may be looked at one by one, for as long as there are few slots; `few_slots`:
    alternatives up to which whole numbers are faster than arrays.
    """

    def __init__(self, *, stretch: int = STRETCH, few_slots: int = FEW_SLOTS) -> None:
        self._slots = Slots(stretch=stretch, few_slots=few_slots)
        self._groups = Groups()
        self._slot_of_group = Grown(np.int32)
        self._destinations = Destinations()
        self._routes = Grown(np.object_)
        self._free = Numbers()
        self._group_of = Grown(np.int32)
        self._destination_of = Grown(np.int32)
        self._owned: Table[ChatId, int | tuple[int, ...]] = Table()
        self._subscribers = self._held = self._always = 0
        self._judging: Judging | FewJudging | None = None
        self._answers: dict[tuple[frozenset[ChannelId] | None, bool], Ints] = {}

    def matches(
        self,
        evidence: Evidence,
        *,
        fresh: frozenset[ChannelId] | None = None,
        only_always: bool = False,
        since: Interval | None = None,
    ) -> Sequence[Route]:
        if not (self._always if only_always else self._held):
            return []
        routes = self._wanting(evidence, fresh, only_always=only_always)
        if since is not None:
            routes = routes[self._destinations.within(self._destination_of.values[routes], since)]
        held: list[Route] = self._routes.values.take(routes).tolist()
        return held

    def since(self, destination: Destination) -> int:
        return self._destinations.since(destination)

    def replace(
        self, owner: ChatId, routes: Iterable[Route], *, renewed: Iterable[Destination] = (), seq: int = 0
    ) -> None:
        new = [(route, spelling.spelt(route.wanted)) for route in routes]
        self._judging = None
        owned = self._owned.pop(owner)
        before = [] if owned is None else [owned] if isinstance(owned, int) else list(owned)
        after = [self._kept(before, *one) for one in new]
        for number in before:
            self._drop(number)
        self._subscribers += bool(after) - (owned is not None)
        if after:
            self._owned[self._route(after[0]).owner] = after[0] if len(after) == 1 else tuple(after)
        for destination in renewed:
            self._destinations.renew(destination, seq)

    def routes_to(self, destination: Destination) -> Sequence[Route]:
        number = self._destinations.find(destination)
        if number is None:
            return []
        there = np.flatnonzero(self._destination_of.values[: self._free.ever] == number)
        found: list[Route] = self._routes.values[there].tolist()
        return found

    @property
    def has_always(self) -> bool:
        return bool(self._always)

    def totals(self) -> Totals:
        return Totals(subscribers=self._subscribers, routes=self._held, destinations=self._destinations.in_use)

    def _wanting(self, evidence: Evidence, fresh: frozenset[ChannelId] | None, *, only_always: bool) -> Ints:
        """The routes that want the event, found once for as long as nothing changes."""
        if self._judging is None or self._judging.evidence is not evidence:
            few = self._slots.few
            self._judging = FewJudging(few, evidence) if few else Judging(self._slots, evidence)
            self._answers = {}
        found = self._answers.get((fresh, only_always))
        if found is None:
            found = self._groups.routes(self._judging.groups(fresh, only_always=only_always))
            self._answers[fresh, only_always] = found
        return found

    def _kept(self, before: list[int], route: Route, spelt: bytes) -> int:
        """The number of a route: that of one in `before`, which it is taken out of, or a new one."""
        for place, number in enumerate(before):
            if self._route(number).holds(route, spelt):
                return before.pop(place)
        return self._put(route, spelt)

    def _put(self, route: Route, spelt: bytes) -> int:
        number = self._free.take()
        group = self._groups.find(spelt)
        if group is None:
            group = self._groups.begin(spelt, number)
            self._slot_of_group.put(group, self._slots.put(group, route.wanted))
        else:
            spelt = self._route(self._groups.join(group, number)).spelt
        destination = self._destinations.number(route.destination)
        self._destinations.lead(destination, 1)
        self._routes.put(number, HeldRoute(route, self._destinations[destination], spelt))
        self._group_of.put(number, group)
        self._destination_of.put(number, destination)
        self._held += 1
        self._always += route.wanted.recheck is Recheck.ALWAYS
        return number

    def _drop(self, number: int) -> None:
        held = self._route(number)
        wanted, group = held.wanted, int(self._group_of.values[number])
        if self._groups.leave(group, number, held.spelt):
            self._slots.drop(int(self._slot_of_group.values[group]), wanted)
        self._destinations.lead(int(self._destination_of.values[number]), -1)
        self._destination_of.put(number, _NOBODY)
        self._routes.put(number, None)
        self._free.give_back(number)
        self._held -= 1
        self._always -= wanted.recheck is Recheck.ALWAYS

    def _route(self, number: int) -> HeldRoute:
        held: HeldRoute = self._routes.values[number]
        return held
