"""Who and what exists in the sandbox: people, chats and their messages. State only; who is told of it is elsewhere."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from tokenfilter.adapters.sandbox.keyboard import Keyboard
from tokenfilter.adapters.sandbox.message import Chat, Content, Message, Person

MAX_MESSAGES = 5_000
"""Kept per chat; the oldest go first."""

MAX_PEOPLE = 1_000

GROUP_ID = -1002001
CHANNEL_ID = -1002002


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The bot under test."""

    id: int
    username: str
    first_name: str


class World:
    """Three people, a group and a channel at the start; everything in memory.

    Message ids count up over all private chats together and in each other chat by itself, as Telegram has it.
    """

    def __init__(self, bot: Bot, *, clock: Callable[[], datetime]) -> None:
        self.bot = bot
        self._clock = clock
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self._messages: dict[int, dict[int, Message]] = {}
        self._last_ids: dict[str, int] = {}
        for name in ("Ada", "Ben", "Cleo"):
            self.add_person(name, username=name.lower())
        self._add_chat(Chat(id=GROUP_ID, type="supergroup", title="Gem hunters"))
        self._add_chat(
            Chat(id=CHANNEL_ID, type="channel", title="Alpha calls", username="alpha_calls", bot="administrator")
        )

    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self.instant())

    def instant(self) -> float:
        """Unix time in seconds."""
        return self._clock().timestamp()

    def moment(self) -> datetime:
        return self._clock()

    def add_person(self, first_name: str, *, username: str) -> Person:
        """A new person with their (still silent) private chat with the bot."""
        person = Person(id=1001 + len(self.people), first_name=first_name, username=username)
        self.people[person.id] = person
        self._add_chat(Chat(id=person.id, type="private", title=first_name, username=username))
        return person

    def change_person(self, person: Person) -> None:
        self.people[person.id] = person

    def change_chat(self, chat: Chat) -> None:
        self.chats[chat.id] = chat

    def _add_chat(self, chat: Chat) -> None:
        self.chats[chat.id] = chat
        self._messages[chat.id] = {}

    def chat_named(self, username: str) -> Chat | None:
        """The group or channel with this @name, without the sign and in any case; people are not found by name."""
        for chat in self.chats.values():
            if chat.type != "private" and chat.username and chat.username.lower() == username.lower():
                return chat
        return None

    def creator(self) -> int:
        """Who owns the group and the channel: the first person."""
        return min(self.people)

    def add_message(
        self,
        chat: Chat,
        *,
        sender: int | None,
        content: Content,
        keyboard: Keyboard = (),
        reply_to: Message | None = None,
        protected: bool = False,
    ) -> Message:
        """Store a message dated now under the chat's next id."""
        counter = "private" if chat.type == "private" else str(chat.id)
        self._last_ids[counter] = self._last_ids.get(counter, 0) + 1
        message = Message(
            chat_id=chat.id,
            message_id=self._last_ids[counter],
            date=self.now(),
            sender=sender,
            content=content,
            keyboard=keyboard,
            reply_to=replace(reply_to, reply_to=None) if reply_to else None,
            protected=protected,
        )
        kept = self._messages[chat.id]
        kept[message.message_id] = message
        if len(kept) > MAX_MESSAGES:
            del kept[next(iter(kept))]
        return message

    def message(self, chat_id: int, message_id: int) -> Message | None:
        return self._messages.get(chat_id, {}).get(message_id)

    def change_message(self, message: Message) -> None:
        self._messages[message.chat_id][message.message_id] = message

    def remove_message(self, message: Message) -> None:
        del self._messages[message.chat_id][message.message_id]

    def messages(self, chat_id: int) -> Iterable[Message]:
        """Oldest first."""
        return self._messages[chat_id].values()

    def last_message(self, chat_id: int) -> Message | None:
        return next(reversed(self._messages[chat_id].values()), None)
