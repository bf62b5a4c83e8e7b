"""The way to a person's chat."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import Notification
from tokenfilter.domain.subscriber import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message arrived and has this id in its chat."""

    chat: ChatId
    message_id: int


class Messenger(Protocol):
    """Turns notifications into messages. How they look is its own business."""

    @abstractmethod
    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:
        """Send once. `reader` is whose language, zone and sound count; None where nobody's do.

        Raises:
            RateLimitedError: not sent; wait.
            RecipientGoneError: the chat cannot be reached any more.
            MigratedError: the chat has a new id; send there.
            RefusedError: this message will never be accepted.
            UnavailableError: not sent (`acted` False), or it cannot be known (`acted` None): repeating may send it
            twice.
        """
