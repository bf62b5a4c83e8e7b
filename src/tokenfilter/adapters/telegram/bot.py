"""The bot: takes updates, lets the dialogue answer, brings the answers to the chats."""

import asyncio
import secrets
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from telegram import BotCommand, Update
from telegram.error import InvalidToken, TelegramError

from tokenfilter.adapters.telegram import incoming
from tokenfilter.adapters.telegram.chats import Chats, TelegramRights
from tokenfilter.adapters.telegram.connection import Connection
from tokenfilter.adapters.telegram.dialogue.answers import Parts
from tokenfilter.adapters.telegram.dialogue.begin import Begin
from tokenfilter.adapters.telegram.dialogue.criteria import EditCriteria
from tokenfilter.adapters.telegram.dialogue.dialogue import Dialogue
from tokenfilter.adapters.telegram.dialogue.filters import EditFilters
from tokenfilter.adapters.telegram.dialogue.noise import Noise
from tokenfilter.adapters.telegram.dialogue.places import ChoosePlaces
from tokenfilter.adapters.telegram.dialogue.previews import Previews
from tokenfilter.adapters.telegram.dialogue.privacy import Privacy
from tokenfilter.adapters.telegram.dialogue.turn import Membership, Pressed, Reply, Said
from tokenfilter.adapters.telegram.dialogue.why import ExplainTokens, MuteCards
from tokenfilter.adapters.telegram.keyboard import Screen
from tokenfilter.adapters.telegram.later import Later
from tokenfilter.adapters.telegram.polling import Polling
from tokenfilter.adapters.telegram.screens import plain
from tokenfilter.adapters.telegram.screens.help import COMMANDS
from tokenfilter.adapters.telegram.screens.settings import Delay
from tokenfilter.adapters.telegram.turns import Turns
from tokenfilter.app.backtest_filter import BacktestFilter
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.app.explain_verdict import ExplainVerdict
from tokenfilter.app.forget_person import ForgetPerson
from tokenfilter.app.note_activity import NoteActivity
from tokenfilter.domain.ids import Destination
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import RefusedError
from tokenfilter.ports.send_budget import SendBudget
from tokenfilter.ports.sessions import Asked, Sessions

_STOP_WITHIN = 0.5
_UPDATE_DEADLINE = 30.0

log = structlog.get_logger()


class TelegramBot:
    """One bot, by long polling. `delay` tells how quick alerts are, where that is known.

    `base_url` and `base_file_url` end in `/bot`; None is Telegram itself.
    """

    def __init__(
        self,
        *,
        token: str,
        base_url: str | None,
        base_file_url: str | None,
        edits: EditSettings,
        explains: ExplainVerdict,
        previews: BacktestFilter,
        person: ForgetPerson,
        activity: NoteActivity,
        retention_days: int,
        sessions: Sessions,
        budget: SendBudget,
        clock: Clock,
        delay: Callable[[], Delay | None] | None = None,
    ) -> None:
        self._connection = Connection(token, base_url=base_url, base_file_url=base_file_url)
        self._sessions = sessions
        self._clock = clock
        self._chats = Chats(self._connection.bot, budget, clock)
        self._name = ""
        kept = Previews(previews, clock)
        parts = Parts(
            begin=Begin(edits, kept, delay),
            filters=EditFilters(edits, explains, kept),
            criteria=EditCriteria(kept),
            noise=Noise(edits),
            places=ChoosePlaces(edits, TelegramRights(self._connection.bot), lambda: self._name),
            explains=ExplainTokens(explains),
            mutes=MuteCards(edits, explains, lambda: self._name),
            privacy=Privacy(person, retention_days),
        )
        self._dialogue = Dialogue(
            edits=edits, sessions=sessions, clock=clock, parts=parts, activity=activity, bot=lambda: self._name
        )
        self._previews = kept
        self._later = Later()
        self._turns: Turns[Update] = Turns(self._answer)
        self._polling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer people. Telegram being away is no failure: it is asked again until it answers.

        Raises:
            RefusedError: Telegram refuses the token.
        """
        try:
            await self._introduce()
        except InvalidToken as error:
            raise RefusedError("Telegram refuses the bot token") from error
        except TelegramError as error:
            log.warning("telegram cannot be reached yet", error=type(error).__name__)
        polling = Polling(self._connection.bot, self._take, self._introduce)
        self._polling = asyncio.create_task(polling.run(), name="telegram polling")

    async def stop(self) -> None:
        """Take no more updates, let answers under way end for half a second, close the connections."""
        if self._polling is not None:
            self._polling.cancel()
            with suppress(asyncio.CancelledError):
                await self._polling
        await self._turns.stop(within=_STOP_WITHIN)
        await self._later.stop()
        await self._previews.stop()
        await self._connection.close()

    async def _introduce(self) -> None:
        """Learn the bot's name and offer its commands; only once."""
        if not self._name:
            me = await self._connection.me()
            await self._connection.bot.set_my_commands([BotCommand(name, about) for name, about in COMMANDS])
            self._name = me.username or ""

    def _take(self, update: Update) -> None:
        chat = update.effective_chat
        if not self._turns.put(chat.id if chat else 0, update):
            log.warning("too many updates of one chat", update_id=update.update_id)

    async def _answer(self, update: Update) -> None:
        """Answer one update. Whatever goes wrong is logged and said politely; it stops nothing."""
        wanted: Said | Pressed | Membership | None = None
        try:
            async with asyncio.timeout(_UPDATE_DEADLINE):
                wanted = incoming.read(update)
                match wanted:
                    case Said():
                        await self._said(wanted)
                    case Pressed():
                        await self._pressed(wanted)
                    case Membership():
                        await self._membership(wanted)
                    case None:
                        pass
        except TelegramError as error:
            log.warning("reply not sent", update_id=update.update_id, error=type(error).__name__, why=error.message)
        except Exception:  # noqa: BLE001 - one update never stops the others
            incident = secrets.token_hex(4)
            trace = traceback.format_exc()  # as text: renderers that show variables would show the bot token
            log.warning("update failed", update_id=update.update_id, incident=incident, trace=trace)
            with suppress(TelegramError):
                await self._apologise(wanted, incident)

    async def _said(self, said: Said) -> None:
        before = await self._sessions.asked(said.person, now=self._clock.now()) if said.is_private else None
        reply = await self._dialogue.said(said)
        if reply is None or reply.screen is None:
            return
        if before is not None and not reply.anew:
            await self._later.settle((said.place.chat, before.message_id))
            shown = await self._chats.show(said.place, before.message_id, reply.screen)
        else:
            reply_to = None if said.is_private else said.message_id
            shown = await self._say(said.place, reply, reply.screen, reply_to)
        if said.is_private:
            await self._remember(said.place, reply, shown)
        self._follow(said.place, shown, reply)

    async def _pressed(self, pressed: Pressed) -> None:
        reply = await self._dialogue.pressed(pressed)
        await self._chats.notice(pressed.query, reply.notice, alert=reply.alert)
        place, message_id = pressed.place, pressed.message_id
        if place is None or message_id is None:
            return
        if reply.keyboard is not None:
            await self._chats.set_buttons(place, message_id, reply.keyboard)
        if reply.screen is None:
            return
        if reply.anew:
            message_id = await self._say(place, reply, reply.screen, message_id)
        else:
            await self._later.settle((place.chat, message_id))
            message_id = await self._chats.show(place, message_id, reply.screen)
        await self._remember(place, reply, message_id)
        self._follow(place, message_id, reply)

    async def _say(self, place: Destination, reply: Reply, screen: Screen, reply_to: int | None) -> int:
        """Bring an answer as a new message, below its file if it has one."""
        if reply.attachment:
            return await self._chats.give(place, screen, name=reply.attachment.name, content=reply.attachment.content)
        return await self._chats.say(place, screen, reply_to=reply_to)

    async def _membership(self, membership: Membership) -> None:
        reply = await self._dialogue.membership(membership)
        if reply is not None and reply.screen is not None:
            await self._chats.say(Destination(membership.person), reply.screen)

    async def _remember(self, place: Destination, reply: Reply, message_id: int) -> None:
        """Keep the question that is open now, or forget the one before."""
        if reply.ask is not None:
            asked = Asked(question=reply.ask.question, message_id=message_id, about=reply.ask.about)
            await self._sessions.open(place.chat, asked, now=self._clock.now())
        elif not reply.keeps_question:
            await self._sessions.close(place.chat)

    def _follow(self, place: Destination, message_id: int, reply: Reply) -> None:
        """Show later what could not be known at once, unless the person has moved on."""
        if reply.later is None:
            return
        work_out = reply.later

        async def work() -> Callable[[], Awaitable[None]]:
            screen = await work_out()

            async def show() -> None:
                with suppress(TelegramError):
                    await self._chats.show(place, message_id, screen)

            return show

        self._later.follow((place.chat, message_id), work)

    async def _apologise(self, wanted: Said | Pressed | Membership | None, incident: str) -> None:
        screen = plain.went_wrong(incident)
        match wanted:
            case Said(is_private=True, place=place):
                await self._chats.say(place, screen)
            case Pressed(query=query):
                await self._chats.notice(query, screen.html.plain, alert=True)
            case _:
                pass
