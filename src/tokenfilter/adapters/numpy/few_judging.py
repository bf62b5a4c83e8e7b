"""One event judged for all of some thousand slots at once, as judging.py does it for more."""

from functools import reduce
from operator import or_

import numpy as np

from tokenfilter.adapters.numpy.arrays import Ints, Picked
from tokenfilter.adapters.numpy.bits import slots_of
from tokenfilter.adapters.numpy.columns import WINDOW
from tokenfilter.adapters.numpy.facts import Fresh, ago
from tokenfilter.adapters.numpy.few_lists import without
from tokenfilter.adapters.numpy.few_slots import FewSlots
from tokenfilter.adapters.numpy.membership import Named
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import LONGEST_WINDOW

_ONE_BY_ONE = 32
"""Slots up to which it is faster to look for one after the other."""


class FewJudging:
    """One event, and what the slots said of it."""

    def __init__(self, slots: FewSlots, evidence: Evidence) -> None:
        self.evidence = evidence
        self._slots = slots
        oldest = evidence.at - LONGEST_WINDOW
        self._calls = [call for call in evidence.calls if call.last_at > oldest]
        failing = slots.bounds["metric"].failing(evidence.values)
        failing |= slots.failing(Named(evidence), evidence.event.heard.flags)
        holding = without(slots.alive, failing)
        ruled = holding & slots.ruled
        self._without_rule = holding ^ ruled
        self._qualifying = self._counting(ruled) if ruled else []
        self._ruled = self._enough(ruled)

    def groups(self, fresh: Fresh, *, only_always: bool) -> Picked:
        """The groups that want the event, some twice: those whose alternatives both do."""
        slots, ruled = self._slots, self._ruled
        if fresh is not None and ruled:
            calls = zip(self._calls, self._qualifying, strict=True)
            ruled &= reduce(or_, (qualifying for call, qualifying in calls if call.channel in fresh), 0)
        wanting = self._without_rule | ruled
        if only_always:
            wanting &= slots.always
        if wanting.bit_count() > _ONE_BY_ONE:
            words = np.frombuffer(wanting.to_bytes(-(-wanting.bit_length() // 64) * 8, "little"), np.uint64)
            many: Ints = slots.group_of.values.take(slots_of(words))
            return many
        group_of, few = slots.group_of.values.item, list[int]()
        while wanting:
            last = wanting.bit_length() - 1
            few.append(group_of(last))
            wanting ^= 1 << last
        return few

    def _counting(self, ruled: int) -> list[int]:
        """For each caller the slots among these for which it counts."""
        slots, stats, windows = self._slots, self.evidence.stats, self._slots.bounds["window"]
        counting = [ruled & slots.counting(c.channel, stats.get(c.channel)) for c in self._calls]
        if windows:
            outside = [windows.failing({WINDOW.name: ago(self.evidence, call)}) for call in self._calls]
            counting = [without(*one) for one in zip(counting, outside, strict=True)]
        return counting

    def _enough(self, ruled: int) -> int:
        """The slots for which at least as many callers count as their quorum is."""
        counting, at_least = self._qualifying, [ruled]
        asked = {quorum: slots & ruled for quorum, slots in self._slots.quorums.items() if quorum <= len(counting)}
        most = max((quorum for quorum, slots in asked.items() if slots), default=0)
        for qualifying in counting if most else ():
            if len(at_least) <= most:
                at_least.append(0)
            for number in range(len(at_least) - 1, 0, -1):
                at_least[number] |= at_least[number - 1] & qualifying
        found = 0
        for quorum, slots in asked.items():
            if slots:
                found |= slots & at_least[quorum]
        return found
