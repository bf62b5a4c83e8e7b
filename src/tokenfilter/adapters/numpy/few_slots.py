"""Some thousand slots in whole numbers, where calling numpy would cost more than all there is to compute.

A set of slots is one whole number, a bit each, and every bitmap is exact: nothing is left to be compared one by one,
not even for channel rules. few_judging.py judges.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

import numpy as np

from tokenfilter.adapters.numpy.arrays import Grown
from tokenfilter.adapters.numpy.columns import Condition, Key, Kind
from tokenfilter.adapters.numpy.few_bounds import Bounds
from tokenfilter.adapters.numpy.few_lists import Listed, without
from tokenfilter.adapters.numpy.membership import Named
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.filter import Criteria, SetField, Unknown
from tokenfilter.domain.ids import ChannelId

FEW_SLOTS = 12_288
_CHANNELS_KEPT = 20_000
_KINDS_KEPT = 4_096
_OF_KIND: frozenset[SetField] = frozenset(("chain", "dex", "launchpad"))
"""What there are few of, so that one token is like another."""


class FewSlots:
    """As slots.py, of less: what slots ask, by kind and name."""

    def __init__(self) -> None:
        self.alive = self.always = self.ruled = 0
        self.quorums: defaultdict[int, int] = defaultdict(int)
        self._fields: defaultdict[SetField, Listed] = defaultdict(Listed)
        self.group_of = Grown(np.int32)
        self.bounds: dict[Kind, Bounds] = {kind: Bounds() for kind in get_args(Kind)}
        self._columns: list[Key] = []
        self._channels = Listed()
        self._failing: dict[tuple[object, ...], int] = {}
        self._counting: dict[ChannelId, tuple[ChannelStats | None, int]] = {}

    def add(self, keys: Iterable[Key]) -> None:
        """New columns, in the order of their numbers."""
        self._columns += keys

    def counting(self, channel: ChannelId, stats: ChannelStats | None) -> int:
        """The slots with a rule for which a channel counts, whenever it called: kept until one of them changes."""
        kept = self._counting.get(channel)
        if kept is not None and kept[0] is stats:
            return kept[1]
        asked = self.bounds["statistic"]
        failing = asked.failing({name: stats.value(name) for name in asked} if stats else {})
        found = without(self.ruled, failing | self._channels.failing((channel,)))
        if len(self._counting) >= _CHANNELS_KEPT:
            self._counting.clear()
        self._counting[channel] = stats, found
        return found

    def failing(self, named: Named, flags: Mapping[str, bool]) -> int:
        """The slots for which a flag or a set fails. For what few tokens differ in that is kept until slots change."""
        asked = self.bounds["flag"]
        kind = (*map(flags.get, asked), *[named.of(field) for field in self._fields if field in _OF_KIND])
        found = self._failing.get(kind)
        if found is None:
            found = asked.failing(flags)
            for field, listed in self._fields.items():
                if field in _OF_KIND:
                    found |= listed.failing(named.of(field))
            if len(self._failing) >= _KINDS_KEPT:
                self._failing.clear()
            self._failing[kind] = found
        for field in self._fields.keys() - _OF_KIND:
            names, listed = named.of(field), self._fields[field]
            found |= listed.failing(listed.within(names) if field == "word" and names is not None else names)
        return found

    def put(self, slot: int, criteria: Criteria, conditions: Sequence[Condition], group: int, *, always: bool) -> None:
        """Hold an alternative of a group's filter."""
        bit, rule = 1 << slot, criteria.channel
        self._changed()
        self.alive |= bit
        self.always |= bit * always
        self.group_of.put(slot, group)
        for number, value, tolerant in conditions:
            kind, name, end = self._columns[number]
            self.bounds[kind].of(name).put(bit, end, value, tolerant=tolerant)
        for s in criteria.sets:
            self._fields[s.field].put(bit, s.only, s.exclude, tolerant=s.unknown is Unknown.PASS)
        if rule:
            self.ruled |= bit
            self.quorums[rule.quorum] |= bit
            self._channels.put(bit, rule.only, rule.exclude, tolerant=True)

    def drop(self, slot: int, criteria: Criteria, conditions: Sequence[Condition]) -> None:
        """Hold it no longer."""
        bit, rule = 1 << slot, criteria.channel
        self._changed()
        self.alive ^= bit
        self.always &= ~bit
        for number, value, _ in conditions:
            kind, name, end = self._columns[number]
            self.bounds[kind].of(name).drop(bit, end, value)
        for s in criteria.sets:
            self._fields[s.field].drop(bit, s.only, s.exclude)
        if rule:
            self.ruled ^= bit
            self.quorums[rule.quorum] ^= bit
            if not self.quorums[rule.quorum]:
                del self.quorums[rule.quorum]
            self._channels.drop(bit, rule.only, rule.exclude)

    def _changed(self) -> None:
        self._failing.clear()
        self._counting.clear()
