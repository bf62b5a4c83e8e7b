"""From filters to those who want them: equal filters are one group, and a group's routes are found at once."""

import numpy as np

from tokenfilter.adapters.numpy.arrays import Crowd, Grown, Ints, Numbers, Picked, Table

_CROWD = -1


class Groups:
    """Distinct filters by number, with their routes. Most have one; only the others have a list of their own."""

    def __init__(self) -> None:
        self._numbers: Table[bytes, int] = Table()
        self._given = Numbers()
        self._only_route = Grown(np.int32)
        self._crowds: dict[int, Crowd] = {}
        self._seen = Grown(np.int32)

    def find(self, spelt: bytes) -> int | None:
        """The group of a filter."""
        return self._numbers.get(spelt)

    def begin(self, spelt: bytes, route: int) -> int:
        """A new group of one route."""
        group = self._given.take()
        self._numbers[spelt] = group
        self._only_route.put(group, route)
        self._seen.put(group, 0)
        return group

    def join(self, group: int, route: int) -> int:
        """One more route for a group; another that it has."""
        crowd = self._crowds.get(group)
        if crowd is None:
            crowd = self._crowds[group] = Crowd()
            crowd.add(int(self._only_route.values[group]))
            self._only_route.put(group, _CROWD)
        other = int(crowd.numbers[0])
        crowd.add(route)
        return other

    def leave(self, group: int, route: int, spelt: bytes) -> bool:
        """A route less; whether the group is gone with it."""
        crowd = self._crowds.get(group)
        if crowd is None:
            self._numbers.pop(spelt)
            self._given.give_back(group)
            return True
        crowd.discard(route)
        if len(crowd) == 1:
            self._only_route.put(group, int(crowd.numbers[0]))
            del self._crowds[group]
        return False

    def routes(self, groups: Picked) -> Picked:
        """The routes of groups, each once however often its group is named."""
        if isinstance(groups, list):
            return self._routes_one_by_one(groups)
        seen, turns, places = self._seen.values, np.arange(len(groups), dtype=np.int32), groups.astype(np.intp)
        seen[places] = turns
        once = places[seen.take(places) == turns]
        single: Ints = self._only_route.values.take(once)
        in_crowds = single == _CROWD
        if not np.count_nonzero(in_crowds):
            return single
        crowds = [self._crowds[group].numbers for group in once[in_crowds].tolist()]
        return np.concatenate([single[~in_crowds], *crowds])

    def _routes_one_by_one(self, groups: list[int]) -> Picked:
        only = self._only_route.values.item
        found = [only(group) for group in set(groups)]
        if _CROWD not in found:
            return found
        alone = np.array([route for route in found if route != _CROWD], np.int32)
        return np.concatenate([alone, *(self._crowds[group].numbers for group in self._crowds.keys() & groups)])
