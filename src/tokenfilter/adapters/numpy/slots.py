"""Every alternative of every filter in a slot of its own: its bits, its row, its sets, its channels."""

from itertools import pairwise

from tokenfilter.adapters.numpy.arrays import Numbers
from tokenfilter.adapters.numpy.bits import Ground
from tokenfilter.adapters.numpy.checkpoints import Checkpoints
from tokenfilter.adapters.numpy.columns import QUORUM, Columns, Condition
from tokenfilter.adapters.numpy.few_slots import FewSlots
from tokenfilter.adapters.numpy.lists import NO_LISTS, Lists
from tokenfilter.adapters.numpy.membership import Membership
from tokenfilter.adapters.numpy.query import Layout
from tokenfilter.adapters.numpy.rows import NEXT, NONE, Rows
from tokenfilter.domain.filter import Criteria, Filter, Recheck

_QUORUMS = (1.0, 2.0, 3.0, 4.0, 6.0, 9.0)
"""Checkpoints of quorums: whether anybody called prunes most of what there is to prune."""


class Slots:
    """Slots by number; the alternatives of a filter are linked from its first.

    `few` holds the same for as long as there were never more than some thousand.
    """

    def __init__(self, *, segment: int, few_words: int, few_slots: int) -> None:
        self.few: FewSlots | None = FewSlots() if few_slots else None
        self._few_slots = few_slots
        self.ground = Ground(few_words)
        self.alive = self.ground.bits(1, fill=False)
        self.always = self.ground.bits(1, fill=False)
        self.rows = Rows(segment)
        self.checkpoints = Checkpoints(self.ground, self.rows)
        self.membership = Membership(self.ground)
        self.lists = Lists()
        self._columns = Columns()
        self._numbers = Numbers()
        self.layout = Layout(self._columns)

    def put(self, group: int, wanted: Filter) -> int:
        """Hold a group's filter; its first slot."""
        slots = [self._numbers.take() for _ in wanted.any_of]
        following = [*(after for _, after in pairwise(slots)), NONE]
        for slot, criteria, after in zip(slots, wanted.any_of, following, strict=True):
            self._put(slot, criteria, group, after, always=wanted.recheck is Recheck.ALWAYS)
        return slots[0]

    def drop(self, slot: int, wanted: Filter) -> None:
        """Hold a filter no longer, given its first slot."""
        for criteria in wanted.any_of:
            after = self.rows.link(slot, NEXT)
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
        sets = self.membership.put(slot, criteria.sets)
        lists = self.lists.put(slot, rule) if rule else NO_LISTS
        self.rows.write(
            slot, [(c.code, c.value) for c in exact], (group, sets, rule.quorum if rule else 0, lists, after)
        )
        self.checkpoints.put(slot, exact + quorum)
        self.checkpoints.alive += 1
        self.alive.set(slot)
        if always:
            self.always.set(slot)

    def _drop(self, slot: int, criteria: Criteria) -> None:
        exact, quorum = self._conditions(criteria)
        if self.few:
            self.few.drop(slot, criteria, exact)
        self.alive.clear(slot)
        self.always.clear(slot)
        self.checkpoints.alive -= 1
        self.checkpoints.drop(slot, exact + quorum)
        self.membership.drop(slot, criteria.sets)
        if criteria.channel:
            self.lists.drop(slot, criteria.channel)
        self.rows.clear(slot)
        self._numbers.give_back(slot)

    def _conditions(self, criteria: Criteria) -> tuple[list[Condition], list[Condition]]:
        """Those that stand in rows, and the quorum."""
        exact = self._columns.conditions(criteria)
        quorum = [self._columns.quorum(criteria.channel)] if criteria.channel else []
        keys = self._columns.keys
        if len(keys) > len(self.checkpoints):
            new = keys[len(self.checkpoints) :]
            if self.few:
                self.few.add(new)
            for key in new:
                self.checkpoints.add(_QUORUMS if key == QUORUM else ())
            self.layout = Layout(self._columns)
        return exact, quorum
