"""What is owed, going on while the real-time store is away.

What this process queued or took is remembered until it is finished. While the store is away, sending goes on from that
memory; how each ended is told to the store when it is back, so that nothing is sent again from there. What another
process sends is remembered too, but only to be queued anew should the store lose it.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import compress, islice

from tokenfilter.adapters.surviving.journal import SurvivingJournal
from tokenfilter.adapters.surviving.survival import Survival, Survivor, batched
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.history import DeliverySettled
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError
from tokenfilter.ports.outbox import Outbox

MOST_REMEMBERED = 100_000
"""Notifications the store has too; beyond it the oldest that are not in hand are left to the store alone."""

MOST_OVER = 50_000
"""Notifications that ended here."""

_AT_ONCE = 100
_LOOKED_AT = 1_000


class SurvivingOutbox(Outbox, Survivor):
    """`taken` names what the sender has in hand: it is never given twice to the same sender.

    `delivers` tells whether it is this process that sends a notification. `elsewhere` are those that others send, and
    `over` how those ended that were sent here of late: who queues them anew does not know that. `alone` are those of
    them that ended while the store was away: another process may find it back first, and tell of the token once more.
    """

    def __init__(
        self,
        inner: Outbox,
        survival: Survival,
        *,
        journal: SurvivingJournal,
        delivers: Callable[[Notification], bool] = lambda _: True,
    ) -> None:
        self._inner = inner
        self._survival = survival
        self._journal = journal
        self._delivers = delivers
        self._owed: OrderedDict[str, Notification] = OrderedDict()
        self._elsewhere: OrderedDict[str, Notification] = OrderedDict()
        self._over: OrderedDict[str, DeliverySettled] = OrderedDict()
        self._alone: set[str] = set()
        self._taken: set[str] = set()
        self._late: deque[Sequence[Notification]] = deque()
        self._behind: dict[str, None] = {}
        self._revised: set[str] = set()
        self._ended: dict[str, DeliverySettled] = {}
        self._queued = asyncio.Event()
        survival.join(self)

    async def put(self, notification: Notification) -> bool:
        try:
            is_new = await self._survival.attempt(lambda: self._inner.put(notification))
        except UnavailableError:
            self._survival.stand_in()
            return self.keep([notification])
        if is_new:
            self.remember([notification])
        return is_new

    def remember(self, notifications: Iterable[Notification]) -> None:
        """The store owes these."""
        ours: dict[Token | Destination, bool] = {}  # those of one token are sent by one, and there may be thousands
        for notification in notifications:
            about = notification.token or notification.destination
            if about not in ours:
                ours[about] = self._delivers(notification)
            (self._owed if ours[about] else self._elsewhere)[notification.id] = notification
        while len(self._elsewhere) > MOST_REMEMBERED:
            self._elsewhere.popitem(last=False)
        self._leave_to_the_store()

    def keep(self, notifications: Iterable[Notification]) -> bool:
        """These are owed and the store must still be told; False if all of them were owed before."""
        new = [n for n in notifications if n.id not in self._owed]
        for notification in new:
            self._owed[notification.id] = notification
            self._behind[notification.id] = None
            self._ended.pop(notification.id, None)
        self._queued.set()
        return bool(new)

    async def take(self, limit: int) -> Sequence[Notification]:
        while True:
            try:
                found = await self._survival.wait_with(lambda: self._inner.take(limit), self._late)
            except UnavailableError:
                if not self._survival.alone:
                    await self._survival.until_up()
                    continue
                found = self._from_here(limit)
            new = [n for n in found if n.id not in self._taken and n.id not in self._ended]
            left = await self._not_over(new)
            new = [n for n in left if n.id not in self._taken]  # what was revised meanwhile is taken as it is now
            if new:
                self._owed.update((n.id, n) for n in new)
                for one in new:
                    self._elsewhere.pop(one.id, None)
                self._taken.update(n.id for n in new)
                return new
            if not self._survival.is_up:
                await self._something()

    def _from_here(self, limit: int) -> Sequence[Notification]:
        waiting = (n for n in self._owed.values() if n.id not in self._taken)
        return list(islice((n for n in waiting if n.id in self._behind or self._delivers(n)), limit))

    async def intend(self, notification: Notification) -> bool:
        try:
            may_be_sent = await self._survival.attempt(lambda: self._inner.intend(notification))
        except UnavailableError:
            self._survival.stand_in()
            return notification.id in self._owed
        if not may_be_sent:
            if await self._survival.is_gone():  # an emptied store owes nobody anything
                self._survival.stand_in()
                return notification.id in self._owed
            self._forget(notification.id)
        return may_be_sent

    async def revise(self, notifications: Sequence[Notification]) -> Sequence[bool]:
        try:
            revised = await self._survival.attempt(lambda: self._inner.revise(notifications))
        except UnavailableError:
            return self._revise_here(notifications)
        if not all(revised) and await self._survival.is_gone():  # an emptied store owes nobody anything
            return self._revise_here(notifications)
        for notification, is_owed in zip(notifications, revised, strict=True):
            if not is_owed:
                self._forget(notification.id)
            elif notification.id in self._owed:
                self._owed[notification.id] = notification
                self._taken.add(notification.id)  # what is being read just now may be what it was before
        return revised

    def _revise_here(self, notifications: Sequence[Notification]) -> Sequence[bool]:
        """The store is told of them when it is back: what it owes under their ids may be what they were before."""
        self._survival.stand_in()
        owed = [notification.id in self._owed for notification in notifications]
        for notification in compress(notifications, owed):
            self._owed[notification.id] = notification
            self._behind[notification.id] = None
            self._revised.add(notification.id)
        return owed

    async def finish(self, ended: Sequence[DeliverySettled]) -> None:
        try:
            await self._survival.attempt(lambda: self._inner.finish(ended))
        except StaleOwnerError:
            for one in ended:
                self._forget(one.notification)
            raise
        except UnavailableError:
            self._survival.stand_in()
            known = [e for e in ended if e.notification in self._owed]
            self._ended.update((e.notification, e) for e in known)
            self._alone.update(e.notification for e in known)
            self._journal.keep(known)
        else:
            self._journal.remember(e for e in ended if e.notification in self._owed)
        for one in ended:
            self._forget(one.notification)
            self._over[one.notification] = one
        while len(self._over) > MOST_OVER:
            name, _ = self._over.popitem(last=False)
            self._alone.discard(name)

    def abandon(self) -> None:
        """The sender is gone with all it had in hand: its successor is given it again."""
        self._taken.clear()

    async def length(self) -> int:
        try:
            return await self._survival.attempt(self._inner.length)
        except UnavailableError:
            return len(self._owed)

    @property
    def is_ahead(self) -> bool:
        return bool(self._behind or self._ended)

    async def bring_over(self, *, wiped: bool) -> None:
        names = [*self._elsewhere, *self._owed] if wiped else list(self._behind)
        for name in names:  # one by one: those of one token keep their order
            notification = self._owed.get(name) or self._elsewhere.get(name)
            if notification is not None and not await self._inner.put(notification) and name in self._revised:
                await self._inner.revise([notification])
            if (self._owed.get(name) or self._elsewhere.get(name)) is notification:  # not revised meanwhile
                self._behind.pop(name, None)
                self._revised.discard(name)
        for ended in batched(list(self._ended.values()), _AT_ONCE):
            await self._tell(ended)
            for one in ended:
                if self._ended.get(one.notification) is one:
                    del self._ended[one.notification]

    async def _tell(self, ended: Sequence[DeliverySettled]) -> None:
        """Tell the store how these ended, but for those that are another sender's by now."""
        try:
            await self._inner.finish(ended)
        except StaleOwnerError:
            if len(ended) > 1:
                for one in ended:
                    await self._tell([one])

    def _leave_to_the_store(self) -> None:
        """Forget the oldest that nobody has in hand; those in hand go to the end, lest they be looked at every time."""
        looked = 0
        while len(self._owed) > MOST_REMEMBERED and looked < _LOOKED_AT:
            oldest = next(iter(self._owed))
            if oldest in self._taken or oldest in self._behind:
                self._owed.move_to_end(oldest)
                looked += 1
            else:
                del self._owed[oldest]

    async def _not_over(self, found: list[Notification]) -> list[Notification]:
        """Those that have not ended here already; of the others the store is told once more."""
        over = [(n, self._over[n.id]) for n in found if n.id in self._over]
        known = [replace(end, event=n.event.id if n.event else None) for n, end in over if self._is_told(n, end)]
        if known:
            with suppress(UnavailableError, StaleOwnerError):  # else it gives them again
                await self._inner.finish(known)
        ended = {one.notification for one in known}
        return [n for n in found if n.id not in ended]

    def is_over(self, notification: Notification) -> bool:
        """Whether it has ended here already."""
        end = self._over.get(notification.id)
        return end is not None and self._is_told(notification, end)

    def _is_told(self, notification: Notification, end: DeliverySettled) -> bool:
        """Whether it is what ended so: the alert of the same event, or one that was queued by who could not know."""
        if end.event == (notification.event.id if notification.event else None):
            return True
        return notification.id in self._alone and notification.queued_at < end.at + ACCEPTED_FOR

    def _forget(self, name: str) -> None:
        """It is ended, or another's: should the store give it once more, it may be taken again."""
        self._owed.pop(name, None)
        self._behind.pop(name, None)
        self._revised.discard(name)
        self._taken.discard(name)

    async def _something(self) -> None:
        """Wait until something is queued here or the store is back."""
        self._queued.clear()
        queued, up = asyncio.ensure_future(self._queued.wait()), asyncio.ensure_future(self._survival.until_up())
        try:
            await asyncio.wait({queued, up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            queued.cancel()
            up.cancel()
