"""Methods about chats, pressed buttons and the list of commands."""

import re
from collections.abc import Iterable

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.conversation import Conversation
from tokenfilter.adapters.sandbox.errors import bad_request
from tokenfilter.adapters.sandbox.limits import Limits
from tokenfilter.adapters.sandbox.message import Chat
from tokenfilter.adapters.sandbox.noted_lines import line_of, values_of
from tokenfilter.adapters.sandbox.parameters import Parameters
from tokenfilter.adapters.sandbox.posting import Posting
from tokenfilter.adapters.sandbox.queries import Presses
from tokenfilter.adapters.sandbox.rendering import Wire, bot_wire, chat_wire, person_wire
from tokenfilter.adapters.sandbox.text_entities import units

_COMMAND = re.compile("[a-z0-9_]+")
_LANGUAGE = re.compile("[a-z]{2}")
_SCOPES = frozenset(
    {
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    }
)
_ADMINISTRATOR_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_messages",
    "can_edit_messages",
)
_OTHER_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_video_chats",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)


_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


class Commands:
    """The command lists by scope and language."""

    def __init__(self, conversation: Conversation, *, limits: Limits, posting: Posting, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._conversation = conversation
        self._limits = limits
        self._posting = posting
        self._lists: dict[tuple[str, str], list[Wire]] = {}
        chronicle.keep(self._told, commands=self._take_commands)

    def _told(self) -> Iterable[str]:
        return [line_of("commands", *key, {"commands": commands}) for key, commands in self._lists.items()]

    def _take_commands(self, line: str) -> None:
        scope, language, listed = values_of(line)
        if listed is None:
            self._lists.pop((scope, language), None)
        else:
            self._lists[scope, language] = listed["commands"]

    def shown(self) -> list[Wire]:
        """What a person sees in a private chat: its own list if there is one, else the default."""
        for scope in ("all_private_chats", "default"):
            if commands := self._lists.get((scope, "")):
                return commands
        return next(iter(self._lists.values()), [])

    def set(self, parameters: Parameters) -> object:
        value = parameters.parsed("commands", otherwise="can't parse commands JSON object")
        if not isinstance(value, list):
            raise bad_request("expected an Array of BotCommand")
        if len(value) > self._limits.commands:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        commands, key = [self._command(item) for item in value], self._key(parameters)
        self._lists[key] = commands
        return self._changed(key, {"commands": commands})

    def get(self, parameters: Parameters) -> object:
        return self._lists.get(self._key(parameters), [])

    def delete(self, parameters: Parameters) -> object:
        key = self._key(parameters)
        self._lists.pop(key, None)
        return self._changed(key, None)

    def _changed(self, key: tuple[str, str], listed: Wire | None) -> bool:
        self._chronicle.note("commands", *key, listed)
        self._conversation.stream.publish("commands", self.shown())
        return True

    def _command(self, value: object) -> Wire:
        if not isinstance(value, dict):
            raise bad_request("can't parse BotCommand: expected an Object")
        fields = [value.get("command"), value.get("description")]
        for name, field in zip(("command", "description"), fields, strict=True):
            if not isinstance(field, str):
                raise bad_request(f"can't parse BotCommand: Can't find field \"{name}\"")
        name, description = str(fields[0]).removeprefix("/"), str(fields[1])
        if not _COMMAND.fullmatch(name) or len(name) > self._limits.command_name:
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= units(description) <= self._limits.command_description:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        return {"command": name, "description": description}

    def _key(self, parameters: Parameters) -> tuple[str, str]:
        language = parameters.text("language_code")
        if language and not _LANGUAGE.fullmatch(language):
            raise bad_request("invalid language code specified")
        value = parameters.parsed_object("scope", otherwise="can't parse BotCommandScope JSON object")
        kind = value.get("type", "default")
        if not isinstance(kind, str) or kind not in _SCOPES:
            raise bad_request("can't parse BotCommandScope: unsupported type specified")
        if not kind.startswith("chat"):
            return kind, language
        chat = self._posting.chat(Parameters(values={"chat_id": str(value.get("chat_id", ""))}))
        return f"{kind}:{chat.id}:{value.get('user_id', '')}", language


class ChatMethods:
    """`getChat`, `getChatMember`, `answerCallbackQuery`."""

    def __init__(self, conversation: Conversation, *, limits: Limits, posting: Posting, presses: Presses) -> None:
        self._conversation = conversation
        self._world = conversation.world
        self._limits = limits
        self._posting = posting
        self._presses = presses

    def get_chat(self, parameters: Parameters) -> object:
        chat = self._posting.chat(parameters)
        wire: Wire = {
            **chat_wire(chat),
            "accent_color_id": chat.id % 7,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(_GIFTS, False),
        }
        if chat.username:
            wire["active_usernames"] = [chat.username]
        return wire

    def get_chat_member(self, parameters: Parameters) -> object:
        user_id = parameters.integer("user_id")
        if user_id <= 0:
            raise bad_request("invalid user_id specified")
        chat = self._posting.chat(parameters)
        if user_id == self._world.bot.id:
            return self._own_membership(chat)
        person = self._world.people.get(user_id)
        if person is None:
            raise bad_request("PARTICIPANT_ID_INVALID" if chat.type != "private" else "user not found")
        user = person_wire(person)
        if chat.type == "private":
            return {"status": "member" if chat.id == user_id else "left", "user": user}
        if self._world.creator() == user_id:
            return {"status": "creator", "user": user, "is_anonymous": False}
        return {"status": "member", "user": user}

    def _own_membership(self, chat: Chat) -> Wire:
        user = bot_wire(self._world)
        match chat.bot:
            case "administrator":
                rights = dict.fromkeys(_ADMINISTRATOR_RIGHTS, True) | dict.fromkeys(_OTHER_RIGHTS, False)
                return {"status": "administrator", "user": user, **rights}
            case "kicked":
                return {"status": "kicked", "user": user, "until_date": 0}
            case standing:
                return {"status": standing, "user": user}

    def answer_callback_query(self, parameters: Parameters) -> object:
        text = parameters.text("text")
        if units(text) > self._limits.callback_answer:
            raise bad_request("MESSAGE_TOO_LONG")
        url = parameters.text("url")
        if url and not url.startswith((f"https://t.me/{self._world.bot.username}?start=", "tg://")):
            raise bad_request("URL_INVALID")
        press = self._presses.take(parameters.text("callback_query_id"))
        self._conversation.stream.publish(
            "answer",
            {
                "person_id": press.person_id,
                "chat_id": press.chat_id,
                "message_id": press.message_id,
                "text": text or None,
                "show_alert": parameters.boolean("show_alert"),
                "url": url or None,
            },
        )
        return True
