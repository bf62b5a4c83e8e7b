"""Half-finished input while the real-time store is away: the process that asked remembers what it asked."""

from datetime import datetime

from tokenfilter.adapters.surviving.survival import Survival
from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.sessions import Asked, Sessions


class SurvivingSessions(Sessions):
    """Every question is in `here` as well; what another process asked is in the store alone."""

    def __init__(self, inner: Sessions, survival: Survival, *, here: Sessions) -> None:
        self._inner = inner
        self._survival = survival
        self._here = here

    async def open(self, chat: ChatId, asked: Asked, *, now: datetime) -> None:
        await self._here.open(chat, asked, now=now)
        try:
            await self._survival.attempt(lambda: self._inner.open(chat, asked, now=now))
        except UnavailableError:
            return

    async def asked(self, chat: ChatId, *, now: datetime) -> Asked | None:
        try:
            return await self._survival.attempt(lambda: self._inner.asked(chat, now=now)) or await self._here.asked(
                chat, now=now
            )
        except UnavailableError:
            return await self._here.asked(chat, now=now)

    async def close(self, chat: ChatId) -> None:
        await self._here.close(chat)
        try:
            await self._survival.attempt(lambda: self._inner.close(chat))
        except UnavailableError:
            return
