"""Notifications owed, in this process's memory."""

import asyncio
from collections import deque
from collections.abc import Sequence

from tokenfilter.domain.history import DeliverySettled
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox


class MemoryOutbox(Outbox):
    """Owed notifications by id; `redeliver` gives a new sender what a dead one had taken."""

    def __init__(self, *, journal: Journal) -> None:
        self._journal = journal
        self._owed: dict[str, Notification] = {}
        self._waiting: deque[str] = deque()
        self._changed = asyncio.Event()

    async def put(self, notification: Notification) -> bool:
        if notification.id in self._owed:
            return False
        self._owed[notification.id] = notification
        self._waiting.append(notification.id)
        self._changed.set()
        return True

    async def take(self, limit: int) -> Sequence[Notification]:
        while True:
            taken: list[Notification] = []
            while self._waiting and len(taken) < limit:
                waiting = self._owed.get(self._waiting.popleft())
                if waiting is not None:
                    taken.append(waiting)
            if taken:
                return taken
            self._changed.clear()
            await self._changed.wait()

    async def intend(self, notification: Notification) -> bool:
        return notification.id in self._owed

    async def revise(self, notifications: Sequence[Notification]) -> Sequence[bool]:
        owed = [notification.id in self._owed for notification in notifications]
        self._owed.update({n.id: n for n, is_owed in zip(notifications, owed, strict=True) if is_owed})
        return owed

    async def finish(self, ended: Sequence[DeliverySettled]) -> None:
        for one in ended:
            if self._owed.pop(one.notification, None) is not None:
                await self._journal.note(one)

    async def length(self) -> int:
        return len(self._owed)

    async def redeliver(self) -> None:
        """What a sender that died had taken is given again."""
        self._waiting = deque(self._owed)
        self._changed.set()
