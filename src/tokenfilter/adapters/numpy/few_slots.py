"""Some thousand slots in whole numbers, and one event judged for all of them at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

import numpy as np

from tokenfilter.adapters.numpy.arrays import Grown, Ints
from tokenfilter.adapters.numpy.bits import slots_of
from tokenfilter.adapters.numpy.columns import MICROSECOND, Condition, Key, Kind
from tokenfilter.adapters.numpy.few import Bounded, Listed, failing, without
from tokenfilter.adapters.numpy.membership import Named
from tokenfilter.domain.call import KeptCall
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import LONGEST_WINDOW, Criteria, SetField, Unknown
from tokenfilter.domain.ids import ChannelId

FEW_SLOTS = 12_288
_CHANNELS_KEPT = 20_000
_ONE_BY_ONE = 32
"""Slots up to which it is faster to look for one after the other."""

Fresh = frozenset[ChannelId] | None


class FewSlots:
    """As slots.py, of less: what slots ask, by kind and name."""

    def __init__(self) -> None:
        self.alive = self.always = self.ruled = 0
        self.quorums: defaultdict[int, int] = defaultdict(int)
        self.fields: defaultdict[SetField, Listed] = defaultdict(Listed)
        self.group_of = Grown(np.int32)
        self.bounds: dict[Kind, dict[str, Bounded]] = {"metric": {}, "flag": {}, "statistic": {}, "window": {}}
        self._columns: list[tuple[Bounded, int]] = []
        self._channels = Listed()
        self._refused_by: dict[ChannelId, tuple[ChannelStats | None, int]] = {}

    def add(self, keys: Iterable[Key]) -> None:
        """New columns, in the order of their numbers."""
        for kind, name, end in keys:
            self._columns.append((self.bounds.get(kind, {}).setdefault(name, Bounded()), end))

    def refusing(self, channel: ChannelId, stats: ChannelStats | None) -> int:
        """The slots for which a channel does not qualify: the same until slots or its statistics change."""
        kept = self._refused_by.get(channel)
        if kept is not None and kept[0] is stats:
            return kept[1]
        found = self._channels.failing((channel,))
        for name, bounded in self.bounds["statistic"].items():
            found |= bounded.failing(stats.value(name) if stats else None)
        if len(self._refused_by) >= _CHANNELS_KEPT:
            self._refused_by.clear()
        self._refused_by[channel] = stats, found
        return found

    def put(self, slot: int, criteria: Criteria, conditions: Sequence[Condition], group: int, *, always: bool) -> None:
        """Hold an alternative of a group's filter."""
        bit, rule = 1 << slot, criteria.channel
        self._refused_by.clear()
        self.alive |= bit
        self.always |= bit * always
        self.group_of.put(slot, group)
        for number, value, tolerant in conditions:
            bounded, end = self._columns[number]
            bounded.put(bit, end, value, tolerant=tolerant)
        for s in criteria.sets:
            self.fields[s.field].put(bit, s.only, s.exclude, tolerant=s.unknown is Unknown.PASS)
        if rule:
            self.ruled |= bit
            self.quorums[rule.quorum] |= bit
            self._channels.put(bit, rule.only, rule.exclude, tolerant=True)

    def drop(self, slot: int, criteria: Criteria, conditions: Sequence[Condition]) -> None:
        """Hold it no longer."""
        bit, rule = 1 << slot, criteria.channel
        self._refused_by.clear()
        self.alive ^= bit
        self.always &= ~bit
        for number, value, _ in conditions:
            bounded, end = self._columns[number]
            bounded.drop(bit, end, value)
        for s in criteria.sets:
            self.fields[s.field].drop(bit, s.only, s.exclude)
        if rule:
            self.ruled ^= bit
            self.quorums[rule.quorum] ^= bit
            if not self.quorums[rule.quorum]:
                del self.quorums[rule.quorum]
            self._channels.drop(bit, rule.only, rule.exclude)


class FewJudging:
    """As judging.py."""

    def __init__(self, slots: FewSlots, evidence: Evidence) -> None:
        self.evidence = evidence
        self._slots = slots
        oldest = evidence.at - LONGEST_WINDOW
        self._calls = [call for call in evidence.calls if call.last_at > oldest]
        holding = without(slots.alive, self._failing() | self._failing_sets())
        self._ruled = holding & slots.ruled
        self._without_rule = holding ^ self._ruled
        self._qualifying = [without(self._ruled, self._refusing(call)) for call in self._calls] if self._ruled else []
        self._ruled &= self._enough()

    def groups(self, fresh: Fresh, *, only_always: bool) -> Ints:
        """The groups that want the event, some twice: those whose alternatives both do."""
        ruled = self._ruled
        if fresh is not None and ruled:
            calls = zip(self._calls, self._qualifying, strict=True)
            ruled &= reduce(or_, (qualifying for call, qualifying in calls if call.channel in fresh), 0)
        wanting = self._without_rule | ruled
        if only_always:
            wanting &= self._slots.always
        if wanting.bit_count() <= _ONE_BY_ONE:
            few: Ints = self._slots.group_of.values.take(_bits(wanting))
            return few
        words = np.frombuffer(wanting.to_bytes(-(-wanting.bit_length() // 64) * 8, "little"), np.uint64)
        groups: Ints = self._slots.group_of.values.take(slots_of(words))
        return groups

    def _failing(self) -> int:
        """The slots for which a metric or a flag fails."""
        bounds = self._slots.bounds
        metrics = failing(bounds["metric"], self.evidence.values)
        return metrics | failing(bounds["flag"], self.evidence.event.heard.flags)

    def _failing_sets(self) -> int:
        named, found = Named(self.evidence), 0
        for field, listed in self._slots.fields.items():
            names = named.of(field)
            if field == "word" and names is not None:
                names = listed.within(names)
            found |= listed.failing(names)
        return found

    def _refusing(self, call: KeptCall) -> int:
        """The slots for which a caller does not qualify."""
        found = self._slots.refusing(call.channel, self.evidence.stats.get(call.channel))
        for window in self._slots.bounds["window"].values():
            found |= window.failing((self.evidence.at - call.last_at) // MICROSECOND + 1)
        return found

    def _enough(self) -> int:
        """The slots for which at least as many callers qualify as their quorum is."""
        quorums = [quorum for quorum in self._slots.quorums if quorum <= len(self._qualifying)]
        at_least = [self._ruled] + [0] * max(quorums, default=0)
        for qualifying in self._qualifying:
            for number in range(len(at_least) - 1, 0, -1):
                at_least[number] |= at_least[number - 1] & qualifying
        return reduce(or_, (self._slots.quorums[quorum] & at_least[quorum] for quorum in quorums), 0)


def _bits(slots: int) -> list[int]:
    """The slots of a set, in no order."""
    found = []
    while slots:
        found.append(slots.bit_length() - 1)
        slots ^= 1 << found[-1]
    return found
