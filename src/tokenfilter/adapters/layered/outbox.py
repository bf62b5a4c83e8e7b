"""What may have been sent already is given to the sender only if the permanent store does not know its end.

A real-time store that came back with old data still owes what was sent meanwhile, and one that was emptied is told of
alerts by who queued them, which does not know that another sent them. What was queued since is given at once.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from tokenfilter.domain.history import DeliverySettled
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.archive import Archive
from tokenfilter.ports.failures import PortError, StaleOwnerError
from tokenfilter.ports.outbox import Outbox


class RecallingOutbox(Outbox):
    """Ends at `inner` what has ended. Where the permanent store cannot be asked, all is given: rather twice than never.

    `since` is from when on all that is queued is sent here, by the store as it is now. `taken` is what `inner` gave and
    nobody was given yet: a taking that is given up takes nothing with it.
    """

    def __init__(self, inner: Outbox, *, archive: Archive, since: Callable[[], datetime]) -> None:
        self._inner = inner
        self._archive = archive
        self._since = since
        self._taken: Sequence[Notification] = ()

    async def put(self, notification: Notification) -> bool:
        return await self._inner.put(notification)

    async def take(self, limit: int) -> Sequence[Notification]:
        while True:
            if not self._taken:
                self._taken = await self._inner.take(limit)
            since = self._since()
            ends = await self._ends([n for n in self._taken if n.queued_at < since])
            if ends:
                with suppress(StaleOwnerError):  # then another ends them
                    await self._inner.finish(ends)
            over = {end.notification for end in ends}
            owed = [n for n in self._taken if n.id not in over]
            given, self._taken = owed[:limit], owed[limit:]
            if given:
                return given

    async def intend(self, notification: Notification) -> bool:
        return await self._inner.intend(notification)

    async def revise(self, notifications: Sequence[Notification]) -> Sequence[bool]:
        revised = await self._inner.revise(notifications)
        known = {n.id: n for n, is_owed in zip(notifications, revised, strict=True) if is_owed}
        self._taken = [known.get(n.id, n) for n in self._taken]
        return revised

    async def finish(self, ended: Sequence[DeliverySettled]) -> None:
        await self._inner.finish(ended)

    async def length(self) -> int:
        return await self._inner.length()

    async def _ends(self, notifications: Sequence[Notification]) -> Sequence[DeliverySettled]:
        if not notifications:
            return ()
        try:
            return await self._archive.ends(notifications)
        except PortError:
            return ()
