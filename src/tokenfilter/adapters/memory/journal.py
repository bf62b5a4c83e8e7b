"""The journal in this process's memory."""

import asyncio
from collections import deque
from collections.abc import Sequence

from tokenfilter.domain.history import JournalEntry
from tokenfilter.ports.journal import Journal, Noted


class MemoryJournal(Journal):
    """Entries in order until they are acknowledged."""

    def __init__(self) -> None:
        self._entries: dict[str, Noted] = {}
        self._waiting: deque[str] = deque()
        self._next_id = 0
        self._changed = asyncio.Event()

    async def note(self, entry: JournalEntry) -> None:
        self._next_id += 1
        noted = Noted(id=str(self._next_id), entry=entry)
        self._entries[noted.id] = noted
        self._waiting.append(noted.id)
        self._changed.set()

    async def read(self, limit: int) -> Sequence[Noted]:
        while True:
            read: list[Noted] = []
            while self._waiting and len(read) < limit:
                waiting = self._entries.get(self._waiting.popleft())
                if waiting is not None:
                    read.append(waiting)
            if read:
                return read
            self._changed.clear()
            await self._changed.wait()

    async def acknowledge(self, noted: Sequence[Noted]) -> None:
        for one in noted:
            self._entries.pop(one.id, None)

    async def length(self) -> int:
        return len(self._entries)

    async def redeliver(self) -> None:
        """What a relay that died had been given is given again."""
        self._waiting = deque(self._entries)
        self._changed.set()
