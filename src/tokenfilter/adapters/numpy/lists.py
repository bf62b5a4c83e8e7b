"""Which channels rules allow and deny, kept the other way round: by channel, the slots whose rules name it."""

from collections.abc import Iterator

import numpy as np

from tokenfilter.adapters.numpy.arrays import Crowd, Ints, Truths
from tokenfilter.adapters.numpy.bits import Ground, truths
from tokenfilter.domain.filter import ChannelRule
from tokenfilter.domain.ids import ChannelId

_NOBODY = np.empty(0, np.int32)


class Lists:
    """By channel the slots that allow it, and those that deny it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._choosing = ground.bits(1, fill=False)
        self._allowing: dict[ChannelId, Crowd] = {}
        self._denying: dict[ChannelId, Crowd] = {}

    def put(self, slot: int, rule: ChannelRule) -> None:
        """A slot has a rule."""
        if rule.only:
            self._choosing.set(slot)
        for naming, channel in self._named(rule):
            naming.setdefault(channel, Crowd()).add(slot)

    def drop(self, slot: int, rule: ChannelRule) -> None:
        """The slot has that rule no longer."""
        self._choosing.clear(slot)
        for naming, channel in self._named(rule):
            naming[channel].discard(slot)
            if not naming[channel]:
                del naming[channel]

    def refuse(self, channel: ChannelId, slots: Truths) -> None:
        """Take out the slots whose lists do not let a channel count."""
        refusing = truths(self._choosing.rows[0, : self._ground.words])
        refusing[_slots(self._allowing, channel)] = False
        slots &= ~refusing
        slots[_slots(self._denying, channel)] = False

    def _named(self, rule: ChannelRule) -> Iterator[tuple[dict[ChannelId, Crowd], ChannelId]]:
        yield from ((self._allowing, channel) for channel in rule.only)
        yield from ((self._denying, channel) for channel in rule.exclude)


def _slots(naming: dict[ChannelId, Crowd], channel: ChannelId) -> Ints:
    return naming[channel].numbers if channel in naming else _NOBODY
