"""Messages, files, people and chats as values; what they look like on the wire is `rendering`'s work."""

from dataclasses import dataclass

from tokenfilter.adapters.sandbox.formatted_text import FormattedText
from tokenfilter.adapters.sandbox.keyboard import Keyboard


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who uses the chat page. `wrote` once they have ever written to the bot; `blocked` while they bar it."""

    id: int
    first_name: str
    username: str
    wrote: bool = False
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat the bot could know. `type` is private, group, supergroup or channel; a private chat has its person's id.

    `bot` is the bot's standing: member, administrator, left or kicked.
    """

    id: int
    type: str
    title: str
    username: str | None = None
    bot: str = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A stored media file; `kind` is photo, video, animation or document. Sizes in bytes, pixels and seconds."""

    file_id: str
    unique_id: str
    kind: str
    name: str
    mime_type: str
    size: int
    width: int = 0
    height: int = 0
    duration: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text message. `preview` holds the link preview options that differ from the default."""

    body: FormattedText
    preview: tuple[tuple[str, str | bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file with a caption, alone or in an album."""

    file: File
    caption: FormattedText
    spoiler: bool = False
    caption_above: bool = False
    album: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """Goods for sale; `total` in the smallest unit of the currency (whole Stars for XTR), `period` in seconds."""

    title: str
    description: str
    currency: str
    total: int
    payload: str
    start_parameter: str = ""
    period: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A paid (or, later, refunded) invoice; `until` is when the subscription it opened ends, in Unix time."""

    invoice: Invoice
    charge_id: str
    refunded: bool = False
    until: int | None = None
    first: bool = True


Content = Text | Media | Invoice | Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it stands. `sender` is a person's id, None for the bot; dates in Unix time."""

    chat_id: int
    message_id: int
    date: int
    sender: int | None
    content: Content
    keyboard: Keyboard = ()
    reply_to: "Message | None" = None
    edit_date: int | None = None
    protected: bool = False
