"""What every sending method shares: finding the chat, the right to write, the reply, the rate, and the text."""

from tokenfilter.adapters.sandbox.conversation import Conversation
from tokenfilter.adapters.sandbox.errors import ApiError, bad_request, forbidden, too_many_requests
from tokenfilter.adapters.sandbox.formatted_text import FormattedText, entity_from, format_text
from tokenfilter.adapters.sandbox.keyboard import keyboard_of
from tokenfilter.adapters.sandbox.limits import Limits, RateWindows
from tokenfilter.adapters.sandbox.message import Chat, Content, Media, Message
from tokenfilter.adapters.sandbox.parameters import Parameters, flag
from tokenfilter.adapters.sandbox.text_entities import Entity

MAX_SOURCE = 200_000
"""Characters of markup; nothing that long has a text or caption Telegram would take."""

_LONGEST_WINDOW = 60
"""Seconds."""

_LARGEST_WINDOW = 30
"""Messages: what a chat was sent before these counts no more (limits.py)."""


class Posting:
    """The way of a message from the bot into a chat."""

    def __init__(self, conversation: Conversation, *, limits: Limits, rates: RateWindows) -> None:
        self.conversation = conversation
        self.limits = limits
        self._world = conversation.world
        self._rates = rates

    def take_up_rates(self) -> None:
        """Count what was sent within the last minute: ending the sandbox is no way around a rate."""
        for message in self._world.sent_since(self._world.now() - _LONGEST_WINDOW, most=_LARGEST_WINDOW):
            group = self._world.chats[message.chat_id].type != "private"
            self._rates.admit(message.chat_id, group=group, now=message.date)

    def chat(self, parameters: Parameters) -> Chat:
        """The chat named by `chat_id`, which the bot can at least see.

        Raises:
            ApiError: none is named, or there is none of that name.
        """
        name = parameters.text("chat_id").strip()
        if not name:
            raise bad_request("chat_id is empty")
        if name.startswith("@"):
            chat = self._world.chat_named(name[1:])
        else:
            chat = self._world.chats.get(parameters.integer("chat_id"))
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def writable_chat(self, parameters: Parameters) -> Chat:
        """The chat named by `chat_id`, which the bot may write to now.

        Raises:
            ApiError: as `chat`; or the person blocked the bot or never wrote to it, or the bot was removed.
        """
        chat = self.chat(parameters)
        if chat.type == "private":
            person = self._world.people[chat.id]
            if person.blocked:
                raise forbidden("bot was blocked by the user")
            if not person.wrote:
                raise forbidden("bot can't initiate conversation with a user")
        elif chat.bot == "kicked":
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        elif chat.bot == "left":
            raise forbidden(f"bot is not a member of the {chat.type} chat")
        if parameters.integer("message_thread_id"):
            raise bad_request("message thread not found")
        return chat

    def own_message(self, parameters: Parameters) -> Message:
        """The bot's message to edit.

        Raises:
            ApiError: no message is named, it does not exist, or it is somebody else's.
        """
        if not parameters.text("chat_id") and not parameters.integer("message_id"):
            if not parameters.text("inline_message_id"):
                raise bad_request("message identifier is not specified")
            raise bad_request("MESSAGE_ID_INVALID")
        chat = self.writable_chat(parameters)
        message = self._world.message(chat.id, parameters.integer("message_id"))
        if message is None:
            raise bad_request("message to edit not found")
        if message.sender is not None:
            raise bad_request("message can't be edited")
        return message

    def text(self, parameters: Parameters) -> FormattedText:
        """The `text` of a message.

        Raises:
            ApiError: empty, too long after parsing, or not parsable.
        """
        source = parameters.text("text")
        if not source:
            raise bad_request("message text is empty")
        if len(source) > MAX_SOURCE:
            raise bad_request("message is too long")
        text = format_text(
            source,
            parse_mode=parameters.text("parse_mode"),
            entities=self._entities(parameters, "entities"),
        )
        if not text.text:
            raise bad_request("text must be non-empty")
        if text.length > self.limits.text:
            raise bad_request("message is too long")
        return text

    def caption(self, parameters: Parameters) -> FormattedText:
        """The `caption` of a file; may be empty.

        Raises:
            ApiError: too long after parsing, or not parsable.
        """
        source = parameters.text("caption")
        if len(source) > MAX_SOURCE:
            raise bad_request("message caption is too long")
        caption = format_text(
            source,
            parse_mode=parameters.text("parse_mode"),
            entities=self._entities(parameters, "caption_entities"),
        )
        if caption.length > self.limits.caption:
            raise bad_request("message caption is too long")
        return caption

    def _entities(self, parameters: Parameters, name: str) -> list[Entity]:
        try:
            value = parameters.parsed(name, otherwise="")
        except ApiError:
            # Telegram ignores a list of entities it cannot read.
            return []
        found = [entity_from(item) for item in value] if isinstance(value, list) else []
        return [entity for entity in found if entity is not None]

    def send(self, parameters: Parameters, content: Content) -> Message:
        """Send one message.

        Raises:
            ApiError: the chat cannot be written to, the reply or the keyboard is wrong, or a rate is exceeded.
        """
        return self.send_all(parameters, [content])[0]

    def send_all(self, parameters: Parameters, contents: list[Content]) -> list[Message]:
        """Send messages that go together (an album) or not at all; as `send`."""
        keyboard = keyboard_of(parameters, self.limits)
        chat = self.writable_chat(parameters)
        reply_to = self._reply(parameters, chat)
        wait = self._rates.admit(
            chat.id, group=chat.type != "private", now=self._world.instant(), messages=len(contents)
        )
        if wait:
            raise too_many_requests(wait)
        return [
            self.conversation.post(
                chat,
                content,
                keyboard=keyboard,
                reply_to=reply_to,
                protected=parameters.boolean("protect_content"),
            )
            for content in contents
        ]

    def _reply(self, parameters: Parameters, chat: Chat) -> Message | None:
        value = parameters.parsed_object("reply_parameters", otherwise="can't parse reply parameters JSON object")
        message_id = parameters.integer("reply_to_message_id")
        optional = parameters.boolean("allow_sending_without_reply")
        if value:
            optional = flag(value, "allow_sending_without_reply", of="ReplyParameters")
            asked = value.get("message_id")
            if not isinstance(asked, int) or isinstance(asked, bool):
                raise bad_request('can\'t parse reply parameters: Field "message_id" must be of type Number')
            message_id = asked
            if value.get("chat_id") not in (None, chat.id, str(chat.id)):
                raise bad_request("message to be replied not found")
        if not message_id:
            return None
        message = self._world.message(chat.id, message_id)
        if message is None and not optional:
            raise bad_request("message to be replied not found")
        return message

    def edit(self, message: Message, content: Content, parameters: Parameters) -> Message:
        """Replace content and keyboard of the bot's message.

        Raises:
            ApiError: the keyboard is wrong, or nothing would change.
        """
        keyboard = keyboard_of(parameters, self.limits)
        if content == message.content and keyboard == message.keyboard:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same as a"
                " current content and reply markup of the message"
            )
        if keyboard and isinstance(message.content, Media) and message.content.album is not None:
            raise bad_request("message can't be edited")
        return self.conversation.edit(message, content=content, keyboard=keyboard)
