"""What the sender has in hand: taken from the outbox, and not yet known there to have ended."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from tokenfilter.app.deliver_notifications.insist import Insistence
from tokenfilter.domain.delivery import ended
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import PortError, UnavailableError
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.telemetry import Telemetry

MOST = 50_000
AGAIN_BELOW = 45_000
"""Nothing more is taken once `MOST` are in hand, until there are fewer than this: what waits in the outbox ages."""

AT_ONCE = 256
_DISOWNED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How a notification ended; `known` once the outbox knows, or another sender owns it."""

    settled: DeliverySettled
    known: asyncio.Event = field(default_factory=asyncio.Event)


class Hand:
    """An end is never forgotten before the outbox knows it: what ended here is not sent again while this process lives.

    The outbox is always told of a notification as it was taken, also where its chat moved meanwhile.
    """

    def __init__(self, *, outbox: Outbox, insist: Insistence, clock: Clock, telemetry: Telemetry) -> None:
        self._outbox = outbox
        self._insist = insist
        self._clock = clock
        self._telemetry = telemetry
        self._owed: dict[str, Notification] = {}
        self._failures: dict[str, int] = {}
        self._ends: dict[str, _End] = {}
        self._disowned: dict[str, DeliverySettled] = {}
        self._work = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def __len__(self) -> int:
        return len(self._owed)

    async def room(self) -> int:
        """How many may be taken now; waits until there is room."""
        if len(self._owed) >= MOST:
            self._has_room.clear()
        await self._has_room.wait()
        return min(AT_ONCE, MOST - len(self._owed))

    def accept(self, notification: Notification) -> bool:
        """Take it into hand; False if it is there already, or ended here before another sender owned it for a while."""
        if notification.id in self._owed:
            return False
        self._owed[notification.id] = notification
        known = self._disowned.pop(notification.id, None)
        if known is None or known.event != ended(notification, known.outcome, at=known.at).event:
            return True
        self._ends[notification.id] = _End(settled=known)
        self._work.set()
        return False

    async def may_send(self, notification: Notification) -> bool:
        """Note that it is about to be sent; False, and it is in hand no more, if it must not be.

        Raises:
            UnavailableError: that cannot be known; repeat.
        """
        owed = self._owed.get(notification.id)
        if owed is not None and await self._outbox.intend(owed):
            return True
        self.put_down(notification)
        return False

    def put_down(self, notification: Notification) -> None:
        """It is another sender's business now."""
        self._forget(notification.id)

    def failed(self, notification: Notification) -> int:
        """It could not be sent; how often that was so by now."""
        self._failures[notification.id] = self._failures.get(notification.id, 0) + 1
        return self._failures[notification.id]

    def end(
        self,
        notification: Notification,
        outcome: DeliveryOutcome,
        *,
        message_id: int | None = None,
        asked_at: datetime | None = None,
    ) -> None:
        """It ended, and the outbox will know soon. What is not in hand or has ended already stays as it is."""
        owed, now = self._owed.get(notification.id), self._clock.now()
        if owed is None or notification.id in self._ends:
            return
        settled = ended(owed, outcome, at=now, message_id=message_id, asked_at=asked_at)
        self._ends[notification.id] = _End(settled=settled)
        self._telemetry.delivered(owed, outcome, asked_at=asked_at or now)
        self._work.set()

    async def known(self, notification: Notification) -> None:
        """Return once the outbox knows how it ended, if it has ended."""
        end = self._ends.get(notification.id)
        if end is not None:
            await end.known.wait()

    async def all_known(self) -> None:
        """Return once the outbox knows every end."""
        while self._ends:
            await next(iter(self._ends.values())).known.wait()

    async def note_ends(self) -> None:
        """Let the outbox know, until cancelled; many at once where many have ended."""
        failures = 0
        while True:
            await self._work.wait()
            self._work.clear()
            while self._ends:
                try:
                    await self._note(list(islice(self._ends.values(), AT_ONCE)))
                    failures = 0
                except UnavailableError as error:
                    failures += 1
                    await self._insist.after("noting what was sent", error, failures)

    async def _note(self, ends: Sequence[_End]) -> None:
        try:
            await self._outbox.finish([end.settled for end in ends])
        except UnavailableError:
            raise
        except PortError as error:
            if len(ends) > 1:  # one of them is another's: find out which
                for end in ends:
                    await self._note([end])
            else:
                self._disown(ends[0], error)
        else:
            for end in ends:
                self._forget(end.settled.notification)

    def _disown(self, end: _End, error: PortError) -> None:
        """Another sender owns it. Should it come back to us, it is known that it was sent."""
        self._telemetry.failed("noting what was sent", str(error), now=self._clock.now())
        self._disowned[end.settled.notification] = end.settled
        if len(self._disowned) > _DISOWNED:
            del self._disowned[next(iter(self._disowned))]
        self._forget(end.settled.notification)

    def _forget(self, notification_id: str) -> None:
        self._owed.pop(notification_id, None)
        self._failures.pop(notification_id, None)
        end = self._ends.pop(notification_id, None)
        if end is not None:
            end.known.set()
        if len(self._owed) < AGAIN_BELOW:
            self._has_room.set()
