"""Send what is owed: fairly, within Telegram's limits, each once, and say how each ended."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tokenfilter.domain.delivery import FairQueue, digest_of
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.ids import ChatId, Destination, Token
from tokenfilter.domain.mute import Withheld, withheld
from tokenfilter.domain.notification import Body, CallAlert, FoldReason, Notification
from tokenfilter.domain.subscriber import Standing, Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import (
    MigratedError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.messenger import Messenger
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.send_budget import SendBudget
from tokenfilter.ports.subscribers import Subscribers
from tokenfilter.ports.telemetry import Telemetry

_TAKEN_AT_ONCE = 256
_IDLE = timedelta(seconds=1)
_SNOOZE_LOOK = timedelta(seconds=1)
_FIRST_PAUSE = timedelta(milliseconds=500)
_LONGEST_PAUSE = timedelta(seconds=60)
_DEADLINE = 30
"""Seconds for one send: longer than any timeout inside the messenger."""

_FINISHING = 1
"""Seconds that sends under way are given when the sender stops."""

Gone = Callable[[ChatId], Coroutine[None, None, None]]


class DeliverNotifications:
    """Holds what is owed in one fair queue and sends up to `at_once` messages side by side (R9)."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        messenger: Messenger,
        budget: SendBudget,
        journal: Journal,
        subscribers: Subscribers,
        clock: Clock,
        telemetry: Telemetry,
        on_gone: Gone,
        at_once: int = 10,
    ) -> None:
        self._outbox = outbox
        self._messenger = messenger
        self._budget = budget
        self._journal = journal
        self._subscribers = subscribers
        self._clock = clock
        self._telemetry = telemetry
        self._on_gone = on_gone
        self._slots = asyncio.Semaphore(at_once)
        self._queue = FairQueue()
        self._snoozed: dict[Destination, list[Notification]] = {}
        self._attempts: dict[str, int] = {}
        self._woken = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many notifications this sender holds."""
        return len(self._queue) + sum(map(len, self._snoozed.values()))

    async def run(self) -> None:
        """Send until cancelled; sends that are under way then are finished first."""
        sends: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._collect())
            tasks.create_task(self._wake_snoozed())
            try:
                await self._dispatch(sends)
            finally:
                if sends:
                    await asyncio.wait(sends, timeout=_FINISHING)

    async def _collect(self) -> None:
        while True:
            for notification in await self._outbox.take(_TAKEN_AT_ONCE):
                self._queue.put(notification)
            self._woken.set()

    async def _dispatch(self, sends: set[asyncio.Task[None]]) -> None:
        while True:
            await self._slots.acquire()
            notification, reader = await self._next()
            send = asyncio.create_task(self._send(notification, reader))
            sends.add(send)
            send.add_done_callback(sends.discard)
            send.add_done_callback(lambda _: self._slots.release())

    async def _next(self) -> tuple[Notification, Subscriber | None]:
        """The next notification that is wanted and may go, waiting for its place in the budget."""
        while True:
            now = self._clock.now()
            match self._queue.take(now, self._budget.pace):
                case Notification() as taken:
                    match await self._reader(taken, now):
                        case Withheld.SNOOZED:
                            self._snoozed.setdefault(taken.destination, []).append(taken)
                        case Withheld():
                            await self._finish(taken, DeliveryOutcome.MUTED)
                        case reader:
                            await self._clock.sleep_until(await self._budget.reserve(taken.destination.chat, now))
                            return taken, reader
                case tuple() as folded:
                    late = any(n.useful_until <= now for n in folded)
                    await self._fold(folded, FoldReason.TOO_OLD if late else FoldReason.TOO_MANY)
                case None:
                    await self._rest(now)

    async def _rest(self, now: datetime) -> None:
        """Wait until something is queued or a resting destination has its turn again."""
        self._woken.clear()
        wake_at = self._queue.wake_at()
        timer = asyncio.ensure_future(self._clock.sleep_until(min(wake_at or now + _IDLE, now + _IDLE)))
        woken = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()

    async def _reader(self, notification: Notification, now: datetime) -> Subscriber | Withheld | None:
        owners = [s for chat in notification.owners if (s := await self._subscribers.get(chat))]
        return _reader_among(owners, notification, now)

    async def _wake_snoozed(self) -> None:
        """Tell in one digest what was held back, once its owner hears again."""
        while True:
            await self._clock.sleep_until(self._clock.now() + _SNOOZE_LOOK)
            for destination in list(self._snoozed):
                await self._wake(destination)

    async def _wake(self, destination: Destination) -> None:
        """Look again at what is held for a destination: some is wanted now, some was muted meanwhile, some stays."""
        held = self._snoozed.pop(destination)
        chats = {chat for n in held for chat in n.owners}
        owners = {chat: s for chat in chats if (s := await self._subscribers.get(chat))}
        wanted, now = [], self._clock.now()
        for notification in held:
            match _reader_among([owners[c] for c in notification.owners if c in owners], notification, now):
                case Withheld.SNOOZED:
                    self._snoozed.setdefault(destination, []).append(notification)
                case Withheld():
                    await self._finish(notification, DeliveryOutcome.MUTED)
                case _:
                    wanted.append(notification)
        if wanted:
            await self._fold(tuple(wanted), FoldReason.SNOOZED)

    async def _fold(self, folded: tuple[Notification, ...], reason: FoldReason) -> None:
        """Owe one digest in place of many alerts; the alerts end only when the digest is owed."""
        await self._outbox.put(digest_of(folded, reason, now=self._clock.now()))
        for notification in folded:
            await self._finish(notification, DeliveryOutcome.IN_DIGEST)

    async def _send(self, notification: Notification, reader: Subscriber | None) -> None:
        if not await self._outbox.intend(notification):
            return
        asked_at = self._clock.now()
        try:
            async with asyncio.timeout(_DEADLINE):
                sent = await self._messenger.send(notification, reader=reader)
        except RateLimitedError as error:
            await self._budget.halt(notification.destination.chat, self._clock.now() + error.retry_after)
            self._put_back(notification, pause=error.retry_after)
        except MigratedError as error:
            moved = replace(notification.destination, chat=error.new_chat)
            self._put_back(replace(notification, destination=moved), pause=timedelta(0))
        except RecipientGoneError:
            await self._finish(notification, DeliveryOutcome.GONE)
            await self._on_gone(notification.destination.chat)
        except RefusedError as error:
            self._telemetry.failed("sending", str(error), now=self._clock.now())
            await self._finish(notification, DeliveryOutcome.REFUSED)
        except (UnavailableError, TimeoutError) as error:
            await self._after_failure(notification, error)
        except Exception as error:  # noqa: BLE001 - the edge of one send: what cannot be written must not stay owed
            what = f"{type(error).__name__} at {notification.id}"
            self._telemetry.failed("sending", what, now=self._clock.now())
            await self._finish(notification, DeliveryOutcome.IN_DOUBT)
        else:
            await self._finish(notification, DeliveryOutcome.SENT, message_id=sent.message_id, asked_at=asked_at)

    async def _after_failure(self, notification: Notification, error: UnavailableError | TimeoutError) -> None:
        """Try again what surely was not sent; what may have been is not sent twice."""
        self._telemetry.failed("sending", str(error) or "no answer in time", now=self._clock.now())
        if isinstance(error, TimeoutError) or error.acted is None:
            await self._finish(notification, DeliveryOutcome.IN_DOUBT)
            return
        attempts = self._attempts.get(notification.id, 0)
        self._attempts[notification.id] = attempts + 1
        self._put_back(notification, pause=min(_FIRST_PAUSE * 2 ** min(attempts, 10), _LONGEST_PAUSE))

    def _put_back(self, notification: Notification, *, pause: timedelta) -> None:
        self._queue.put_back(notification, until=self._clock.now() + pause)
        self._woken.set()

    async def _finish(
        self,
        notification: Notification,
        outcome: DeliveryOutcome,
        *,
        message_id: int | None = None,
        asked_at: datetime | None = None,
    ) -> None:
        """Note how a notification ended, then forget it: in this order, so that a crash repeats rather than loses."""
        now = self._clock.now()
        self._attempts.pop(notification.id, None)
        token, delay = _heard(notification, asked_at or now)
        settled = DeliverySettled(
            notification=notification.id,
            token=token,
            destination=notification.destination,
            outcome=outcome,
            at=now,
            message_id=message_id,
            call_to_sent=delay,
        )
        await self._journal.note(settled)
        await self._outbox.finish([notification])
        self._telemetry.delivered(notification, outcome, asked_at=asked_at or now)


def _reader_among(
    owners: Sequence[Subscriber], notification: Notification, now: datetime
) -> Subscriber | Withheld | None:
    """Whose zone and sound count: the first owner who wants to hear of it now, else why none does; None: no owner."""
    reasons = [_against(owner, notification.body, now) for owner in owners]
    wanting = next((owner for owner, reason in zip(owners, reasons, strict=True) if reason is None), None)
    if wanting is not None or not reasons:
        return wanting
    return Withheld.SNOOZED if Withheld.SNOOZED in reasons else reasons[0]


def _against(owner: Subscriber, body: Body, now: datetime) -> Withheld | None:
    """Why an owner is not told now. Only having stopped is against what is no alert: a digest holds what was wanted."""
    if isinstance(body, CallAlert):
        return withheld(owner, body, now=now)
    return None if owner.standing is Standing.ACTIVE else Withheld.STOPPED


def _heard(notification: Notification, asked_at: datetime) -> tuple[Token | None, float | None]:
    """The token an alert is about and the seconds from hearing of it to sending."""
    body = notification.body
    if not isinstance(body, CallAlert):
        return None, None
    return body.token, (asked_at - body.evidence.event.received_at).total_seconds()
