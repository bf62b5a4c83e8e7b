"""The only type that can hold markup, and the only ways into it.

Our own words enter through `text`, other people's through `code`, cleaned, cut and set so that Telegram makes no link,
mention, command or tag of them.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

UNKNOWN = "–"
LONGEST_NAME = 32
LONGEST_TEXT = 4096
"""UTF-16 units of a message after parsing (Telegram Bot API, sendMessage)."""
MOST_ENTITIES = 100
"""Marked stretches shown in a message (undocumented; python-telegram-bot's constants)."""

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
_BREAKS = frozenset("\t\n\v\f\r\u0085\u2028\u2029")
_MOST_MARKS = 2
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Html:
    """Marked text and, beside it, what a person sees of it. Built only by the functions of this file."""

    markup: str = ""
    plain: str = ""
    entities: int = 0

    def __add__(self, other: "Html") -> "Html":
        return Html(self.markup + other.markup, self.plain + other.plain, self.entities + other.entities)

    def __bool__(self) -> bool:
        return bool(self.plain)

    @property
    def units(self) -> int:
        """Length as Telegram counts it: UTF-16 units after parsing."""
        return utf16_units(self.plain)


NOTHING = Html()
"""No text: it leaves no line and no separator."""


def text(words: str) -> Html:
    """Our own words."""
    return Html(escape(words), words)


def bold(inner: Html) -> Html:
    """Emphasise our own words; `code` cannot be emphasised (Telegram Bot API, formatting options)."""
    return Html(f"<b>{inner.markup}</b>", inner.plain, inner.entities + 1) if inner else inner


def code(foreign: str | None, *, most: int = LONGEST_NAME) -> Html:
    """Somebody else's text, cleaned and cut to `most` characters; an en dash where nothing visible is left."""
    cleaned = cleaned_text(foreign or "", most=most)
    if not cleaned:
        return text(UNKNOWN)
    marked = Html(f"<code>{escape(cleaned)}</code>", cleaned, 1)
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in cleaned):
        return text(_ISOLATE) + marked + text(_END_ISOLATE)  # keeps the rest of the line in its order
    return marked


def block(foreign: str, *, most: int) -> Html:
    """Somebody else's text of several lines, such as a filter, to be copied as it stands."""
    rows = [cleaned_text(row, most=most) for row in foreign.split("\n")]
    kept = "\n".join(row for row in rows if row)
    if not kept:
        return text(UNKNOWN)
    shown = kept if len(kept) <= most else f"{kept[: most - 1]}…"
    return Html(f"<code>{escape(shown)}</code>", shown, 1)


def sentence(message: str, *, most: int = 300) -> Html:
    """A message of ours that may quote what a person typed: what stands in quotes is set as `code`."""
    cleaned, pieces, at = cleaned_text(message, most=most), [], 0
    for found in _QUOTED.finditer(cleaned):
        pieces += [text(cleaned[at : found.start()]), code(found[1] or found[2], most=60)]
        at = found.end()
    return join("", [*pieces, text(cleaned[at:])])


def join(separator: str, parts: Iterable[Html]) -> Html:
    """Put our own separator between the parts that are not empty."""
    joined = Html()
    for part in parts:
        if part:
            joined = joined + text(separator) + part if joined else part
    return joined


def lines(*parts: Html) -> Html:
    """One line a part; empty parts leave no line."""
    return join("\n", parts)


def fitted(rows: Iterable[Html], *, most: int = LONGEST_TEXT) -> Html:
    """As many rows as a message holds, and how many are left out."""
    kept: list[Html] = []
    units, entities, total = 0, 0, list(rows)
    for number, row in enumerate(total):
        units, entities = units + row.units + 1, entities + row.entities
        left_out = text(f"… and {len(total) - number} more lines")
        if units + left_out.units > most or entities > MOST_ENTITIES:
            return lines(*kept, left_out)
        kept.append(row)
    return join("\n", kept)


def cleaned_text(foreign: str, *, most: int) -> str:
    """Text without control, direction, zero-width and blank characters or heaps of accents, at most `most` long."""
    letters: list[str] = []
    marks = 0
    for letter in foreign[: most * 16]:  # what hides beyond that many characters is not worth reading
        category = unicodedata.category(letter)
        if letter in _BREAKS or category in {"Zs", "Zl", "Zp"}:
            letter = " "  # noqa: PLW2901 - from here on it is a space
        elif category in _INVISIBLE_CATEGORIES or letter in _BLANK_LETTERS:
            continue
        marks = marks + 1 if category.startswith("M") else 0
        if marks <= _MOST_MARKS and (marks == 0 or letters):
            letters.append(letter)
    visible = " ".join("".join(letters).split())
    if all(unicodedata.category(letter)[0] in "MZ" for letter in visible):
        return ""
    return visible if len(visible) <= most else visible[: most - 1].rstrip() + "…"


def utf16_units(words: str) -> int:
    """Length in UTF-16 units."""
    return len(words) + sum(letter > "\uffff" for letter in words)
