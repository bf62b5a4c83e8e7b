"""One turn of a conversation as values: who did what, what is known, and what is answered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from tokenfilter.adapters.telegram.callback import Press
from tokenfilter.adapters.telegram.keyboard import Keyboard, Screen
from tokenfilter.domain.ids import ChatId, Destination, FilterId
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.sessions import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person wrote. `replied` are the buttons of the message it answers."""

    person: ChatId
    name: str
    place: Destination
    message_id: int
    words: str
    replied: tuple[Press, ...] = ()

    @property
    def is_private(self) -> bool:
        """Whether it was said in the person's own chat with the bot."""
        return self.person == self.place.chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A person pressed a button; `press` is None if it is not one of ours, `keyboard` all there were."""

    query: str
    person: ChatId
    name: str
    place: Destination | None
    message_id: int | None
    press: Press | None
    keyboard: Keyboard = ()

    @property
    def is_private(self) -> bool:
        """Whether it was pressed in the person's own chat with the bot."""
        return self.place is not None and self.person == self.place.chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person let the bot into a chat, or threw it out; in a private chat: unblocked or blocked it."""

    person: ChatId
    name: str
    place: Destination
    title: str
    is_in: bool
    was_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is known when a person's turn is answered: the subscriber, the open question, the time."""

    subscriber: Subscriber
    asked: Asked | None
    now: datetime
    message_id: int | None = None

    @property
    def person(self) -> ChatId:
        """Whose turn it is."""
        return self.subscriber.chat

    def filter_id(self, number: int) -> FilterId:
        """The id of the person's own filter of that number: nobody else's can be named."""
        return FilterId(f"{self.person}.{number}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question that stays open: the next message answers it."""

    question: str
    about: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with an answer."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer: a screen in place of the one pressed (or `anew`), other buttons, or a short notice on a press.

    What was asked before is forgotten unless the reply asks or `keeps_question`. `later` works out the same screen with
    what could not be known at once. With an `attachment` the screen is written below the file.
    """

    screen: Screen | None = None
    keyboard: Keyboard | None = None
    notice: str | None = None
    alert: bool = False
    ask: Ask | None = None
    anew: bool = False
    keeps_question: bool = False
    later: Callable[[], Awaitable[Screen]] | None = None
    attachment: Attachment | None = None


def noticed(message: str, *, alert: bool = False) -> Reply:
    """Only a notice on the pressed button."""
    return Reply(notice=message, alert=alert, keeps_question=True)
