"""Events to judge, in this process's memory."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence

from tokenfilter.domain.event import Event, StampedTick
from tokenfilter.domain.ids import Token
from tokenfilter.ports.event_stream import CAPACITY, Entry, EventStream

LATEST_KEPT = 50_000
"""Tokens."""


class MemoryEventStream(EventStream):
    """A bounded queue with an acknowledgement; what was read and not acknowledged is given again by `redeliver`."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._next_id = 0
        self._waiting: deque[Entry] = deque()
        self._given: dict[str, Entry] = {}
        self._latest: OrderedDict[Token, Event] = OrderedDict()
        self._changed = asyncio.Condition()

    async def append(self, item: Event | StampedTick) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._length() < self._capacity)
            self._next_id += 1
            self._waiting.append(Entry(id=str(self._next_id), item=item))
            self._changed.notify_all()

    async def read(self, limit: int) -> Sequence[Entry]:
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._waiting))
            entries = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
            self._given.update((e.id, e) for e in entries)
            return entries

    async def acknowledge(self, entry: Entry) -> None:
        async with self._changed:
            if self._given.pop(entry.id, None):
                self._keep(entry.item)
            self._changed.notify_all()

    async def latest(self, token: Token) -> Event | None:
        return self._latest.get(token)

    async def length(self) -> int:
        return self._length()

    async def redeliver(self) -> None:
        """What a reader that died had been given is given again, oldest first."""
        async with self._changed:
            self._waiting.extendleft(reversed(self._given.values()))
            self._given.clear()
            self._changed.notify_all()

    def _keep(self, item: Event | StampedTick) -> None:
        known = self._latest.get(item.token)
        if isinstance(item, Event) and (known is None or known.at <= item.at):
            self._latest[item.token] = item
            self._latest.move_to_end(item.token)
            if len(self._latest) > LATEST_KEPT:
                self._latest.popitem(last=False)

    def _length(self) -> int:
        return len(self._waiting) + len(self._given)
