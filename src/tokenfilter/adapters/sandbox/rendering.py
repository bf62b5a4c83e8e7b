"""Values as Bot API objects: `User`, `Chat`, `Message` and what is inside it. Pure."""

from collections.abc import Sequence

from tokenfilter.adapters.sandbox.keyboard import keyboard_wire
from tokenfilter.adapters.sandbox.message import Chat, File, Invoice, Media, Message, Payment, Person, Text
from tokenfilter.adapters.sandbox.text_entities import Entity
from tokenfilter.adapters.sandbox.world import World

Wire = dict[str, object]


def person_wire(person: Person) -> Wire:
    """A `User` who is a person."""
    return {
        "id": person.id,
        "is_bot": False,
        "first_name": person.first_name,
        "username": person.username,
        "language_code": "en",
    }


def bot_wire(world: World) -> Wire:
    """The bot as the sender of a message."""
    bot = world.bot
    return {"id": bot.id, "is_bot": True, "first_name": bot.first_name, "username": bot.username}


def chat_wire(chat: Chat) -> Wire:
    """A `Chat`."""
    wire: Wire = {"id": chat.id, "type": chat.type}
    wire["first_name" if chat.type == "private" else "title"] = chat.title
    if chat.username:
        wire["username"] = chat.username
    return wire


def entities_wire(entities: Sequence[Entity], world: World) -> list[Wire]:
    """`MessageEntity` objects; a mention of somebody unknown is left out, as Telegram leaves it."""
    wires = []
    for entity in entities:
        wire: Wire = {"type": entity.type, "offset": entity.offset, "length": entity.length}
        if entity.user_id is not None:
            if entity.user_id not in world.people:
                continue
            wire["user"] = person_wire(world.people[entity.user_id])
        for name in ("url", "language", "custom_emoji_id"):
            if (value := getattr(entity, name)) is not None:
                wire[name] = value
        wires.append(wire)
    return wires


def _file_wire(file: File) -> Wire:
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}


def _document_wire(file: File) -> Wire:
    return {**_file_wire(file), "file_name": file.name, "mime_type": file.mime_type}


def _media_fields(media: Media, world: World) -> Wire:
    file = media.file
    sized: Wire = {"width": file.width, "height": file.height}
    wire: Wire = {}
    match file.kind:
        case "photo":
            wire["photo"] = [{**_file_wire(file), **sized}]
        case "animation":
            wire["animation"] = {**_document_wire(file), **sized, "duration": file.duration}
            wire["document"] = _document_wire(file)
        case "video":
            wire["video"] = {**_document_wire(file), **sized, "duration": file.duration}
        case _:
            wire["document"] = _document_wire(file)
    if media.album is not None:
        wire["media_group_id"] = media.album
    if media.caption.text:
        wire["caption"] = media.caption.text
        if entities := entities_wire(media.caption.entities, world):
            wire["caption_entities"] = entities
        if media.caption_above:
            wire["show_caption_above_media"] = True
    if media.spoiler:
        wire["has_media_spoiler"] = True
    return wire


def _text_fields(text: Text, world: World) -> Wire:
    wire: Wire = {"text": text.body.text}
    if entities := entities_wire(text.body.entities, world):
        wire["entities"] = entities
    if text.preview:
        wire["link_preview_options"] = dict(text.preview)
    return wire


def _payment_fields(payment: Payment) -> Wire:
    wire: Wire = {
        "currency": payment.invoice.currency,
        "total_amount": payment.invoice.total,
        "invoice_payload": payment.invoice.payload,
        "telegram_payment_charge_id": payment.charge_id,
    }
    if payment.refunded:
        return {"refunded_payment": wire}
    wire["provider_payment_charge_id"] = f"sandbox-{payment.charge_id}"
    if payment.until is not None:
        wire |= {"subscription_expiration_date": payment.until, "is_recurring": True}
        if payment.first:
            wire["is_first_recurring"] = True
    return {"successful_payment": wire}


def _content_fields(message: Message, world: World) -> Wire:
    match message.content:
        case Text() as text:
            return _text_fields(text, world)
        case Media() as media:
            return _media_fields(media, world)
        case Invoice() as invoice:
            return {
                "invoice": {
                    "title": invoice.title,
                    "description": invoice.description,
                    "start_parameter": invoice.start_parameter,
                    "currency": invoice.currency,
                    "total_amount": invoice.total,
                }
            }
        case Payment() as payment:
            return _payment_fields(payment)


def message_wire(message: Message, world: World) -> Wire:
    """A `Message`; posts of a channel carry the channel, not who wrote them."""
    chat = world.chats[message.chat_id]
    wire: Wire = {"message_id": message.message_id, "date": message.date, "chat": chat_wire(chat)}
    if chat.type == "channel":
        wire["sender_chat"] = chat_wire(chat)
    else:
        wire["from"] = bot_wire(world) if message.sender is None else person_wire(world.people[message.sender])
    if message.edit_date is not None:
        wire["edit_date"] = message.edit_date
    if message.protected:
        wire["has_protected_content"] = True
    if message.reply_to is not None:
        wire["reply_to_message"] = message_wire(message.reply_to, world)
    wire |= _content_fields(message, world)
    if message.keyboard:
        wire["reply_markup"] = keyboard_wire(message.keyboard)
    return wire
