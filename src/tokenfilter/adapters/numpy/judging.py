"""One event judged for every slot: all that is not asked of a channel by bitmaps, then each caller for its rule.

What was found stays for as long as neither the event nor the slots change, because an event is judged several times:
for those who always are, for all, for those who have seen it with some of its calls.
"""

import numpy as np

from tokenfilter.adapters.numpy.arrays import Ints, Places, SlotLists, Truths
from tokenfilter.adapters.numpy.bits import is_set
from tokenfilter.adapters.numpy.facts import Fresh, ago, out_of
from tokenfilter.adapters.numpy.membership import Named
from tokenfilter.adapters.numpy.slots import Slots
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import LONGEST_WINDOW


class Judging:
    """One event, and what the slots said of it."""

    def __init__(self, slots: Slots, evidence: Evidence) -> None:
        self.evidence = evidence
        self._slots = slots
        self._calls = [call for call in evidence.calls if evidence.at < call.last_at + LONGEST_WINDOW]
        self._counting = [slots.callers.counting(call.channel, evidence) for call in self._calls]
        self._left = self._holding()
        self._wanting: dict[bool, Places] = {}

    def groups(self, fresh: Fresh, *, only_always: bool) -> Ints:
        """The groups that want the event, some twice: those whose alternatives both do."""
        slots, wanting = self._slots, self._wanting.get(only_always)
        if wanting is None:
            wanting = self._wanting[only_always] = self._judged(only_always=only_always)
        if fresh is not None:
            is_told = self._qualifying(wanting, fresh).any(axis=0)
            is_told |= slots.quorum_of.values.take(wanting) == 0
            wanting = wanting[is_told]
        groups: Ints = slots.group_of.values.take(wanting)
        return groups

    def _holding(self) -> Places:
        """The slots for which all holds that is not counted: of those with a rule only where some caller counts."""
        slots, evidence = self._slots, self.evidence
        size, named = slots.ground.words, Named(evidence)
        left = slots.alive.rows[0, :size].copy()
        if self._counting:
            heard = self._counting[0]
            for counting in self._counting[1:]:
                heard = heard | counting
            left &= heard
        else:
            left &= ~slots.ruled.rows[0, :size]
        must_ask_sets = slots.membership.take_out(named, left)
        beyond: SlotLists = []
        slots.facts.take_out(evidence, self._calls, left, beyond)
        holding = out_of(left, beyond).nonzero()[0]
        if must_ask_sets:
            holding = holding[slots.membership.holding(slots.sets_of.values[holding], named)]
        return holding

    def _judged(self, *, only_always: bool) -> Places:
        """The slots that want the event."""
        slots, left = self._slots, self._left
        if only_always:
            left = left[is_set([slots.always.rows[0]], left)[0]]
        quorums = slots.quorum_of.values.take(left)
        is_counted = quorums > (0 if slots.window_of else 1)
        if not np.count_nonzero(is_counted):
            return left
        counting = self._qualifying(left[is_counted], None)
        is_wanting = ~is_counted
        is_wanting[is_counted] = np.add.reduce(counting, axis=0, dtype=np.int16) >= quorums[is_counted]
        return left[is_wanting]

    def _qualifying(self, asked: Places, fresh: Fresh) -> Truths:
        """For each caller, or each fresh one, the slots it qualifies for: all those that have no rule, too."""
        told = [n for n, call in enumerate(self._calls) if fresh is None or call.channel in fresh]
        qualifying = is_set([self._counting[n] for n in told], asked)
        if self._slots.window_of:
            nearest = np.array([-ago(self.evidence, self._calls[n]) for n in told], np.int64)
            qualifying &= self._slots.window_of.values.take(asked) <= nearest[:, None]
        return qualifying
