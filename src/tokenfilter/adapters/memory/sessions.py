"""Open questions in this process's memory."""

from datetime import datetime

from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.sessions import FORGOTTEN_AFTER, Asked, Sessions


class MemorySessions(Sessions):
    """One question a chat with the instant it was asked."""

    def __init__(self) -> None:
        self._open: dict[ChatId, tuple[datetime, Asked]] = {}

    async def open(self, chat: ChatId, asked: Asked, *, now: datetime) -> None:
        self._open = {c: kept for c, kept in self._open.items() if now < kept[0] + FORGOTTEN_AFTER}
        self._open[chat] = (now, asked)

    async def asked(self, chat: ChatId, *, now: datetime) -> Asked | None:
        at, asked = self._open.get(chat, (now, None))
        return asked if now < at + FORGOTTEN_AFTER else None

    async def close(self, chat: ChatId) -> None:
        self._open.pop(chat, None)
