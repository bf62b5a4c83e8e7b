"""What Telegram allows us to send, shared by all senders."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol

from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.pace import Pace


class SendBudget(Protocol):
    """Overall pace, pace a chat, and what Telegram asked us to wait for."""

    @abstractmethod
    async def reserve(self, chat: ChatId, now: datetime) -> datetime:
        """Take the next place for a message to `chat`; it may go at the returned instant (`now` if at once)."""

    @abstractmethod
    async def count_reply(self, chat: ChatId, now: datetime) -> None:
        """A reply goes to `chat` now, without waiting; that chat's next alert waits a second longer."""

    @abstractmethod
    async def halt(self, chat: ChatId, until: datetime) -> None:
        """Telegram asked us to leave `chat` alone until then."""

    @property
    @abstractmethod
    def pace(self) -> Pace:
        """What this process knows of the budget, to choose who is next without asking."""
