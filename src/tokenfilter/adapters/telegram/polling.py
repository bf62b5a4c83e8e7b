"""Fetching updates: long polls one after the other, outlasting failures, stopped at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from telegram import Bot, Update
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from tokenfilter.adapters.telegram.connection import POLL_SECONDS
from tokenfilter.adapters.telegram.incoming import WANTED

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_CONFLICT_PAUSE = 3.0
"""Telegram answers conflicts at most this often (telegram-bot-api, its server's source)."""

log = structlog.get_logger()


class Polling:
    """Calls `on_update` for each update in order; the next poll confirms the last."""

    def __init__(self, bot: Bot, on_update: Callable[[Update], None], introduce: Callable[[], Awaitable[None]]) -> None:
        self._bot = bot
        self._on_update = on_update
        self._introduce = introduce
        self._offset: int | None = None

    async def run(self) -> None:
        """Poll until cancelled. A refused token ends it: nothing else would ever help."""
        failures, introduced = 0, False
        while True:
            try:
                if not introduced:
                    await self._introduce()
                    introduced = True
                await self._poll()
                failures = 0
            except (InvalidToken, Forbidden):
                log.warning("telegram refuses the bot token; no more updates are taken")
                return
            except TelegramError as error:
                failures += 1
                pause = _pause(error, failures)
                if pause:
                    log.warning("telegram poll failed", error=type(error).__name__, pause_s=round(pause, 1))
                await asyncio.sleep(pause)

    async def _poll(self) -> None:
        updates = await self._bot.get_updates(
            offset=self._offset, timeout=timedelta(seconds=POLL_SECONDS), allowed_updates=WANTED
        )
        for update in updates:
            self._offset = update.update_id + 1
            self._on_update(update)


def _pause(error: TelegramError, failures: int) -> float:
    """How long to wait after a failure, in seconds."""
    match error:
        case RetryAfter(retry_after=timedelta() as pause):
            return pause.total_seconds()
        case Conflict():
            return _CONFLICT_PAUSE
        case TimedOut() if failures == 1:
            return 0.0
        case BadRequest() | NetworkError() | _:
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures, 10))
            return random.uniform(_FIRST_PAUSE, longest)  # noqa: S311 - spreads reconnects, guards nothing
