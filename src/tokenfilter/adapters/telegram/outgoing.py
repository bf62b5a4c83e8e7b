"""Messages as Telegram takes them: our screens in, calls of the Bot API out."""

from collections.abc import Callable

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest

from tokenfilter.adapters.telegram.callback import encode
from tokenfilter.adapters.telegram.html import Html
from tokenfilter.adapters.telegram.keyboard import Button, Keyboard
from tokenfilter.domain.ids import Destination

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_UNREADABLE = "can't parse entities"


async def send(
    bot: Bot,
    destination: Destination,
    html: Html,
    keyboard: Keyboard,
    *,
    silent: bool = False,
    reply_to: int | None = None,
    on_unreadable: Callable[[], None] = lambda: None,
) -> Message:
    """Send a message; should Telegram not understand our markup, say so and send it once more as plain text.

    Raises:
        TelegramError: as Telegram says.
    """
    replied = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True) if reply_to else None

    async def attempt(words: str, parse_mode: str | None) -> Message:
        return await bot.send_message(
            chat_id=destination.chat,
            message_thread_id=destination.thread,
            text=words,
            parse_mode=parse_mode,
            link_preview_options=NO_PREVIEW,
            disable_notification=silent,
            reply_parameters=replied,
            reply_markup=markup(keyboard),
        )

    try:
        return await attempt(html.markup, ParseMode.HTML)
    except BadRequest as error:
        if not error.message.lower().startswith(_UNREADABLE):
            raise
        on_unreadable()
        return await attempt(html.plain, None)


def markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """Buttons as Telegram takes them; None where there are none."""
    rows = [[_button(b) for b in row] for row in keyboard if row]
    return InlineKeyboardMarkup(rows) if rows else None


def _button(button: Button) -> InlineKeyboardButton:
    if button.press is not None:
        return InlineKeyboardButton(button.label, callback_data=encode(button.press))
    return InlineKeyboardButton(button.label, url=button.url)
