"""The queue of what may be sent, as the loops see it: it wakes who rests, and knows which chats have moved."""

import asyncio
from collections.abc import Container
from dataclasses import replace
from datetime import datetime, timedelta

from tokenfilter.domain.fair_queue import FairQueue
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import Notification
from tokenfilter.domain.pace import Pace
from tokenfilter.domain.set_aside import Fold
from tokenfilter.ports.clock import Clock

_IDLE = timedelta(seconds=1)
_MOST_MOVED = 10_000


class Waiting:
    """What is put for a chat that has moved waits for its new id."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._queue = FairQueue()
        self._moved: dict[ChatId, ChatId] = {}
        self._changed = asyncio.Event()

    def put(self, notification: Notification) -> None:
        """Queue it."""
        self._queue.put(self._there(notification))
        self._changed.set()

    def put_back(self, notification: Notification, *, pause: timedelta) -> None:
        """Queue it before everything else for its destination, which rests meanwhile."""
        self._queue.put_back(self._there(notification), until=self._clock.now() + pause)
        self._changed.set()

    def drop(self, chat: ChatId) -> tuple[Notification, ...]:
        """Take out everything that waits for a chat."""
        return self._queue.drop(chat)

    def move(self, old: ChatId, new: ChatId) -> None:
        """The chat goes on under a new id, now and for whatever is put later."""
        self._moved = {was: new if to == old else to for was, to in self._moved.items() if was != new}
        self._moved[old] = new
        if len(self._moved) > _MOST_MOVED:
            del self._moved[next(iter(self._moved))]
        self._queue.move(old, new)
        self._changed.set()

    def moved_to(self, chat: ChatId) -> ChatId | None:
        """The new id of a chat; None if it has not moved."""
        return self._moved.get(chat)

    @property
    def singles(self) -> int:
        """How many wait but for digests."""
        return self._queue.singles

    def folds(self, now: datetime, *, most: int, excess: int) -> list[Fold]:
        """What the fair queue wants told together."""
        return self._queue.folds(now, most=most, excess=excess)

    def take(self, now: datetime, pace: Pace, *, busy: Container[ChatId]) -> Notification | None:
        """What the fair queue gives."""
        return self._queue.take(now, pace, busy=busy)

    def coming(self, most: int) -> list[Notification]:
        """Those whose turn is soon."""
        return self._queue.coming(most)

    async def rest(self) -> None:
        """Wait until something is queued or a resting destination has its turn again, at most a second."""
        now, wake_at = self._clock.now(), self._queue.wake_at()
        self._changed.clear()
        timer = asyncio.ensure_future(self._clock.sleep_until(min(wake_at or now + _IDLE, now + _IDLE)))
        woken = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()

    def _there(self, notification: Notification) -> Notification:
        new = self._moved.get(notification.destination.chat)
        if new is None:
            return notification
        return replace(notification, destination=replace(notification.destination, chat=new))
