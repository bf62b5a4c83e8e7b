"""Every alternative of every filter in a slot of its own: its limits, its sets, its channels, its group."""

from itertools import pairwise

import numpy as np

from tokenfilter.adapters.numpy.arrays import Grown, Numbers
from tokenfilter.adapters.numpy.bits import Ground
from tokenfilter.adapters.numpy.callers import Callers
from tokenfilter.adapters.numpy.columns import MICROSECOND, Columns, Condition
from tokenfilter.adapters.numpy.facts import Facts
from tokenfilter.adapters.numpy.few_slots import FewSlots
from tokenfilter.adapters.numpy.membership import Membership
from tokenfilter.domain.filter import LONGEST_WINDOW, Criteria, Filter, Recheck

_LAST = -1
_LONGEST = -(LONGEST_WINDOW // MICROSECOND)
_NEVER = 2**15 - 1
"""A quorum that so many channels never reach."""


class Slots:
    """Slots by number; the alternatives of a filter are linked from its first.

    `few` holds the same for as long as there were never more than some thousand.
    """

    def __init__(self, *, stretch: int, few_slots: int) -> None:
        self.few: FewSlots | None = FewSlots() if few_slots else None
        self._few_slots = few_slots
        self.ground = Ground()
        self.alive = self.ground.bits(1, fill=False)
        self.always = self.ground.bits(1, fill=False)
        self.ruled = self.ground.bits(1, fill=False)
        self.facts = Facts(self.ground, stretch)
        self.membership = Membership(self.ground)
        self.callers = Callers(self.ground, self.facts)
        self.group_of = Grown(np.int32)
        self.sets_of = Grown(np.int32)
        self.quorum_of = Grown(np.int16)
        self.window_of: Grown | None = None
        self._next_of = Grown(np.int32)
        self._columns = Columns()
        self._numbers = Numbers()

    def put(self, group: int, wanted: Filter) -> int:
        """Hold a group's filter; its first slot."""
        slots = [self._numbers.take() for _ in wanted.any_of]
        following = [*(after for _, after in pairwise(slots)), _LAST]
        for slot, criteria, after in zip(slots, wanted.any_of, following, strict=True):
            self._put(slot, criteria, group, after, always=wanted.recheck is Recheck.ALWAYS)
        return slots[0]

    def drop(self, slot: int, wanted: Filter) -> None:
        """Hold a filter no longer, given its first slot."""
        for criteria in wanted.any_of:
            after = int(self._next_of.values[slot])
            self._drop(slot, criteria)
            slot = after

    def _put(self, slot: int, criteria: Criteria, group: int, after: int, *, always: bool) -> None:
        self.ground.reach(slot)
        exact, quorum = self._conditions(criteria)
        if slot >= self._few_slots:
            self.few = None
        if self.few:
            self.few.put(slot, criteria, exact, group, always=always)
        rule = criteria.channel
        self.facts.alive += 1
        self.facts.put(slot, exact + quorum)
        self.alive.set(slot)
        if always:
            self.always.set(slot)
        if rule:
            self.ruled.set(slot)
            self.callers.put(slot, rule)
            if rule.window != LONGEST_WINDOW and not self.window_of:
                self.window_of = Grown(np.int64, room=self._numbers.ever, fill=_LONGEST)
        if self.window_of:
            self.window_of.put(slot, -(rule.window // MICROSECOND) if rule else _LONGEST)
        self.group_of.put(slot, group)
        self.sets_of.put(slot, self.membership.put(slot, criteria.sets))
        self.quorum_of.put(slot, min(rule.quorum, _NEVER) if rule else 0)
        self._next_of.put(slot, after)

    def _drop(self, slot: int, criteria: Criteria) -> None:
        exact, quorum = self._conditions(criteria)
        if self.few:
            self.few.drop(slot, criteria, exact)
        self.alive.clear(slot)
        self.always.clear(slot)
        self.ruled.clear(slot)
        self.facts.drop(slot, exact + quorum)
        self.facts.alive -= 1
        self.membership.drop(slot, criteria.sets)
        if criteria.channel:
            self.callers.drop(slot, criteria.channel)
        self._numbers.give_back(slot)

    def _conditions(self, criteria: Criteria) -> tuple[list[Condition], list[Condition]]:
        """The quorum apart: with few slots it is counted."""
        exact = self._columns.conditions(criteria)
        quorum = [self._columns.quorum(criteria.channel)] if criteria.channel else []
        new = self._columns.keys[len(self.facts) :]
        if new:
            self.facts.add(new)
            if self.few:
                self.few.add(new)
        return exact, quorum
