"""Telegram's updates as our own values; what means nothing to us is None."""

from telegram import CallbackQuery, ChatMemberUpdated, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatMemberStatus

from tokenfilter.adapters.telegram.callback import InvalidPressError, Press, decode
from tokenfilter.adapters.telegram.dialogue.turn import Membership, Pressed, Said
from tokenfilter.adapters.telegram.keyboard import Button, Keyboard
from tokenfilter.domain.ids import ChatId, Destination

WANTED = ("message", "callback_query", "my_chat_member")
"""The kinds of update that are asked for (Telegram Bot API, getUpdates, allowed_updates)."""

_LONGEST = 4096
_IN = frozenset({ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.RESTRICTED})


def read(update: Update) -> Said | Pressed | Membership | None:
    """What an update says, if it concerns us."""
    if update.message is not None:
        return _said(update.message)
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    return None


def _said(message: Message) -> Said | None:
    person = message.from_user
    if person is None or person.is_bot or not message.text:
        return None
    replied = message.reply_to_message
    buttons = _keyboard(replied.reply_markup) if replied and replied.from_user and replied.from_user.is_bot else ()
    return Said(
        person=ChatId(person.id),
        name=person.first_name,
        place=_place(message),
        message_id=message.message_id,
        words=message.text[:_LONGEST],
        replied=tuple(b.press for row in buttons for b in row if b.press),
    )


def _pressed(query: CallbackQuery) -> Pressed:
    message = query.message
    place: Destination | None = None
    keyboard: Keyboard = ()
    if isinstance(message, Message):
        place, keyboard = _place(message), _keyboard(message.reply_markup)
    elif message is not None:  # too old to be shown whole
        place = Destination(ChatId(message.chat.id))
    return Pressed(
        query=query.id,
        person=ChatId(query.from_user.id),
        name=query.from_user.first_name,
        place=place,
        message_id=message.message_id if message else None,
        press=_press(query.data),
        keyboard=keyboard,
    )


def _membership(change: ChatMemberUpdated) -> Membership:
    return Membership(
        person=ChatId(change.from_user.id),
        name=change.from_user.first_name,
        place=Destination(ChatId(change.chat.id)),
        title=change.chat.title or "",
        is_in=change.new_chat_member.status in _IN,
        was_in=change.old_chat_member.status in _IN,
    )


def _place(message: Message) -> Destination:
    thread = message.message_thread_id if message.is_topic_message else None
    return Destination(ChatId(message.chat_id), thread)


def _keyboard(markup: InlineKeyboardMarkup | None) -> Keyboard:
    """The buttons under a message of ours; those that are neither ours nor links are left out."""
    rows = markup.inline_keyboard if markup else ()
    return tuple(tuple(b for b in map(_button, row) if b) for row in rows)


def _button(button: object) -> Button | None:
    label, url = getattr(button, "text", ""), getattr(button, "url", None)
    if isinstance(url, str):
        return Button(label=label, url=url)
    press = _press(getattr(button, "callback_data", None))
    return Button(label=label, press=press) if press else None


def _press(data: object) -> Press | None:
    if not isinstance(data, str):
        return None
    try:
        return decode(data)
    except InvalidPressError:
        return None
