"""What Telegram allows while the real-time store is away: this process keeps the pace by what it knows itself."""

from datetime import datetime

from tokenfilter.adapters.surviving.survival import Survival
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.pace import Pace
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.send_budget import SendBudget


class SurvivingSendBudget(SendBudget):
    """The inner budget's own `Pace` goes on being spent."""

    def __init__(self, inner: SendBudget, survival: Survival) -> None:
        self._inner = inner
        self._survival = survival

    async def reserve(self, chat: ChatId, now: datetime) -> datetime:
        try:
            return await self._survival.attempt(lambda: self._inner.reserve(chat, now))
        except UnavailableError:
            at = max(now, self.pace.overall_free_at(), self.pace.chat_free_at(chat))
            self.pace.spend(chat, at)
            return at

    async def count_reply(self, chat: ChatId, now: datetime) -> None:
        try:
            await self._survival.attempt(lambda: self._inner.count_reply(chat, now))
        except UnavailableError:
            self.pace.spend(chat, now)

    async def halt(self, chat: ChatId, until: datetime) -> None:
        try:
            await self._survival.attempt(lambda: self._inner.halt(chat, until))
        except UnavailableError:
            self.pace.halt(chat, until)

    @property
    def pace(self) -> Pace:
        return self._inner.pace
