"""What the sender has in hand: taken from the outbox, and not yet known there to have ended."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from tokenfilter.app.deliver_notifications.insist import Insistence
from tokenfilter.domain.delivery import ended
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.notification import Digest, Notification
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import PortError, UnavailableError
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.telemetry import Telemetry

MOST = 50_000
AGAIN_BELOW = 45_000
"""Nothing more is taken once `MOST` are in hand, until there are fewer than this: what waits in the outbox ages.

Digests do not count: there is one a destination, into which what is too much folds.
"""

AT_ONCE = 256
FOLDED_AT_ONCE = 1_000
_DISOWNED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How a notification ended; `known` once the outbox knows, or another sender owns it."""

    settled: DeliverySettled
    known: asyncio.Event = field(default_factory=asyncio.Event)


class _Unknown:
    """Ends that the outbox does not know yet, of which so many are noted at once."""

    def __init__(self, *, at_once: int) -> None:
        self.at_once = at_once
        self.ends: dict[str, _End] = {}
        self.work = asyncio.Event()

    def add(self, end: _End) -> None:
        """It is to be noted."""
        self.ends[end.settled.notification] = end
        self.work.set()


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
        self._digests = 0
        self._failures: dict[str, int] = {}
        self._ends: dict[str, _End] = {}
        self._sent, self._folded = _Unknown(at_once=AT_ONCE), _Unknown(at_once=FOLDED_AT_ONCE)
        self._disowned: dict[str, DeliverySettled] = {}
        self._has_room = asyncio.Event()
        self._has_room.set()

    def __len__(self) -> int:
        return len(self._owed)

    async def room(self) -> int:
        """How many may be taken now; waits until there is room."""
        if self._singles >= MOST:
            self._has_room.clear()
        await self._has_room.wait()
        return min(AT_ONCE, MOST - self._singles)

    @property
    def _singles(self) -> int:
        return len(self._owed) - self._digests

    def owed(self, notification_id: str) -> Notification | None:
        """What is in hand under an id, as the outbox knows it."""
        return self._owed.get(notification_id)

    def accept(self, notification: Notification) -> bool:
        """Take it into hand; False if it is there already, or ended here before another sender owned it for a while."""
        if notification.id in self._owed:
            return False
        self._owed[notification.id] = notification
        self._digests += isinstance(notification.body, Digest)
        known = self._disowned.pop(notification.id, None)
        if known is None or known.event != ended(notification, known.outcome, at=known.at).event:
            return True
        self._note_soon(_End(settled=known))
        return False

    def revised(self, digest: Notification) -> None:
        """It reads so by now, as the outbox knows."""
        if digest.id in self._owed:
            self._owed[digest.id] = digest

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
        self._note_soon(_End(settled=settled))
        self._telemetry.delivered(owed, outcome, asked_at=asked_at or now)

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
        """Let the outbox know, until cancelled; many at once where many have ended.

        Of what was sent apart from what was folded: a send waits for it, and there may be thousands of the others.
        """
        async with asyncio.TaskGroup() as tasks:
            for unknown in (self._sent, self._folded):
                tasks.create_task(self._note_all(unknown))

    async def _note_all(self, unknown: _Unknown) -> None:
        failures = 0
        while True:
            await unknown.work.wait()
            unknown.work.clear()
            while unknown.ends:
                try:
                    await self._note(list(islice(unknown.ends.values(), unknown.at_once)))
                    failures = 0
                except UnavailableError as error:
                    failures += 1
                    await self._insist.after("noting what was sent", error, failures)

    def _note_soon(self, end: _End) -> None:
        self._ends[end.settled.notification] = end
        (self._folded if end.settled.outcome is DeliveryOutcome.IN_DIGEST else self._sent).add(end)

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
        owed = self._owed.pop(notification_id, None)
        self._digests -= owed is not None and isinstance(owed.body, Digest)
        self._failures.pop(notification_id, None)
        end = self._ends.pop(notification_id, None)
        if end is not None:
            self._sent.ends.pop(notification_id, None)
            self._folded.ends.pop(notification_id, None)
            end.known.set()
        if self._singles < AGAIN_BELOW:
            self._has_room.set()
