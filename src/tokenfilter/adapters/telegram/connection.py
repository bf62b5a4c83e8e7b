"""A connection to the Bot API, and its refusals in the words of the ports."""

import logging
import os
import ssl
from datetime import timedelta
from functools import cache

import httpx
from telegram import Bot, User
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.failures import (
    MigratedError,
    PortError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)

os.environ.setdefault("PTB_TIMEDELTA", "1")  # else RetryAfter warns of a deprecation whenever it is made

MOST_CONNECTIONS = 8
"""More make httpx slower, not faster: each request scans the pool."""
POLL_SECONDS = 25

_ANSWER_WITHIN = 10.0
_CONNECT_WITHIN = 5.0
_GONE = (
    "chat not found",
    "private chat not found",
    "user not found",
    "chat_id is empty",
    "peer_id_invalid",
    "group chat was deactivated",
    "have no rights to send a message",
    "not enough rights to send",
    "need administrator rights in the channel chat",
    "chat_write_forbidden",
)
"""How refusals begin that no other message to the chat would escape."""

_NOT_SENT = (httpx.PoolTimeout, httpx.ConnectTimeout, httpx.ConnectError)


class Connection:
    """A bot with small pools of connections of its own; needs no network until it is used."""

    def __init__(self, token: str, *, base_url: str | None, base_file_url: str | None) -> None:
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)  # at INFO they log addresses, which hold the token
        self._requests = (_request(1, read=POLL_SECONDS + 5.0), _request(MOST_CONNECTIONS, read=_ANSWER_WITHIN))
        self.bot = Bot(
            token,
            base_url=base_url or "https://api.telegram.org/bot",
            base_file_url=base_file_url or "https://api.telegram.org/file/bot",
            get_updates_request=self._requests[0],
            request=self._requests[1],
        )
        self._me: User | None = None

    async def me(self) -> User:
        """The bot itself; asked once.

        Raises:
            TelegramError: Telegram cannot be reached or refuses the token.
        """
        if self._me is None:
            self._me = await self.bot.get_me()
        return self._me

    async def close(self) -> None:
        """Close every connection. Repeating is safe."""
        for request in self._requests:
            await request.shutdown()


def translated(error: TelegramError) -> PortError:
    """The port's failure for one of Telegram's; `BadRequest` and `TimedOut` are `NetworkError`s, so order counts."""
    match error:
        case RetryAfter(retry_after=pause):
            return RateLimitedError(pause if isinstance(pause, timedelta) else timedelta(seconds=pause))
        case ChatMigrated(new_chat_id=chat):
            return MigratedError(ChatId(chat))
        case Forbidden():
            return RecipientGoneError(error.message)
        case InvalidToken():  # says nothing of the message: it waits until the token is put right
            return UnavailableError("Telegram refuses the bot token", acted=False)
        case BadRequest():
            gone = error.message.lower().startswith(_GONE)
            return RecipientGoneError(error.message) if gone else RefusedError(error.message)
        case NetworkError():
            never_left = isinstance(error.__cause__, _NOT_SENT)
            return UnavailableError(error.message, acted=False if never_left else None)
        case _:
            return UnavailableError(error.message, acted=None)


def _request(connections: int, *, read: float) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=read,
        write_timeout=_ANSWER_WITHIN,
        connect_timeout=_CONNECT_WITHIN,
        pool_timeout=_CONNECT_WITHIN,
        httpx_kwargs={"verify": _certificates()},
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: each reading takes a tenth of a second."""
    return httpx.create_ssl_context()
