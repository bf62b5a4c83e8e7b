"""Answers on their way to a chat: sent, put in the place of an earlier screen, or shown on a pressed button."""

import asyncio
from datetime import timedelta

from telegram import Bot, ChatMember, ChatMemberAdministrator, ChatMemberRestricted
from telegram.constants import ChatMemberStatus, ChatType, ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from tokenfilter.adapters.telegram import outgoing
from tokenfilter.adapters.telegram.connection import translated
from tokenfilter.adapters.telegram.dialogue.places import Allowed, NotAllowed, Rights
from tokenfilter.adapters.telegram.keyboard import Keyboard, Screen
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.send_budget import SendBudget

LONGEST_NOTICE = 200
"""Telegram Bot API, answerCallbackQuery."""

_SAME = "message is not modified"
_TOO_LATE = "query is too old"
_LONGEST_WAIT = timedelta(seconds=5)
_ADMINISTRATORS = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})


class Chats:
    """Replies go out at once and are counted in the budget; edits and notices cost nothing there."""

    def __init__(self, bot: Bot, budget: SendBudget, clock: Clock) -> None:
        self._bot = bot
        self._budget = budget
        self._clock = clock

    async def say(self, place: Destination, screen: Screen, *, reply_to: int | None = None) -> int:
        """Send a screen as a new message and return its id.

        Raises:
            TelegramError: it was not sent, or that is not known.
        """
        await self._budget.count_reply(place.chat, self._clock.now())
        try:
            sent = await outgoing.send(self._bot, place, screen.html, screen.keyboard, reply_to=reply_to)
        except RetryAfter as error:
            await self._wait(place.chat, error)
            sent = await outgoing.send(self._bot, place, screen.html, screen.keyboard, reply_to=reply_to)
        return sent.message_id

    async def give(self, place: Destination, screen: Screen, *, name: str, content: bytes) -> int:
        """Send a file with a screen written below it and return the message's id.

        Raises:
            TelegramError: it was not sent, or that is not known.
        """
        await self._budget.count_reply(place.chat, self._clock.now())
        sent = await self._bot.send_document(
            place.chat,
            content,
            filename=name,
            caption=screen.html.markup,
            parse_mode=ParseMode.HTML,
            message_thread_id=place.thread,
            reply_markup=outgoing.markup(screen.keyboard),
        )
        return sent.message_id

    async def show(self, place: Destination, message_id: int, screen: Screen) -> int:
        """Put a screen in the place of an earlier one; as a new message where that cannot be edited any more.

        Raises:
            TelegramError: neither was possible.
        """
        try:
            await self._bot.edit_message_text(
                screen.html.markup,
                chat_id=place.chat,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                link_preview_options=outgoing.NO_PREVIEW,
                reply_markup=outgoing.markup(screen.keyboard),
            )
        except BadRequest as error:
            if _SAME not in error.message.lower():
                return await self.say(place, screen)
        return message_id

    async def set_buttons(self, place: Destination, message_id: int, keyboard: Keyboard) -> None:
        """Change only the buttons below a message.

        Raises:
            TelegramError: not possible.
        """
        try:
            await self._bot.edit_message_reply_markup(
                chat_id=place.chat, message_id=message_id, reply_markup=outgoing.markup(keyboard)
            )
        except BadRequest as error:
            if _SAME not in error.message.lower():
                raise

    async def notice(self, query: str, words: str | None, *, alert: bool = False) -> None:
        """End the waiting of a pressed button, with a notice or without; too late is no harm.

        Raises:
            TelegramError: not possible.
        """
        shown = words if words is None or len(words) <= LONGEST_NOTICE else f"{words[: LONGEST_NOTICE - 1]}…"
        try:
            await self._bot.answer_callback_query(query, text=shown, show_alert=alert)
        except BadRequest as error:
            if not error.message.lower().startswith(_TOO_LATE):
                raise

    async def _wait(self, chat: ChatId, error: RetryAfter) -> None:
        """Telegram asks to wait: a short while is waited, a long one is an error."""
        pause = error.retry_after if isinstance(error.retry_after, timedelta) else timedelta(seconds=error.retry_after)
        await self._budget.halt(chat, self._clock.now() + pause)
        if pause > _LONGEST_WAIT:
            raise error
        await self._clock.sleep_until(self._clock.now() + pause)


class TelegramRights(Rights):
    """Asks Telegram for the chat, for the person in it, and for the bot in it."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def to_post(self, chat: ChatId | str, thread: int | None, person: ChatId) -> Allowed | NotAllowed:
        try:
            found = await self._bot.get_chat(chat)
            if found.type == ChatType.PRIVATE:
                return NotAllowed(reason="That is a person, not a group or channel.")
            me = await self._bot.get_me()
            members = await asyncio.gather(
                self._bot.get_chat_member(found.id, person), self._bot.get_chat_member(found.id, me.id)
            )
        except (BadRequest, Forbidden):
            return NotAllowed(reason="I am not in a chat of that name. Add me there first.")
        except TelegramError as error:
            raise translated(error) from error
        title = found.title or str(found.id)
        if members[0].status not in _ADMINISTRATORS:
            return NotAllowed(reason=f"Only an administrator of {title} can send matches there.")
        open_to_all = found.permissions is None or found.permissions.can_send_messages is not False
        if not _may_post(members[1], is_channel=found.type == ChatType.CHANNEL, open_to_all=open_to_all):
            return NotAllowed(reason=f"I may not post in {title}. Give me that right, then try again.")
        return Allowed(destination=Destination(ChatId(found.id), thread), title=title)


def _may_post(me: ChatMember, *, is_channel: bool, open_to_all: bool) -> bool:
    if isinstance(me, ChatMemberAdministrator):
        return bool(me.can_post_messages) if is_channel else True
    if isinstance(me, ChatMemberRestricted):
        return me.can_send_messages
    return me.status == ChatMemberStatus.MEMBER and open_to_all and not is_channel
