"""Take what is owed, choose what goes next, and start its send at its place in the budget."""

import asyncio
from collections import deque
from datetime import datetime, timedelta
from functools import partial

from tokenfilter.app.deliver_notifications.aftermath import Aftermath, Gone, Moved
from tokenfilter.app.deliver_notifications.folding import Folding
from tokenfilter.app.deliver_notifications.gate import Gate
from tokenfilter.app.deliver_notifications.hand import Hand
from tokenfilter.app.deliver_notifications.holding import Holding
from tokenfilter.app.deliver_notifications.insist import Insistence
from tokenfilter.app.deliver_notifications.readers import Readers
from tokenfilter.app.deliver_notifications.sending import DEADLINE, Ready, Sending
from tokenfilter.app.deliver_notifications.waiting import Waiting
from tokenfilter.domain.breaker import Admitted
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.mute import Withheld, reader_among
from tokenfilter.domain.notification import CallAlert, Notification
from tokenfilter.domain.pace import CHAT_EVERY, OVERALL_EVERY, pause_after
from tokenfilter.domain.quiet import Told
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import PortError, StaleOwnerError
from tokenfilter.ports.messenger import Messenger
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.send_budget import SendBudget
from tokenfilter.ports.subscribers import Subscribers
from tokenfilter.ports.telemetry import Telemetry

FINISHING = 10
"""Seconds that sends under way are given when the sender stops: as long as an answer of Telegram may take."""

NOTING = 5
"""Seconds to let the outbox know how they ended."""

SIDE_BY_SIDE = 3
"""Sends that are made ready at the same time: while one waits for its place, the store is asked about the next."""

A_SECOND = round(timedelta(seconds=1) / OVERALL_EVERY)


class DeliverNotifications:
    """Holds what is owed in one fair queue and sends up to `at_once` messages side by side (R9).

    Readers are looked up in up to `slices` slices side by side. A store that is away is told and waited for: it ends
    no loop, and nothing that was sent is sent again for it.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        messenger: Messenger,
        budget: SendBudget,
        subscribers: Subscribers,
        clock: Clock,
        telemetry: Telemetry,
        on_gone: Gone,
        on_moved: Moved,
        at_once: int = 10,
        slices: int = 5,
    ) -> None:
        self._outbox = outbox
        self._budget = budget
        self._clock = clock
        self._telemetry = telemetry
        self._slots = asyncio.Semaphore(at_once)
        self._failures = 0
        self._busy: set[ChatId] = set()
        self._looking, self._placing = asyncio.Lock(), asyncio.Lock()
        self._begun: deque[datetime] = deque(maxlen=A_SECOND)
        self._told = Told()
        self._waiting = Waiting(clock=clock)
        self._readers = Readers(subscribers=subscribers, clock=clock, slices=slices)
        self._insist = Insistence(clock=clock, telemetry=telemetry)
        self._gate = Gate(clock=clock, telemetry=telemetry, probe_lasts=timedelta(seconds=DEADLINE))
        self._aftermath = Aftermath(on_gone=on_gone, on_moved=on_moved, clock=clock, telemetry=telemetry)
        self._hand = Hand(outbox=outbox, insist=self._insist, clock=clock, telemetry=telemetry)
        self._holding = Holding(
            outbox=outbox,
            hand=self._hand,
            waiting=self._waiting,
            readers=self._readers,
            told=self._told,
            insist=self._insist,
            clock=clock,
            telemetry=telemetry,
        )
        self._folding = Folding(outbox=outbox, hand=self._hand, waiting=self._waiting, insist=self._insist, clock=clock)
        self._sending = Sending(
            messenger=messenger,
            budget=budget,
            gate=self._gate,
            hand=self._hand,
            waiting=self._waiting,
            holding=self._holding,
            aftermath=self._aftermath,
            clock=clock,
            telemetry=telemetry,
        )

    @property
    def waiting(self) -> int:
        """How many notifications this sender has in hand."""
        return len(self._hand)

    async def run(self) -> None:
        """Send until cancelled; then sends under way are finished, and their ends noted, as far as time allows."""
        sends: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as tasks:
            for loop in (self._collect, self._hand.note_ends, self._holding.run, self._folding.run):
                tasks.create_task(loop())
            tasks.create_task(self._aftermath.run())
            tasks.create_task(self._readers.look_ahead(self._waiting.coming))
            try:
                async with asyncio.TaskGroup() as ready:
                    for _ in range(SIDE_BY_SIDE):
                        ready.create_task(self._dispatch(sends))
            finally:
                await self._finish(sends)

    async def _finish(self, sends: set[asyncio.Task[None]]) -> None:
        if sends:
            await asyncio.wait(sends, timeout=FINISHING)
            for send in (left := list(sends)):
                send.cancel()
            if left:
                await asyncio.wait(left)
        try:
            async with asyncio.timeout(NOTING):
                await self._folding.stop()
                await self._hand.all_known()
        except TimeoutError:
            self._telemetry.failed("stopping", "some ends could not be noted", now=self._clock.now())

    async def _collect(self) -> None:
        while True:
            take = partial(self._outbox.take, await self._hand.room())
            taken = await self._insist.until_done("taking what is owed", take)
            for notification in taken:
                if self._hand.accept(notification):
                    self._learn(notification)
                    self._waiting.put(notification)

    def _learn(self, notification: Notification) -> None:
        """Its owners do not know yet that the chat has moved, or it would name the new one."""
        old = notification.destination.chat
        new = self._waiting.moved_to(old)
        if new is not None:
            self._aftermath.moved(old, new, notification.owners)

    async def _dispatch(self, sends: set[asyncio.Task[None]]) -> None:
        while True:
            await self._slots.acquire()
            ready = await self._next()
            self._gate.begins(self._clock.now())
            send = asyncio.create_task(self._sending.send(ready))
            sends.add(send)
            send.add_done_callback(sends.discard)
            send.add_done_callback(lambda _: self._slots.release())

    async def _next(self) -> Ready:
        """The next notification that is wanted and may go, once its place in the budget has come."""
        while True:
            admitted = await self._gate.opens()
            taken = self._waiting.take(self._clock.now(), self._budget.pace, busy=self._busy)
            if taken is None:
                await self._waiting.rest()
            elif (ready := await self._alone(taken, admitted)) is not None:
                return ready
            self._gate.give_back(admitted)

    async def _alone(self, taken: Notification, admitted: Admitted) -> Ready | None:
        """Make it ready while no other for its chat is made ready, so that they keep their order."""
        self._busy.add(taken.destination.chat)
        try:
            return await self._prepared(taken, admitted)
        finally:
            self._busy.discard(taken.destination.chat)

    async def _prepared(self, taken: Notification, admitted: Admitted) -> Ready | None:
        """Make it ready; None if it is not to be sent now. Whoever asks for a place has noted the intent before."""
        try:
            async with self._looking:
                owners = await self._readers.of(taken)
            reader = reader_among(owners, taken, now=self._clock.now(), told=self._told)
            if isinstance(reader, Withheld):
                await self._withhold(taken, reader)
                return None
            if not await self._hand.may_send(taken):
                return None
            if not await self._has_place(taken):
                return None
        except StaleOwnerError:
            self._hand.put_down(taken)
            return None
        except PortError as error:
            pause = pause_after(self._hand.failed(taken), taken.id)
            self._waiting.put_back(taken, pause=pause)
            self._failures += 1
            await self._insist.after("preparing a send", error, self._failures)
            return None
        self._failures = 0
        if isinstance(taken.body, CallAlert) and reader is not None and reader.most_per_hour is not None:
            self._told.note(taken.destination, taken.id, self._clock.now())
        return Ready(notification=taken, reader=reader, admitted=admitted)

    async def _withhold(self, taken: Notification, reason: Withheld) -> None:
        if reason.is_held:
            await self._holding.keep(taken, reason)
        else:
            self._hand.end(taken, DeliveryOutcome.MUTED)
        await asyncio.sleep(0)  # thousands may be withheld in a row without any wait between them

    async def _has_place(self, taken: Notification) -> bool:
        """Wait for a place in the budget. Where that is far off, the notification is put back and holds no other up."""
        chat, now = taken.destination.chat, self._clock.now()
        too_early = self._budget.pace.chat_free_at(chat) - now
        if too_early <= timedelta(0):
            place = await self._budget.reserve(chat, now)
            if place - now <= CHAT_EVERY:
                too_early = await self._until(place)
            else:
                too_early = place - now
        if too_early > timedelta(0):
            self._waiting.put_back(taken, pause=too_early)
        return too_early <= timedelta(0)

    async def _until(self, place: datetime) -> timedelta:
        """Wait for a place; how long nothing may be sent all the same.

        Who comes late to it does not come with so many others that they are too many for a second.
        """
        async with self._placing:
            if len(self._begun) == A_SECOND:
                place = max(place, self._begun[0] + timedelta(seconds=1))
            await self._clock.sleep_until(place)
            now = self._clock.now()
            paused = self._gate.paused_for(now)
            if paused <= timedelta(0):
                self._begun.append(now)
            return paused
