"""Half-finished input: what the bot asked a person and waits to be told."""

from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tokenfilter.domain.ids import ChatId

FORGOTTEN_AFTER = timedelta(minutes=5)
"""R19."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question that is open: its name, where the answer is shown, and what it is about (short text values)."""

    question: str
    message_id: int
    about: dict[str, str] = field(default_factory=dict)


class Sessions(Protocol):
    """One open question a chat; forgotten after 5 minutes."""

    @abstractmethod
    async def open(self, chat: ChatId, asked: Asked, *, now: datetime) -> None:
        """Remember the question in place of any earlier one."""

    @abstractmethod
    async def asked(self, chat: ChatId, *, now: datetime) -> Asked | None:
        """The open question; None if there is none or it is 5 minutes old."""

    @abstractmethod
    async def close(self, chat: ChatId) -> None:
        """Forget the question. Repeating is safe."""
