"""One send: what Telegram's answer, or its silence, leads to."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from tokenfilter.app.deliver_notifications.aftermath import Aftermath
from tokenfilter.app.deliver_notifications.gate import Gate
from tokenfilter.app.deliver_notifications.hand import Hand
from tokenfilter.app.deliver_notifications.holding import Holding
from tokenfilter.app.deliver_notifications.waiting import Waiting
from tokenfilter.domain.breaker import Admitted
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import Lane, Notification
from tokenfilter.domain.pace import pause_after
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import (
    MigratedError,
    PortError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.ports.messenger import Messenger, Sent
from tokenfilter.ports.send_budget import SendBudget
from tokenfilter.ports.telemetry import Telemetry

DEADLINE = 30
"""Seconds for one send: longer than any timeout inside the messenger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A notification that may be sent now, to whom it is written, and the leave to send it."""

    notification: Notification
    reader: Subscriber | None
    admitted: Admitted


class Sending:
    """Each send ends its notification or puts it back. It returns once the outbox knows which."""

    def __init__(
        self,
        *,
        messenger: Messenger,
        budget: SendBudget,
        gate: Gate,
        hand: Hand,
        waiting: Waiting,
        holding: Holding,
        aftermath: Aftermath,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._messenger = messenger
        self._budget = budget
        self._gate = gate
        self._hand = hand
        self._waiting = waiting
        self._holding = holding
        self._aftermath = aftermath
        self._clock = clock
        self._telemetry = telemetry

    async def send(self, ready: Ready) -> None:
        """Send once."""
        notification, asked_at = ready.notification, self._clock.now()
        try:
            async with asyncio.timeout(DEADLINE):
                sent: Sent | Exception = await self._messenger.send(notification, reader=ready.reader)
        except Exception as error:  # noqa: BLE001 - the edge of one send: what cannot be written must not stay owed
            sent = error
        match sent:
            case Sent(message_id=message_id):
                self._gate.answered(ready.admitted)
                self._hand.end(notification, DeliveryOutcome.SENT, message_id=message_id, asked_at=asked_at)
            case RateLimitedError(retry_after=pause):
                chat = notification.destination.chat
                self._gate.refused(ready.admitted, chat, asked_at=asked_at, retry_after=pause)
                await self._rest(notification, pause)
            case MigratedError(new_chat=new):
                self._gate.answered(ready.admitted)
                self._follow(notification, new)
            case RecipientGoneError():
                self._gate.answered(ready.admitted)
                self._lose(notification)
            case RefusedError():
                self._gate.answered(ready.admitted)
                self._telemetry.failed("sending", str(sent), now=self._clock.now())
                self._hand.end(notification, DeliveryOutcome.REFUSED)
            case UnavailableError(acted=acted):
                self._gate.unanswered(ready.admitted, notification, str(sent))
                self._repeat_or_end(notification, is_safe=acted is False)
            case TimeoutError():
                self._gate.unanswered(ready.admitted, notification, "no answer in time")
                self._repeat_or_end(notification, is_safe=False)
            case _:
                self._gate.give_back(ready.admitted)
                what = f"{type(sent).__name__} at {notification.id}"
                self._telemetry.failed("sending", what, now=self._clock.now())
                self._hand.end(notification, DeliveryOutcome.IN_DOUBT)
        await self._hand.known(notification)

    async def _rest(self, notification: Notification, pause: timedelta) -> None:
        """Leave the chat alone for exactly as long as Telegram asks."""
        self._waiting.put_back(notification, pause=pause)
        try:
            await self._budget.halt(notification.destination.chat, self._clock.now() + pause)
        except PortError as error:
            self._telemetry.failed("resting a chat", str(error), now=self._clock.now())

    def _follow(self, notification: Notification, new: ChatId) -> None:
        """The chat has a new id: everything for it goes there."""
        old = notification.destination.chat
        self._waiting.move(old, new)
        self._waiting.put_back(notification, pause=timedelta(0))
        self._aftermath.moved(old, new, notification.owners)

    def _lose(self, notification: Notification) -> None:
        """The chat is gone: whatever else waits for it ends without another word to Telegram."""
        chat = notification.destination.chat
        for lost in (notification, *self._waiting.drop(chat), *self._holding.drop(chat)):
            self._hand.end(lost, DeliveryOutcome.GONE)
            self._aftermath.gone(lost.destination, lost.owners)

    def _repeat_or_end(self, notification: Notification, *, is_safe: bool) -> None:
        """Try again what surely was not sent. What may have been is so only for money, whose text names its id."""
        if not is_safe and notification.lane is not Lane.MONEY:
            self._hand.end(notification, DeliveryOutcome.IN_DOUBT)
            return
        failures = self._hand.failed(notification)
        self._waiting.put_back(notification, pause=pause_after(failures, notification.id))
