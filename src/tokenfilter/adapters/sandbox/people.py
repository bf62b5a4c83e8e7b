"""What the people of the page do: write, press buttons, block the bot, pay."""

import re
from dataclasses import replace

from tokenfilter.adapters.sandbox.conversation import Conversation
from tokenfilter.adapters.sandbox.errors import BrowserError
from tokenfilter.adapters.sandbox.formatted_text import plain_text
from tokenfilter.adapters.sandbox.limits import Limits
from tokenfilter.adapters.sandbox.message import Chat, Message, Person, Text
from tokenfilter.adapters.sandbox.queries import Presses
from tokenfilter.adapters.sandbox.rendering import message_wire, person_wire
from tokenfilter.adapters.sandbox.updates import UpdateQueue
from tokenfilter.adapters.sandbox.world import MAX_PEOPLE

_USERNAME = re.compile("[A-Za-z][A-Za-z0-9_]{2,31}")
_MAX_NAME = 64


class People:
    """Deeds of persons; every refusal is a `BrowserError` that says what was expected."""

    def __init__(self, conversation: Conversation, *, updates: UpdateQueue, presses: Presses, limits: Limits) -> None:
        self._conversation = conversation
        self._world = conversation.world
        self._updates = updates
        self._presses = presses
        self._limits = limits

    def person(self, person_id: int) -> Person:
        person = self._world.people.get(person_id)
        if person is None:
            raise BrowserError("no such person", status=404)
        return person

    def chat_of(self, person: Person, chat_id: int) -> Chat:
        """A chat this person is in: their own private one, or any group or channel."""
        chat = self._world.chats.get(chat_id)
        if chat is None or (chat.type == "private" and chat.id != person.id):
            raise BrowserError("no such chat for this person")
        return chat

    def add(self, first_name: str, username: str) -> Person:
        """A new person; without a username one is made from their number."""
        first_name = plain_text(first_name).text
        if not first_name or len(first_name) > _MAX_NAME:
            raise BrowserError(f"expected first_name as 1 to {_MAX_NAME} characters")
        if len(self._world.people) >= MAX_PEOPLE:
            raise BrowserError(f"expected at most {MAX_PEOPLE} people")
        username = username.removeprefix("@") or f"person{len(self._world.people) + 1}"
        if not _USERNAME.fullmatch(username):
            raise BrowserError("expected username as 3 to 32 letters, digits or underscores, a letter first")
        if any(username.lower() == person.username.lower() for person in self._world.people.values()):
            raise BrowserError("this username is taken")
        return self._conversation.welcome(first_name, username=username)

    def write(self, person: Person, *, chat: Chat, text: str, reply_to: int | None) -> Message:
        """Send a text; writing to the bot in private unblocks it, as pressing Start does."""
        body = plain_text(text)
        if not body.text:
            raise BrowserError("expected a text that is not empty")
        if body.length > self._limits.text:
            raise BrowserError(f"expected a text of at most {self._limits.text} characters")
        replied = None
        if reply_to is not None:
            replied = self._world.message(chat.id, reply_to)
            if replied is None:
                raise BrowserError("the message replied to does not exist")
        if chat.type == "private":
            person = self._conversation.set_blocked(person, blocked=False)
            if not person.wrote:
                self._world.change_person(replace(person, wrote=True))
        return self._conversation.post(chat, Text(body=body), sender=person.id, reply_to=replied)

    def press(self, person: Person, *, chat: Chat, message_id: int, data: str) -> str:
        """Press the inline button with this callback data; returns the query's id."""
        message = self._world.message(chat.id, message_id)
        if message is None:
            raise BrowserError("no such message")
        if not any(
            button.kind == "callback_data" and button.value == data for row in message.keyboard for button in row
        ):
            raise BrowserError("the message has no such button")
        query_id = self._presses.add(person_id=person.id, chat_id=chat.id, message_id=message_id)
        self._updates.push(
            "callback_query",
            {
                "id": query_id,
                "from": person_wire(person),
                "message": message_wire(message, self._world),
                "chat_instance": str(abs(chat.id) * 7919),
                "data": data,
            },
        )
        return query_id

    def set_blocked(self, person: Person, *, blocked: bool) -> Person:
        return self._conversation.set_blocked(person, blocked=blocked)
