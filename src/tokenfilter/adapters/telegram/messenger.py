"""Notifications as Telegram messages."""

from telegram.error import TelegramError

from tokenfilter.adapters.telegram import outgoing, silence
from tokenfilter.adapters.telegram.card import card, card_keyboard
from tokenfilter.adapters.telegram.connection import Connection, translated
from tokenfilter.adapters.telegram.digest import digest
from tokenfilter.adapters.telegram.html import Html
from tokenfilter.adapters.telegram.keyboard import Keyboard
from tokenfilter.adapters.telegram.lost import place_lost
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import BlindSpotNotice, CallAlert, Digest, KnownAgain, Notification, PlaceLost
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.messenger import Messenger, Sent
from tokenfilter.ports.telemetry import Telemetry


class TelegramMessenger(Messenger):
    """Sends through the Bot API. `base_url` and `base_file_url` end in `/bot`; None is Telegram itself.

    `telemetry`, if any, is told of every message whose markup Telegram did not understand.
    """

    def __init__(
        self,
        *,
        token: str,
        base_url: str | None,
        base_file_url: str | None,
        clock: Clock,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._connection = Connection(token, base_url=base_url, base_file_url=base_file_url)
        self._clock = clock
        self._telemetry = telemetry

    async def open(self) -> None:
        """Nothing is asked of Telegram before the first message."""

    async def close(self) -> None:
        """Close the connections. Repeating is safe."""
        await self._connection.close()

    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:
        html, keyboard = await self._rendered(notification, reader)
        try:
            sent = await outgoing.send(
                self._connection.bot,
                notification.destination,
                html,
                keyboard,
                silent=reader.silent if reader else False,
                on_unreadable=self._count_unreadable,
            )
        except TelegramError as error:
            raise translated(error) from error
        return Sent(chat=ChatId(sent.chat_id), message_id=sent.message_id)

    async def _rendered(self, notification: Notification, reader: Subscriber | None) -> tuple[Html, Keyboard]:
        now, zone = self._clock.now(), reader.zone if reader else "UTC"
        match notification.body:
            case CallAlert() as alert:
                is_private = notification.destination.chat > 0  # groups and channels have negative ids
                bot = None if is_private else await self._name()
                return card(alert, now=now, zone=zone), card_keyboard(alert.evidence, bot=bot)
            case Digest() as told:
                return digest(told, now=now, zone=zone), ()
            case BlindSpotNotice() as notice:
                screen = silence.blind_spot(notice)
            case KnownAgain() as known:
                screen = silence.known_again(known)
            case PlaceLost() as lost:
                screen = place_lost(lost)
        return screen.html, screen.keyboard

    def _count_unreadable(self) -> None:
        if self._telemetry is not None:
            words = "markup not understood, sent as plain text"
            self._telemetry.failed("sending", words, now=self._clock.now())

    async def _name(self) -> str | None:
        try:
            return (await self._connection.me()).username
        except TelegramError as error:
            raise UnavailableError(error.message) from error  # the message itself was not sent yet
