"""The sandbox put together: a local Telegram for one bot, with its Bot API and its chat page."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from tokenfilter.adapters.sandbox.bot_api import BotApi, Method
from tokenfilter.adapters.sandbox.browser import Browser
from tokenfilter.adapters.sandbox.browser_stream import BrowserStream
from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.conversation import Conversation
from tokenfilter.adapters.sandbox.faults import Faults
from tokenfilter.adapters.sandbox.files import Files
from tokenfilter.adapters.sandbox.ledger import Ledger
from tokenfilter.adapters.sandbox.limits import Limits, RateWindows
from tokenfilter.adapters.sandbox.methods_chats import ChatMethods, Commands
from tokenfilter.adapters.sandbox.methods_media import MediaMethods
from tokenfilter.adapters.sandbox.methods_messages import MessageMethods
from tokenfilter.adapters.sandbox.parameters import Parameters
from tokenfilter.adapters.sandbox.payments import Payments
from tokenfilter.adapters.sandbox.people import People
from tokenfilter.adapters.sandbox.posting import Posting
from tokenfilter.adapters.sandbox.queries import Checkouts, Presses
from tokenfilter.adapters.sandbox.rendering import bot_wire
from tokenfilter.adapters.sandbox.updates import UpdateQueue
from tokenfilter.adapters.sandbox.webhook import Webhook, WebhookSender
from tokenfilter.adapters.sandbox.world import Bot, World
from tokenfilter.domain.tally import Shown

_TOKEN = re.compile(r"([1-9][0-9]{0,15}):[A-Za-z0-9_-]{1,100}", re.ASCII)
_PAGE = Path(__file__).parent / "page"

TELEGRAM = Limits()


class Sandbox:
    """A strict Telegram of one process; its routes are mounted under `/sandbox` by whoever runs the HTTP server.

    `token` looks like Telegram's (`<bot id>:<secret>`). `clock` returns aware UTC instants; dates, rates and the age of
    pressed buttons follow it, while waiting (long polls, checkouts) is real. `banner` is shown on top of the page.
    `webhook_sender` posts updates to a webhook; without one `setWebhook` is refused. With `keep`, a directory of
    its own, everything but scripted faults and the webhook outlives the process, however that ends; `open` it first.

    Raises:
        ValueError: the token does not look like one.
    """

    def __init__(
        self,
        *,
        token: str,
        clock: Callable[[], datetime],
        banner: str | None = None,
        limits: Limits = TELEGRAM,
        keep: Path | None = None,
        webhook_sender: WebhookSender | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        matched = _TOKEN.fullmatch(token)
        if matched is None:
            raise ValueError("expected a bot token of the form <number>:<letters>")
        bot = Bot(id=int(matched.group(1)), username="tokenfilter_sandbox_bot", first_name="tokenfilter")
        chronicle = self._chronicle = Chronicle(keep)
        self.world = World(bot, clock=clock, chronicle=chronicle)
        self._stream = BrowserStream(chronicle)
        self._updates = UpdateQueue(limits, chronicle)
        self._checkouts = Checkouts(lifetime=limits.pre_checkout_seconds, chronicle=chronicle)
        self._webhook = Webhook(self._updates, sender=webhook_sender, now=self.world.now, sleep=sleep)
        conversation = Conversation(self.world, stream=self._stream, updates=self._updates)
        presses = Presses(lifetime=limits.callback_query_seconds, instant=self.world.instant, chronicle=chronicle)
        posting = self._posting = Posting(conversation, limits=limits, rates=RateWindows(limits))
        files = self._files = Files(limits, chronicle)
        faults, ledger = Faults(), Ledger(chronicle)
        self._ledger = ledger
        self._messages = MessageMethods(posting)
        self._media = MediaMethods(posting, files, chronicle=chronicle)
        self._chats = ChatMethods(conversation, limits=limits, posting=posting, presses=presses)
        self._commands = Commands(conversation, limits=limits, posting=posting, chronicle=chronicle)
        self._payments = Payments(posting, updates=self._updates, checkouts=self._checkouts, chronicle=chronicle)
        self._api = BotApi(
            token,
            self._methods(),
            world=self.world,
            limits=limits,
            faults=faults,
            ledger=ledger,
            chronicle=chronicle,
            download=self._media.download,
        )
        self._people = People(conversation, updates=self._updates, presses=presses, limits=limits)
        self._browser = Browser(
            conversation,
            people=self._people,
            commands=self._commands,
            payments=self._payments,
            files=files,
            ledger=ledger,
            chronicle=chronicle,
            faults=faults,
            banner=banner,
        )

    def open(self) -> None:
        """Take back the world that was kept, before the first request. Without `keep` there is nothing to do.

        Raises:
            WorldUnreadableError: another sandbox uses the directory, or what is there cannot be read.
            OSError: the directory cannot be used.
        """
        self._chronicle.open()
        self._files.tidy()
        self._posting.take_up_rates()

    def routes(self) -> list[BaseRoute]:
        """Page, browser API and Bot API, relative to where they are mounted."""
        return [
            Route("/bot{token}/{method}", self._api.call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._api.file, methods=["GET"]),
            *self._browser.routes(),
            Mount("/static", StaticFiles(directory=_PAGE, check_dir=False)),
            Route("/", _page, methods=["GET"]),
        ]

    def toggle_block(self, person_id: int) -> bool:
        """Let a person block the bot, or unblock it; returns whether it is blocked now. A stranger changes nothing."""
        person = self.world.people.get(person_id)
        if person is None:
            return False
        blocked = self._people.set_blocked(person, blocked=not person.blocked).blocked
        self._chronicle.commit()
        return blocked

    def shown(self) -> Shown:
        """Which alerts the bot has told, as far back as the ledger goes."""
        return self._ledger.shown()

    def close(self) -> None:
        """End long polls, event streams, checkouts, scripted delays and webhook delivery at once. May be repeated.

        Another sandbox may use the directory from now on; what still comes in here is answered and remembered.
        """
        self._api.close()
        self._updates.close()
        self._stream.close()
        self._checkouts.close()
        self._webhook.close()
        self._chronicle.close()

    async def _get_updates(self, parameters: Parameters) -> object:
        return await self._updates.poll(parameters, webhook_active=bool(self._webhook.url))

    def _get_me(self, parameters: Parameters) -> object:  # noqa: ARG002 - every method takes the parameters
        return {
            **bot_wire(self.world),
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def _methods(self) -> dict[str, Method]:
        methods: dict[str, Method] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._webhook.set,
            "deleteWebhook": self._webhook.delete,
            "getWebhookInfo": self._webhook.info,
            "sendMessage": self._messages.send_message,
            "editMessageText": self._messages.edit_text,
            "editMessageCaption": self._messages.edit_caption,
            "editMessageReplyMarkup": self._messages.edit_keyboard,
            "deleteMessage": self._messages.delete_message,
            "sendChatAction": self._messages.send_chat_action,
            "sendPhoto": self._media.send_photo,
            "sendVideo": self._media.send_video,
            "sendAnimation": self._media.send_animation,
            "sendDocument": self._media.send_document,
            "sendMediaGroup": self._media.send_media_group,
            "editMessageMedia": self._media.edit_media,
            "getFile": self._media.get_file,
            "getChat": self._chats.get_chat,
            "getChatMember": self._chats.get_chat_member,
            "answerCallbackQuery": self._chats.answer_callback_query,
            "setMyCommands": self._commands.set,
            "getMyCommands": self._commands.get,
            "deleteMyCommands": self._commands.delete,
            "sendInvoice": self._payments.send_invoice,
            "createInvoiceLink": self._payments.create_invoice_link,
            "answerPreCheckoutQuery": self._payments.answer_pre_checkout_query,
            "getStarTransactions": self._payments.get_star_transactions,
            "refundStarPayment": self._payments.refund_star_payment,
        }
        return {name.lower(): method for name, method in methods.items()}


async def _page(request: Request) -> Response:  # noqa: ARG001 - handlers share one shape
    return FileResponse(_PAGE / "index.html", headers={"Cache-Control": "no-cache"})
