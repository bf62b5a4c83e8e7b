"""Every active filter in arrays: a hundred thousand are judged in a fraction of a millisecond.

How: slots.py holds, judging.py judges, fan_out.py finds the routes of what matched.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from tokenfilter.adapters.numpy import spelling
from tokenfilter.adapters.numpy.arrays import Grown, Picked, Table
from tokenfilter.adapters.numpy.facts import STRETCH
from tokenfilter.adapters.numpy.fan_out import Groups
from tokenfilter.adapters.numpy.few_judging import FewJudging
from tokenfilter.adapters.numpy.few_slots import FEW_SLOTS
from tokenfilter.adapters.numpy.judging import Judging
from tokenfilter.adapters.numpy.routes import Found, Routes
from tokenfilter.adapters.numpy.slots import Slots
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Recheck
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.subscriber import Route
from tokenfilter.domain.wanting import Wanting
from tokenfilter.ports.filter_index import FilterIndex, Interval, Totals


class NumpyFilterIndex(FilterIndex):
    """Keeps of every route what it needs, not the route.

    `stretch`: how many limits of a column may be looked at one by one, for as long as there are few slots; `few_slots`:
    alternatives up to which whole numbers are faster than arrays.
    """

    def __init__(self, *, stretch: int = STRETCH, few_slots: int = FEW_SLOTS) -> None:
        self._slots = Slots(stretch=stretch, few_slots=few_slots)
        self._groups = Groups()
        self._slot_of_group = Grown(np.int32)
        self._routes = Routes()
        self._group_of = Grown(np.int32)
        self._owned: Table[ChatId, int | tuple[int, ...]] = Table()
        self._subscribers = self._held = self._always = 0
        self._judging: Judging | FewJudging | None = None
        self._answers: dict[tuple[frozenset[ChannelId] | None, bool], Picked] = {}

    def matches(
        self,
        evidence: Evidence,
        *,
        fresh: frozenset[ChannelId] | None = None,
        only_always: bool = False,
        since: Interval | None = None,
    ) -> Wanting:
        numbers: Picked = []
        if self._always if only_always else self._held:
            numbers = self._wanting(evidence, fresh, only_always=only_always)
        if since is not None and len(numbers):
            numbers = self._routes.within(numbers, since)
        return Found(self._routes, numbers)

    def since(self, destination: Destination) -> int:
        return self._routes.destinations.since(destination)

    def replace(
        self, owner: ChatId, routes: Iterable[Route], *, renewed: Iterable[Destination] = (), seq: int = 0
    ) -> None:
        new = [(route, spelling.spelt(route.wanted)) for route in routes]
        self._judging = None
        self._routes.turn += 1
        owned = self._owned.pop(owner)
        before = [] if owned is None else [owned] if isinstance(owned, int) else list(owned)
        after = [self._kept(before, *one) for one in new]
        for number in before:
            self._drop(number)
        self._subscribers += bool(after) - (owned is not None)
        if after:
            self._owned[self._routes[after[0]].owner] = after[0] if len(after) == 1 else tuple(after)
        for destination in renewed:
            self._routes.destinations.renew(destination, seq)

    def routes_to(self, destination: Destination) -> Sequence[Route]:
        return self._routes.to(destination)

    @property
    def has_always(self) -> bool:
        return bool(self._always)

    def totals(self) -> Totals:
        return Totals(subscribers=self._subscribers, routes=self._held, destinations=self._routes.destinations.in_use)

    def _wanting(self, evidence: Evidence, fresh: frozenset[ChannelId] | None, *, only_always: bool) -> Picked:
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
            if self._routes[number].holds(route, spelt):
                return before.pop(place)
        return self._put(route, spelt)

    def _put(self, route: Route, spelt: bytes) -> int:
        number = self._routes.numbers.take()
        group = self._groups.find(spelt)
        if group is None:
            group = self._groups.begin(spelt, number)
            self._slot_of_group.put(group, self._slots.put(group, route.wanted))
        else:
            spelt = self._routes[self._groups.join(group, number)].spelt
        self._routes.put(number, route, spelt)
        self._group_of.put(number, group)
        self._held += 1
        self._always += route.wanted.recheck is Recheck.ALWAYS
        return number

    def _drop(self, number: int) -> None:
        held = self._routes[number]
        wanted, group = held.wanted, int(self._group_of.values[number])
        if self._groups.leave(group, number, held.spelt):
            self._slots.drop(int(self._slot_of_group.values[group]), wanted)
        self._routes.drop(number)
        self._held -= 1
        self._always -= wanted.recheck is Recheck.ALWAYS
