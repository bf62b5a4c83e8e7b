"""Chats in this process's memory."""

from collections import deque

from tokenfilter.domain.notification import Notification
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import PortError
from tokenfilter.ports.messenger import Messenger, Sent


class MemoryMessenger(Messenger):
    """Keeps what was sent. `fail` makes the next sends to a chat end with the given errors, one each."""

    def __init__(self) -> None:
        self.sent: list[Notification] = []
        self._failures: dict[int, deque[PortError]] = {}

    def fail(self, chat: int, *errors: PortError) -> None:
        """The next sends to `chat` raise these, in order."""
        self._failures.setdefault(chat, deque()).extend(errors)

    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:  # noqa: ARG002
        waiting = self._failures.get(notification.destination.chat)
        if waiting:
            raise waiting.popleft()
        self.sent.append(notification)
        return Sent(chat=notification.destination.chat, message_id=len(self.sent))
