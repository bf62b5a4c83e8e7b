"""The send budget of a single process."""

from datetime import datetime

from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.pace import Pace
from tokenfilter.ports.send_budget import SendBudget


class MemorySendBudget(SendBudget):
    """One `Pace`, asked and spent without giving way in between."""

    def __init__(self) -> None:
        self._pace = Pace()

    async def reserve(self, chat: ChatId, now: datetime) -> datetime:
        at = max(now, self._pace.overall_free_at(), self._pace.chat_free_at(chat))
        self._pace.spend(chat, at)
        return at

    async def count_reply(self, chat: ChatId, now: datetime) -> None:
        self._pace.spend(chat, now)

    async def halt(self, chat: ChatId, until: datetime) -> None:
        self._pace.halt(chat, until)

    @property
    def pace(self) -> Pace:
        return self._pace
