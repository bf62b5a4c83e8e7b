"""Who and what exists in the sandbox: people, chats and their messages. State only; who is told of it is elsewhere."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, takewhile

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.keyboard import Keyboard
from tokenfilter.adapters.sandbox.message import Chat, Content, Message, Person
from tokenfilter.adapters.sandbox.noted_lines import UnreadableLineError, line_of, numbers_of, values_of

MAX_MESSAGES = 5_000
"""Kept per chat; the oldest go first."""

MAX_REMEMBERED = 2_000
"""Messages of a chat, the newest, that outlive the sandbox."""

MAX_PEOPLE = 1_000

FIRST_PERSON = 710_001_001
"""As long as the numbers Telegram gives people today; a person is never mistaken for a count or a price."""

GROUP_ID = -1002001
CHANNEL_ID = -1002002


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The bot under test."""

    id: int
    username: str
    first_name: str


class World:
    """Three people, a group and a channel at the start; a message taken back from the chronicle is read when asked for.

    Message ids count up over all private chats together and in each other chat by itself, as Telegram has it.
    """

    def __init__(self, bot: Bot, *, clock: Callable[[], datetime], chronicle: Chronicle) -> None:
        self.bot = bot
        self._clock = clock
        self._chronicle = chronicle
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self._messages: dict[int, dict[int, Message | str]] = {}
        self._last_ids: dict[str, int] = {}
        for name in ("Ada", "Ben", "Cleo"):
            self.add_person(name, username=name.lower())
        self._add_chat(Chat(id=GROUP_ID, type="supergroup", title="Gem hunters"))
        self._add_chat(
            Chat(id=CHANNEL_ID, type="channel", title="Alpha calls", username="alpha_calls", bot="administrator")
        )
        chronicle.keep(
            self._told,
            person=self._take_person,
            chat=self._take_chat,
            last_id=self._take_last_id,
            message=self._take_message,
            gone=self._take_gone,
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
        person = Person(id=FIRST_PERSON + len(self.people), first_name=first_name, username=username)
        self.change_person(person)
        self._add_chat(Chat(id=person.id, type="private", title=first_name, username=username))
        return person

    def change_person(self, person: Person) -> None:
        self.people[person.id] = person
        self._chronicle.note("person", person)

    def change_chat(self, chat: Chat) -> None:
        self.chats[chat.id] = chat
        self._chronicle.note("chat", chat)

    def _add_chat(self, chat: Chat) -> None:
        self.change_chat(chat)
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
        counter = _counter(chat)
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
        self.change_message(message)
        self._forget_oldest(chat.id)
        return message

    def _forget_oldest(self, chat_id: int) -> None:
        kept = self._messages[chat_id]
        if len(kept) > MAX_MESSAGES:
            del kept[next(iter(kept))]

    def message(self, chat_id: int, message_id: int) -> Message | None:
        kept = self._messages.get(chat_id, {})
        found = kept.get(message_id)
        if isinstance(found, str):
            found = kept[message_id] = _message(found)
        return found

    def change_message(self, message: Message) -> None:
        self._messages[message.chat_id][message.message_id] = message
        self._chronicle.note("message", message.chat_id, message.message_id, message)

    def remove_message(self, message: Message) -> None:
        del self._messages[message.chat_id][message.message_id]
        self._chronicle.note("gone", message.chat_id, message.message_id)

    def messages(self, chat_id: int, *, before: int, limit: int) -> list[Message]:
        """The newest of those with an id below `before`, at most `limit`, oldest first."""
        ids = list(self._messages[chat_id])
        end = bisect_left(ids, before)
        found = (self.message(chat_id, message_id) for message_id in ids[max(0, end - limit) : end])
        return [message for message in found if message is not None]

    def last_message(self, chat_id: int) -> Message | None:
        last = next(reversed(self._messages[chat_id]), None)
        return None if last is None else self.message(chat_id, last)

    def sent_since(self, date: int, *, most: int) -> list[Message]:
        """What the bot sent since, in Unix time, the oldest first: the newest of each chat, at most so many."""
        found = []
        for chat_id, kept in self._messages.items():
            newest_first = (self.message(chat_id, message_id) for message_id in islice(reversed(kept), most))
            found += list(takewhile(lambda m: m is not None and m.date >= date, newest_first))
        return sorted((m for m in found if m and m.sender is None), key=lambda m: m.date)

    def _told(self) -> Iterable[str]:
        yield from (line_of("person", person) for person in self.people.values())
        yield from (line_of("chat", chat) for chat in self.chats.values())
        yield from (line_of("last_id", last, counter) for counter, last in self._last_ids.items())
        for chat_id, kept in self._messages.items():
            for message_id, message in list(kept.items())[-MAX_REMEMBERED:]:
                is_read = isinstance(message, Message)
                yield line_of("message", chat_id, message_id, message) if is_read else str(message)

    def _take_person(self, line: str) -> None:
        (person,) = values_of(line)
        self.people[person.id] = person

    def _take_chat(self, line: str) -> None:
        (chat,) = values_of(line)
        self.chats[chat.id] = chat
        self._messages.setdefault(chat.id, {})

    def _take_last_id(self, line: str) -> None:
        last, counter = values_of(line)
        self._last_ids[counter] = last

    def _take_message(self, line: str) -> None:
        chat_id, message_id = numbers_of(line)
        counter, kept = _counter(self.chats[chat_id]), self._messages[chat_id]
        self._last_ids[counter] = max(message_id, self._last_ids.get(counter, 0))
        if message_id not in kept and kept and message_id < next(reversed(kept)):
            return  # an edit of a message too old to be remembered
        kept[message_id] = line
        self._forget_oldest(chat_id)

    def _take_gone(self, line: str) -> None:
        chat_id, message_id = numbers_of(line)
        self._messages[chat_id].pop(message_id, None)


def _counter(chat: Chat) -> str:
    return "private" if chat.type == "private" else str(chat.id)


def _message(line: str) -> Message:
    _, _, message = values_of(line)
    if not isinstance(message, Message):
        raise UnreadableLineError(f"no message: {line[:80]!r}")
    return message
