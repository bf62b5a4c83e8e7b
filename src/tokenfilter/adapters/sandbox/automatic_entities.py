"""What Telegram marks in a text by itself: links, mail addresses, mentions, commands, hashtags and cashtags.

The rules follow TDLib's detection. Links live in `automatic_links`; keeping clear of code and written links is the
work of `formatted_text`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from tokenfilter.adapters.sandbox.automatic_links import links
from tokenfilter.adapters.sandbox.text_entities import Entity, unit_offsets

Span = tuple[int, int]
"""Begin and end in characters."""

_NAME = re.compile("[A-Za-z0-9_]*")
_SHORT_NAMES = frozenset({"gif", "vid", "pic"})
"""Names below four letters that are inline bots of Telegram itself."""


def is_word_character(character: str) -> bool:
    """A letter, a digit of any kind, or an underscore."""
    return character == "_" or unicodedata.category(character)[0] == "L" or unicodedata.category(character)[0] == "N"


def _is_tag_character(character: str) -> bool:
    return (
        character in "_\u200c\u00b7"
        or "\u0d80" <= character <= "\u0dff"
        or unicodedata.category(character)[0] == "L"
        or unicodedata.category(character) == "Nd"
    )


def _starts(text: str, sign: str, *, forbidden_before: Callable[[str], bool]) -> Iterator[int]:
    at = text.find(sign)
    while at != -1:
        if at == 0 or not forbidden_before(text[at - 1]):
            yield at
        at = text.find(sign, at + 1)


def _name_end(text: str, at: int) -> int:
    found = _NAME.match(text, at)
    return found.end() if found else at


def _mentions(text: str) -> Iterator[Span]:
    for at in _starts(text, "@", forbidden_before=is_word_character):
        end = _name_end(text, at + 1)
        name = text[at + 1 : end]
        known = 4 <= len(name) <= 32 or name.lower() in _SHORT_NAMES
        if known and not (end < len(text) and is_word_character(text[end])):
            yield at, end


def _bars_command(character: str) -> bool:
    return character in "/<>" or is_word_character(character)


def _commands(text: str) -> Iterator[Span]:
    for at in _starts(text, "/", forbidden_before=_bars_command):
        end = _name_end(text, at + 1)
        if not 1 <= end - at - 1 <= 64:
            continue
        if text[end : end + 1] == "@":
            bot = end + 1
            end = _name_end(text, bot)
            if not 3 <= end - bot <= 32:
                continue
        if not (end < len(text) and _bars_command(text[end])):
            yield at, end


def _hashtags(text: str) -> Iterator[Span]:
    for at in _starts(text, "#", forbidden_before=_is_tag_character):
        end = at + 1
        while end < len(text) and _is_tag_character(text[end]):
            end += 1
        tag = text[at + 1 : min(end, at + 257)]
        has_letter = any(unicodedata.category(character)[0] == "L" for character in tag)
        if has_letter and text[end : end + 1] != "#":
            yield at, at + 1 + len(tag)


def _bars_cashtag(character: str) -> bool:
    return character == "$" or _is_tag_character(character)


def _cashtags(text: str) -> Iterator[Span]:
    for at in _starts(text, "$", forbidden_before=_bars_cashtag):
        end = at + 1
        if text.startswith("1INCH", end):
            end += 5
        else:
            while "A" <= text[end : end + 1] <= "Z":
                end += 1
        if 1 <= end - at - 1 <= 8 and not (end < len(text) and _bars_cashtag(text[end])):
            yield at, end


def automatic_entities(text: str) -> list[Entity]:
    """All marks Telegram would add to plain `text`, sorted and free of overlap: the earlier and longer one wins."""
    found = [("mention", span) for span in _mentions(text)]
    found += [("bot_command", span) for span in _commands(text)]
    found += [("hashtag", span) for span in _hashtags(text)]
    found += [("cashtag", span) for span in _cashtags(text)]
    found += links(text)
    offsets = unit_offsets(text)
    entities: list[Entity] = []
    taken = 0
    for kind, (begin, end) in sorted(found, key=lambda hit: (hit[1][0], -hit[1][1])):
        if begin >= taken:
            entities.append(Entity(type=kind, offset=offsets[begin], length=offsets[end] - offsets[begin]))
            taken = end
    return entities
