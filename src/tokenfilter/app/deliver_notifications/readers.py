"""Whose wishes count: the owners of notifications, looked up before their turn comes."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import Notification
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.subscribers import Subscribers

SLICE = 64
FRESH_FOR = timedelta(seconds=1)
"""How long what was looked up ahead may be used, once: so late may a wish be for what is queued already."""


class Readers:
    """Up to `slices` slices of recipients are looked up side by side (R9): the one whose turn it is, the others ahead.

    How far ahead follows from how many were asked for since the last look: those who are not told now take no place in
    the budget, so that thousands of them may pass within a second.
    """

    def __init__(self, *, subscribers: Subscribers, clock: Clock, slices: int) -> None:
        self._subscribers = subscribers
        self._clock = clock
        self._slices = slices
        self._ahead: dict[ChatId, tuple[datetime, Subscriber | None]] = {}
        self._passed: set[ChatId] = set()
        self._asked = 0
        self._missed = asyncio.Event()

    @property
    def most(self) -> int:
        """How many are looked up at one go at most."""
        return self._slices * SLICE

    async def of(self, notification: Notification) -> Sequence[Subscriber]:
        """Those of its owners that there still are.

        Raises:
            UnavailableError: one of them could not be looked up.
        """
        self._asked += 1
        found = [await self._one(owner) for owner in notification.owners]
        return [subscriber for subscriber in found if subscriber is not None]

    async def all(self, chats: Iterable[ChatId]) -> Mapping[ChatId, Subscriber | None]:
        """The subscribers of these chats, None where there is none any more; those that could not be read are missing.

        Raises:
            UnavailableError: none could be read.
        """
        return await self._side_by_side(list(dict.fromkeys(chats)), self._slices)

    async def look_ahead(self, coming: Callable[[int], Sequence[Notification]]) -> None:
        """Look up those who are likely to be asked for next, until cancelled; `coming` names so many of them."""
        while self._slices > 1:
            await self._missed.wait()
            number, self._asked = min(self.most, max(SLICE, 2 * self._asked)), 0
            self._passed.clear()
            wanted = dict.fromkeys(owner for n in coming(number) for owner in n.owners)
            now = self._clock.now()
            try:
                found = await self._side_by_side(list(wanted)[: self.most], self._slices - 1)
            except UnavailableError:  # told by whoever asks for one of them
                found = {}
            self._ahead = {chat: (now, known) for chat, known in found.items() if chat not in self._passed}
            self._missed.clear()

    async def _one(self, chat: ChatId) -> Subscriber | None:
        at, known = self._ahead.pop(chat, (None, None))
        if at is not None and self._clock.now() - at <= FRESH_FOR:
            return known
        self._passed.add(chat)
        self._missed.set()
        return await self._subscribers.get(chat)

    async def _side_by_side(self, chats: Sequence[ChatId], slices: int) -> Mapping[ChatId, Subscriber | None]:
        found: dict[ChatId, Subscriber | None] = {}
        errors: list[UnavailableError] = []

        async def look_up(part: Sequence[ChatId]) -> None:
            try:
                for chat in part:
                    found[chat] = await self._subscribers.get(chat)
            except UnavailableError as error:
                errors.append(error)

        await asyncio.gather(*(look_up(chats[start::slices]) for start in range(slices)))
        if errors and not found:
            raise errors[0]
        return found
