"""Which channels a channel rule allows and denies, kept the other way round: by channel, the slots that name it."""

from collections.abc import Sequence

import numpy as np

from tokenfilter.adapters.numpy.arrays import Crowd, Ints, Places, Truths
from tokenfilter.domain.filter import ChannelRule
from tokenfilter.domain.ids import ChannelId

NO_LISTS, DENIES, ALLOWS = 0, 1, 2
"""What lists a slot has; with `ALLOWS` only the channels on that list count."""

_ALLOWED = 1
_FEW = 48
"""Pairs up to which it is faster to ask one by one."""


class Lists:
    """By channel twice the number of each slot that names it, and one more where it is allowed."""

    def __init__(self) -> None:
        self._naming: dict[ChannelId, Crowd] = {}

    def put(self, slot: int, rule: ChannelRule) -> int:
        """A slot has a rule; what lists this is."""
        if not (rule.only or rule.exclude):
            return NO_LISTS
        for channel, entry in _entries(slot, rule):
            self._naming.setdefault(channel, Crowd()).add(entry)
        return ALLOWS if rule.only else DENIES

    def drop(self, slot: int, rule: ChannelRule) -> None:
        """The slot has that rule no longer."""
        for channel, entry in _entries(slot, rule):
            naming = self._naming[channel]
            naming.discard(entry)
            if not naming:
                del self._naming[channel]

    def counting(self, slots: Places, lists: Ints, callers: Sequence[ChannelId]) -> Truths:
        """For each caller the slots, all with lists, for which it counts."""
        if len(slots) * len(callers) <= _FEW:
            asked = list(zip(slots.tolist(), lists.tolist(), strict=True))
            found = [[self._counts(*one, caller) for one in asked] for caller in callers]
            return np.array(found, np.bool_).reshape(len(callers), len(slots))
        allows = lists == ALLOWS
        entries = 2 * slots + allows
        counts = np.empty((len(callers), len(slots)), np.bool_)
        for place, caller in enumerate(callers):
            counts[place] = self._is_named(entries, caller) == allows
        return counts

    def _is_named(self, entries: Places, caller: ChannelId) -> Truths | bool:
        naming = self._naming.get(caller)
        if naming is None:
            return False
        numbers = naming.numbers
        found: Truths = numbers.take(numbers.searchsorted(entries), mode="clip") == entries
        return found

    def _counts(self, slot: int, lists: int, caller: ChannelId) -> bool:
        naming = self._naming.get(caller, ())
        return 2 * slot not in naming if lists == DENIES else 2 * slot + _ALLOWED in naming


def _entries(slot: int, rule: ChannelRule) -> list[tuple[ChannelId, int]]:
    """A channel on both lists is denied."""
    allowed = [(channel, 2 * slot + _ALLOWED) for channel in rule.only - rule.exclude]
    return allowed + [(channel, 2 * slot) for channel in rule.exclude]
