"""Buttons as values: what stands on them and what they do. `bot` turns them into Telegram's."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tokenfilter.adapters.telegram.callback import Action, Press
from tokenfilter.adapters.telegram.html import Html, cleaned_text

LONGEST_LABEL = 36
"""More than that is cut on a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A label and either a press or an https address of ours."""

    label: str
    press: Press | None = None
    url: str | None = None


Row = tuple[Button, ...]
Keyboard = tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A message as a person sees it."""

    html: Html
    keyboard: Keyboard = field(default=())


def button(label: str, press: Press | Action) -> Button:
    """A button that asks for something; its label may hold other people's text."""
    wanted = press if isinstance(press, Press) else Press(action=press)
    return Button(label=cleaned_text(label, most=LONGEST_LABEL) or "–", press=wanted)


def link(label: str, url: str) -> Button:
    """A button that opens an address, which is one of ours or checked."""
    return Button(label=cleaned_text(label, most=LONGEST_LABEL), url=url)


def columns(buttons: Iterable[Button], number: int = 2) -> Keyboard:
    """Lay buttons out in rows of `number`."""
    laid = list(buttons)
    return tuple(tuple(laid[start : start + number]) for start in range(0, len(laid), number))
