"""The columns of everything that filters bound, and which of an event's facts are the numbers they are asked with."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import SupportsFloat

import numpy as np

from tokenfilter.adapters.numpy.arrays import SlotLists, Truths, Words
from tokenfilter.adapters.numpy.bits import Ground, truths
from tokenfilter.adapters.numpy.columns import LOW, MICROSECOND, QUORUM, WINDOW, Condition, Key, Kind
from tokenfilter.adapters.numpy.stretches import FIRST_ROWS, Column
from tokenfilter.domain.call import KeptCall
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId

STRETCH = 256
"""Limits in a stretch, at most, while there are few slots: what is read of one costs less than to begin."""

_PER_SLOTS = 80
"""With many slots a stretch may hold one limit for so many slots: bitmaps become longer, and need not be more."""


Fresh = frozenset[ChannelId] | None
"""The channels whose calls count; None for all."""


class _Ends:
    """The columns over one fact: asked with the fact, of which the high end's number is the negative."""

    __slots__ = ("high", "low")

    def __init__(self) -> None:
        self.low: Column | None = None
        self.high: Column | None = None

    def take_out(self, known: SupportsFloat | None, left: Words, beyond: SlotLists) -> None:
        """As columns do, for the fact; None is unknown."""
        number = None if known is None else float(known)
        if self.low is not None:
            self.low.take_out(number, left, beyond)
        if self.high is not None:
            self.high.take_out(number if number is None else -number, left, beyond)


class Facts:
    """All columns by number. `alive` is how many slots are in use.

    To take out is to clear slots in `left`, and to add to `beyond` those that are still to be cleared.
    """

    def __init__(self, ground: Ground, stretch: int) -> None:
        self.alive = 0
        self._ground = ground
        self._stretch = stretch
        self._columns: list[Column] = []
        self._named: dict[Kind, defaultdict[str, _Ends]] = {
            kind: defaultdict(_Ends) for kind in ("metric", "flag", "statistic", WINDOW.kind, QUORUM.kind)
        }

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, keys: Iterable[Key]) -> None:
        """New columns, in the order of their numbers."""
        for key in keys:
            column = Column(self._ground.bits(FIRST_ROWS, fill=True))
            self._columns.append(column)
            ends = self._named[key.kind][key.name]
            if key.end == LOW:
                ends.low = column
            else:
                ends.high = column

    def put(self, slot: int, conditions: Iterable[Condition]) -> None:
        """A slot that had none has these conditions."""
        most = self._most
        for number, limit, tolerant in conditions:
            self._columns[number].put(slot, limit, tolerant=tolerant, most=most)

    def drop(self, slot: int, conditions: Iterable[Condition]) -> None:
        """The slot has these conditions no longer, and no others."""
        most = self._most
        for number, limit, _ in conditions:
            self._columns[number].drop(slot, limit, most=most)

    def take_out(self, evidence: Evidence, calls: Sequence[KeptCall], left: Words, beyond: SlotLists) -> None:
        """Take out the slots for which something fails that is not asked of a channel, or too few called."""
        values, flags = evidence.values, evidence.event.heard.flags
        for name, ends in self._named["metric"].items():
            ends.take_out(values.get(name), left, beyond)
        for name, ends in self._named["flag"].items():
            ends.take_out(flags.get(name), left, beyond)
        for ends in self._named["quorum"].values():
            ends.take_out(len(calls), left, beyond)
        for ends in self._named["window"].values():
            ends.take_out(min(ago(evidence, call) for call in calls) if calls else None, left, beyond)

    def take_out_for(self, stats: ChannelStats | None, left: Words, beyond: SlotLists) -> None:
        """Take out the slots for which a channel's statistics fail."""
        for name, ends in self._named["statistic"].items():
            ends.take_out(stats.value(name) if stats else None, left, beyond)

    @property
    def _most(self) -> int:
        return max(self._stretch, self.alive // _PER_SLOTS)


def out_of(left: Words, beyond: SlotLists) -> Truths:
    """A truth a slot, once those `beyond` are taken out too."""
    slots = truths(left)
    if beyond:
        slots[np.frombuffer(b"".join(beyond), np.int32).astype(np.intp)] = False
    return slots


def ago(evidence: Evidence, call: KeptCall) -> int:
    """How long ago a channel called last, as it is compared with windows: negative if that is still to come."""
    return (evidence.at - call.last_at) // MICROSECOND + 1
