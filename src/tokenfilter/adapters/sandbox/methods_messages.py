"""Methods about text messages: send, edit, delete, and the chat action."""

from dataclasses import replace

from tokenfilter.adapters.sandbox.errors import bad_request
from tokenfilter.adapters.sandbox.message import Media, Text
from tokenfilter.adapters.sandbox.parameters import Parameters, flag
from tokenfilter.adapters.sandbox.posting import Posting
from tokenfilter.adapters.sandbox.rendering import message_wire

_PREVIEW_FLAGS = ("is_disabled", "prefer_small_media", "prefer_large_media", "show_above_text")
_DELETABLE_SECONDS = 48 * 3600
_ACTIONS = frozenset(
    {
        "cancel",
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "record_audio",
        "upload_audio",
        "upload_document",
        "choose_sticker",
        "find_location",
        "pick_up_location",
        "record_video_note",
        "upload_video_note",
    }
)


def _preview(parameters: Parameters) -> tuple[tuple[str, str | bool], ...]:
    value = parameters.parsed_object("link_preview_options", otherwise="can't parse link preview options JSON object")
    options: list[tuple[str, str | bool]] = [
        (name, True) for name in _PREVIEW_FLAGS if flag(value, name, of="LinkPreviewOptions")
    ]
    url = value.get("url", "")
    if not isinstance(url, str):
        raise bad_request('can\'t parse link preview options: Field "url" must be of type String')
    if url:
        options.append(("url", url))
    if parameters.boolean("disable_web_page_preview") and not options:
        options.append(("is_disabled", True))
    return tuple(options)


class MessageMethods:
    """`sendMessage`, `editMessageText`, `editMessageCaption`, `editMessageReplyMarkup`, `deleteMessage`."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting
        self._world = posting.conversation.world

    def send_message(self, parameters: Parameters) -> object:
        content = Text(body=self._posting.text(parameters), preview=_preview(parameters))
        return message_wire(self._posting.send(parameters, content), self._world)

    def edit_text(self, parameters: Parameters) -> object:
        content = Text(body=self._posting.text(parameters), preview=_preview(parameters))
        message = self._posting.own_message(parameters)
        if not isinstance(message.content, Text):
            raise bad_request("there is no text in the message to edit")
        return message_wire(self._posting.edit(message, content, parameters), self._world)

    def edit_caption(self, parameters: Parameters) -> object:
        caption = self._posting.caption(parameters)
        message = self._posting.own_message(parameters)
        if not isinstance(message.content, Media):
            raise bad_request("there is no caption in the message to edit")
        above = parameters.boolean("show_caption_above_media")
        content = replace(message.content, caption=caption, caption_above=above)
        return message_wire(self._posting.edit(message, content, parameters), self._world)

    def edit_keyboard(self, parameters: Parameters) -> object:
        message = self._posting.own_message(parameters)
        return message_wire(self._posting.edit(message, message.content, parameters), self._world)

    def delete_message(self, parameters: Parameters) -> object:
        message_id = parameters.integer("message_id")
        if not message_id:
            raise bad_request("message identifier is not specified")
        chat = self._posting.chat(parameters)
        message = self._world.message(chat.id, message_id)
        if message is None:
            raise bad_request("message to delete not found")
        foreign = message.sender is not None and chat.type != "private" and chat.bot != "administrator"
        if foreign or self._world.now() - message.date > _DELETABLE_SECONDS:
            raise bad_request("message can't be deleted")
        self._posting.conversation.delete(message)
        return True

    def send_chat_action(self, parameters: Parameters) -> object:
        if parameters.text("action").lower() not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        self._posting.writable_chat(parameters)
        return True
