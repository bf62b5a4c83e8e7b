"""Dead letters in this process's memory."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from heapq import nlargest
from itertools import chain, count

from tokenfilter.ports.dead_letters import ITEMS_KEPT, LINES_KEPT, DeadLetter, DeadLetters


class MemoryDeadLetters(DeadLetters):
    """Letters with and without an item, each kind in the order in which they were buried."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, DeadLetter] = OrderedDict()
        self._items: OrderedDict[str, DeadLetter] = OrderedDict()
        self._numbers = count(1)

    async def bury(self, letter: DeadLetter) -> None:
        kept, most = (self._lines, LINES_KEPT) if letter.item is None else (self._items, ITEMS_KEPT)
        named = replace(letter, id=str(next(self._numbers)))
        kept[named.id] = named
        if len(kept) > most:
            kept.popitem(last=False)

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        letters = chain(self._lines.values(), self._items.values())
        return nlargest(limit, letters, key=lambda letter: (letter.at, int(letter.id)))

    async def take(self, letter_id: str) -> DeadLetter | None:
        return self._lines.pop(letter_id, None) or self._items.pop(letter_id, None)

    async def count(self) -> int:
        return len(self._lines) + len(self._items)
