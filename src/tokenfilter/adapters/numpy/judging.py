"""One event judged for every slot: prune by bitmaps, then compare what is left exactly, and each caller for its rule.

What was found stays for as long as neither the event nor the slots change, because an event is judged several times:
for those who always are, for all, for those who have seen it with some of its calls.
"""

from typing import NamedTuple

import numpy as np

from tokenfilter.adapters.numpy.arrays import Ints, Truths
from tokenfilter.adapters.numpy.bits import slots_of
from tokenfilter.adapters.numpy.membership import Named
from tokenfilter.adapters.numpy.query import Query
from tokenfilter.adapters.numpy.rows import GROUP, LISTS, QUORUM, SETS
from tokenfilter.adapters.numpy.slots import Slots
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId

Fresh = frozenset[ChannelId] | None


class _Wanting(NamedTuple):
    """Groups that want the event; of those with a channel rule also, by caller, which of them it qualifies for."""

    without_rule: Ints
    with_rule: Ints
    qualifying: Truths | None


class Judging:
    """One event, and what the slots said of it."""

    def __init__(self, slots: Slots, evidence: Evidence) -> None:
        self.evidence = evidence
        self._slots = slots
        self._query = Query(slots.layout, evidence)
        self._named = Named(evidence)
        self._wanting: dict[bool, _Wanting] = {}
        rows, made, self._must_ask_sets = slots.membership.rows(self._named)
        self._candidates = slots.checkpoints.candidates(self._query, [(slots.alive, 0), *rows])
        for words in made:
            self._candidates &= words

    def groups(self, fresh: Fresh, *, only_always: bool) -> Ints:
        """The groups that want the event, some twice: those whose alternatives both do."""
        wanting = self._wanting.get(only_always)
        if wanting is None:
            wanting = self._wanting[only_always] = self._judged(only_always=only_always)
        if wanting.qualifying is None:
            return wanting.without_rule
        with_rule = wanting.with_rule
        if fresh is not None:
            is_fresh = [call.channel in fresh for call in self._query.calls]
            with_rule = with_rule[wanting.qualifying[is_fresh].any(axis=0)]
        return np.concatenate([wanting.without_rule, with_rule])

    def _judged(self, *, only_always: bool) -> _Wanting:
        slots, candidates = self._slots, self._candidates
        if only_always:
            candidates = candidates & slots.always.rows[0, : len(candidates)]
        numbers = slots_of(candidates)
        read = slots.rows.read(numbers)
        held = slots.rows.holding(read, self._query.rows).nonzero()[0]
        if self._must_ask_sets:
            held = held[slots.membership.holding(read["links"][held, SETS], self._named)]
        links: Ints = read["links"].take(held, axis=0)
        groups, is_ruled = links[:, GROUP], links[:, QUORUM] > 0
        if not np.count_nonzero(is_ruled):
            return _Wanting(groups, groups[:0], None)
        ruled = held[is_ruled]
        quorum, lists = links[is_ruled, QUORUM], links[is_ruled, LISTS]
        qualifying = slots.rows.holding(read.take(ruled), self._query.by_caller())
        if np.count_nonzero(lists):
            listed = lists.nonzero()[0]
            callers = [call.channel for call in self._query.calls]
            qualifying[:, listed] &= slots.lists.counting(numbers[ruled[listed]], lists[listed], callers)
        enough = np.add.reduce(qualifying, axis=0, dtype=np.intp) >= quorum
        return _Wanting(groups[~is_ruled], groups[is_ruled][enough], qualifying[:, enough])
