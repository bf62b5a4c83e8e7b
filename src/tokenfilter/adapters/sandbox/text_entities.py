"""Message entities as values, with offsets in UTF-16 units, and the order in which Telegram lists them."""

from dataclasses import dataclass

SPLITTABLE = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
LITERAL = frozenset({"code", "pre"})
"""Kinds inside which nothing else is marked or detected."""

_RANK = {
    "blockquote": 0,
    "expandable_blockquote": 0,
    "pre": 11,
    "code": 20,
    "text_link": 49,
    "text_mention": 49,
    "bold": 90,
    "italic": 91,
    "underline": 92,
    "strikethrough": 93,
    "spoiler": 94,
    "custom_emoji": 99,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One marked stretch of a text. `offset` and `length` in UTF-16 units; the other fields by kind."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    user_id: int | None = None
    custom_emoji_id: str | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length

    @property
    def order(self) -> tuple[int, int, int]:
        """Sort key: earlier first, longer first, then by kind."""
        return (self.offset, -self.length, _RANK.get(self.type, 50))


def units(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts."""
    if text.isascii() or max(text) <= "\uffff":
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def unit_offsets(text: str) -> list[int]:
    """UTF-16 offset of every character, and of the end."""
    if not text or max(text) <= "\uffff":
        return list(range(len(text) + 1))
    offsets = [0]
    for character in text:
        offsets.append(offsets[-1] + (2 if character > "\uffff" else 1))
    return offsets
