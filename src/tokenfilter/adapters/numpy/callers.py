"""For which slots does a channel that calls count? Answered once, and kept until its statistics change.

What changes in the index is noted, so that a kept answer follows slot by slot. Whether a call lies in a rule's window
is asked elsewhere: that depends on the event.
"""

from collections import deque
from itertools import islice

import numpy as np

from tokenfilter.adapters.numpy.arrays import SlotLists, Words
from tokenfilter.adapters.numpy.bits import BIT, BUT, Ground, ones, packed
from tokenfilter.adapters.numpy.facts import Facts, out_of
from tokenfilter.adapters.numpy.lists import Lists
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import ChannelRule
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import counts

_MOST, _MOST_BYTES = 1_024, 64 * 2**20
"""How many answers are kept, and in what room: the fewer, the more slots there are."""

_NOTED = 1_024
_FOLLOWED, _FOLLOWED_PER_WORDS = 64, 25
"""Changes that are followed one by one, and in how many words of slots there may be one more, up to those that are
noted: after more of them the answer is found anew."""


class _Answer:
    """For which slots a channel counts: also for those without a rule. `upto` is the last change it knows."""

    __slots__ = ("slots", "stats", "upto")

    def __init__(self, slots: Words, stats: ChannelStats | None, upto: int) -> None:
        self.slots = slots
        self.stats = stats
        self.upto = upto


class Callers:
    """The channels that were asked about last, with what slots say of them."""

    def __init__(self, ground: Ground, facts: Facts) -> None:
        self._ground = ground
        self._facts = facts
        self._lists = Lists(ground)
        self._answers: dict[ChannelId, _Answer] = {}
        self._changes: deque[tuple[int, ChannelRule | None]] = deque(maxlen=_NOTED)
        self._changed = 0

    def put(self, slot: int, rule: ChannelRule) -> None:
        """A slot has a rule; its ranges are in the columns already."""
        self._lists.put(slot, rule)
        self._note(slot, rule)

    def drop(self, slot: int, rule: ChannelRule) -> None:
        """The slot has that rule no longer."""
        self._lists.drop(slot, rule)
        self._note(slot, None)

    def counting(self, channel: ChannelId, evidence: Evidence) -> Words:
        """The slots for which a channel counts, without looking at windows."""
        stats = evidence.stats.get(channel)
        answer = self._answers.pop(channel, None)
        missed = self._changed - answer.upto if answer else 0
        if answer is None or missed > self._followed or (answer.stats is not stats and answer.stats != stats):
            self._make_room()
            answer = _Answer(self._found(channel, stats), stats, self._changed)
        answer.stats = stats
        self._answers[channel] = answer
        more = self._ground.words - len(answer.slots)
        if more:
            answer.slots = np.concatenate([answer.slots, ones(more)])
        if missed:
            self._follow(answer, channel, evidence)
        return answer.slots

    @property
    def _followed(self) -> int:
        return min(_NOTED, max(_FOLLOWED, self._ground.words // _FOLLOWED_PER_WORDS))

    def _note(self, slot: int, rule: ChannelRule | None) -> None:
        self._changes.append((slot, rule))
        self._changed += 1

    def _make_room(self) -> None:
        """Forget who was asked about longest ago."""
        most = min(_MOST, _MOST_BYTES // (8 * self._ground.words))
        while self._answers and len(self._answers) >= most:
            del self._answers[next(iter(self._answers))]

    def _found(self, channel: ChannelId, stats: ChannelStats | None) -> Words:
        left = ones(self._ground.words)
        beyond: SlotLists = []
        self._facts.take_out_for(stats, left, beyond)
        slots = out_of(left, beyond)
        self._lists.refuse(channel, slots)
        return packed(slots)

    def _follow(self, answer: _Answer, channel: ChannelId, evidence: Evidence) -> None:
        """Take in the changes that an answer does not know yet."""
        missed, answer.upto = self._changed - answer.upto, self._changed
        for slot, rule in islice(self._changes, len(self._changes) - missed, None):
            if rule is None or counts(rule, channel, evidence):
                answer.slots[slot >> 6] |= BIT[slot & 63]
            else:
                answer.slots[slot >> 6] &= BUT[slot & 63]
