"""Changes to the world together with who is told: the pages through the event stream, the bot through updates."""

from dataclasses import replace

from tokenfilter.adapters.sandbox.browser_stream import BrowserStream
from tokenfilter.adapters.sandbox.keyboard import Keyboard
from tokenfilter.adapters.sandbox.message import Chat, Content, Media, Message, Person, Text
from tokenfilter.adapters.sandbox.rendering import Wire, bot_wire, chat_wire, message_wire, person_wire
from tokenfilter.adapters.sandbox.updates import UpdateQueue
from tokenfilter.adapters.sandbox.world import World

_SUMMARY = 100


def person_view(person: Person) -> Wire:
    """A person as the page knows them."""
    return {
        "id": person.id,
        "first_name": person.first_name,
        "username": person.username,
        "blocked": person.blocked,
    }


class Conversation:
    """Every visible change goes through here, so page and bot never disagree about what happened."""

    def __init__(self, world: World, *, stream: BrowserStream, updates: UpdateQueue) -> None:
        self.world = world
        self.stream = stream
        self._updates = updates

    def message_view(self, message: Message) -> Wire:
        """A message as the page knows it: the Bot API object and whether a person sent it."""
        wire = message_wire(message, self.world)
        return {**wire, "out": True} if message.sender is not None else wire

    def chat_view(self, chat: Chat) -> Wire:
        """A chat as the page knows it, with a summary of its last message."""
        last = self.world.last_message(chat.id)
        summary: Wire | None = None
        if last is not None:
            sender = chat.title if chat.type == "channel" else self._name(last.sender)
            summary = {
                "message_id": last.message_id,
                "date": last.date,
                "text": _summary(last.content),
                "from": sender,
            }
        return {
            "id": chat.id,
            "type": chat.type,
            "title": chat.title,
            "username": chat.username,
            "bot": chat.bot,
            "last": summary,
        }

    def _name(self, sender: int | None) -> str:
        return self.world.bot.first_name if sender is None else self.world.people[sender].first_name

    def post(
        self,
        chat: Chat,
        content: Content,
        *,
        sender: int | None = None,
        keyboard: Keyboard = (),
        reply_to: Message | None = None,
        protected: bool = False,
    ) -> Message:
        """Add a message; one that a person sent is an update for the bot."""
        message = self.world.add_message(
            chat, sender=sender, content=content, keyboard=keyboard, reply_to=reply_to, protected=protected
        )
        self.stream.publish("message", {"chat_id": chat.id, "message": self.message_view(message)})
        if sender is not None and chat.bot in ("member", "administrator"):
            kind = "channel_post" if chat.type == "channel" else "message"
            self._updates.push(kind, message_wire(message, self.world))
        return message

    def edit(self, message: Message, *, content: Content, keyboard: Keyboard) -> Message:
        """Replace what a message shows."""
        edited = replace(message, content=content, keyboard=keyboard, edit_date=self.world.now())
        self.world.change_message(edited)
        self.stream.publish("edit", {"chat_id": edited.chat_id, "message": self.message_view(edited)})
        return edited

    def delete(self, message: Message) -> None:
        self.world.remove_message(message)
        self.stream.publish("delete", {"chat_id": message.chat_id, "message_id": message.message_id})

    def welcome(self, first_name: str, *, username: str) -> Person:
        """Add a person and show them and their chat."""
        person = self.world.add_person(first_name, username=username)
        self.stream.publish("person", person_view(person))
        self.stream.publish("chat", self.chat_view(self.world.chats[person.id]))
        return person

    def set_blocked(self, person: Person, *, blocked: bool) -> Person:
        """Block or unblock; the bot hears of a change as a `my_chat_member` update, if they ever spoke."""
        if person.blocked == blocked:
            return person
        changed = replace(person, blocked=blocked)
        self.world.change_person(changed)
        self.stream.publish("person", person_view(changed))
        user = bot_wire(self.world)
        member: Wire = {"status": "member", "user": user}
        kicked: Wire = {"status": "kicked", "user": user, "until_date": 0}
        self._updates.push(
            "my_chat_member",
            {
                "chat": chat_wire(self.world.chats[person.id]),
                "from": person_wire(changed),
                "date": self.world.now(),
                "old_chat_member": member if blocked else kicked,
                "new_chat_member": kicked if blocked else member,
            },
        )
        return changed


def _summary(content: Content) -> str:
    match content:
        case Text():
            return content.body.text[:_SUMMARY]
        case Media():
            return content.caption.text[:_SUMMARY] or content.file.kind.capitalize()
        case _:
            return "Payment"
