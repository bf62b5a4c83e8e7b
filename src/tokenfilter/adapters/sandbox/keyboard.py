"""`reply_markup`: what Telegram accepts as a keyboard, and the texts it refuses the rest with."""

from collections.abc import Mapping
from dataclasses import dataclass

from tokenfilter.adapters.sandbox.errors import bad_request
from tokenfilter.adapters.sandbox.html_entities import checked_link
from tokenfilter.adapters.sandbox.limits import Limits
from tokenfilter.adapters.sandbox.parameters import Parameters, flag
from tokenfilter.adapters.sandbox.text_entities import units

_NOT_JSON = "Can't parse reply keyboard markup JSON object"
_NO_TEXT_BUTTONS = "Can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One inline button: its text and the one thing it does (`kind` is the name of the field that says so)."""

    text: str
    kind: str
    value: str

    def wire(self) -> dict[str, object]:
        match self.kind:
            case "copy_text" | "web_app":
                return {"text": self.text, self.kind: {"text" if self.kind == "copy_text" else "url": self.value}}
            case "pay":
                return {"text": self.text, "pay": True}
            case kind:
                return {"text": self.text, kind: self.value}


Keyboard = tuple[tuple[Button, ...], ...]
"""Rows of buttons; empty means no inline keyboard."""


def keyboard_wire(keyboard: Keyboard) -> dict[str, object]:
    """The `InlineKeyboardMarkup` of a message."""
    return {"inline_keyboard": [[button.wire() for button in row] for row in keyboard]}


def keyboard_of(parameters: Parameters, limits: Limits) -> Keyboard:
    """The inline keyboard asked for; empty for none and for the other kinds of markup, which no message shows.

    Raises:
        ApiError: not a markup, or a button Telegram refuses.
    """
    value = parameters.parsed("reply_markup", otherwise=_NOT_JSON)
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise bad_request("Object expected as reply markup")
    for name in ("resize_keyboard", "one_time_keyboard", "remove_keyboard", "selective", "force_reply"):
        flag(value, name, of="reply markup")
    for row in _rows(value, "keyboard", of="ReplyKeyboardMarkup"):
        for button in row:
            _check_plain_button(button)
    rows = _rows(value, "inline_keyboard", of="InlineKeyboardMarkup")
    keyboard = tuple(tuple(_button(button, limits) for button in row) for row in rows)
    keyboard = tuple(row for row in keyboard if row)
    if sum(map(len, keyboard)) > limits.buttons or any(len(row) > limits.buttons_in_row for row in keyboard):
        raise bad_request("reply markup is too long")
    return keyboard


def _rows(value: Mapping[str, object], name: str, *, of: str) -> list[list[object]]:
    rows = value.get(name, [])
    if not isinstance(rows, list):
        raise bad_request(f'field "{name}" of the {of} must be an Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{name}" of the {of} must be an Array of Arrays')
    return rows


def _check_plain_button(value: object) -> None:
    text = value.get("text") if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")


def _text(value: Mapping[str, object], name: str) -> str | None:
    found = value.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise bad_request(f'can\'t parse inline keyboard button: Field "{name}" must be of type String')
    return str(found)


def _nested(value: Mapping[str, object], name: str, field: str) -> str | None:
    found = value.get(name)
    if found is None:
        return None
    inner = found.get(field) if isinstance(found, dict) else None
    if not isinstance(inner, str):
        raise bad_request(f'can\'t parse inline keyboard button: Field "{name}" must be of type Object')
    return inner


def _button(value: object, limits: Limits) -> Button:
    if not isinstance(value, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = _text(value, "text")
    if text is None:
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not text.strip():
        raise bad_request("inline keyboard button text must be non-empty")
    kind, deed = _deed(value)
    match kind:
        case "url":
            deed = _checked_url(deed)
        case "callback_data" if not 1 <= len(deed.encode()) <= limits.callback_data_bytes:
            raise bad_request("BUTTON_DATA_INVALID")
        case "web_app" if not deed.lower().startswith("https://"):
            raise bad_request(f"inline keyboard button Web App URL '{deed}' is invalid: Only HTTPS links are allowed")
        case "copy_text" if not 1 <= units(deed) <= limits.copy_text:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return Button(text=text, kind=kind, value=deed)


def _deed(value: Mapping[str, object]) -> tuple[str, str]:
    """What the button does: the first field present, in Telegram's order, and its value."""
    if flag(value, "pay", of="InlineKeyboardButton"):
        return "pay", ""
    for name in ("url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat"):
        if (found := _text(value, name)) is not None:
            return name, found
    for name, field in (("web_app", "url"), ("copy_text", "text")):
        if (nested := _nested(value, name, field)) is not None:
            return name, nested
    raise bad_request(_NO_TEXT_BUTTONS)


def _checked_url(url: str) -> str:
    if not url.strip():
        raise bad_request(_NO_TEXT_BUTTONS)
    checked = checked_link(url)
    if not checked:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return checked
