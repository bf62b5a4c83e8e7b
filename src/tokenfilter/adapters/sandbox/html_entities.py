"""Telegram's HTML parse mode: markup in, plain text and entities out, with the refusals TDLib words.

Names, nesting and error texts follow TDLib's own parser. Detecting links and trimming are left to others.
"""

import re
from dataclasses import dataclass

from tokenfilter.adapters.sandbox.text_entities import Entity, units

_END = "\0"
_SPECIAL = re.compile("[<&\0]")
_SPACES = " \t\r\n\v" + _END
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
_TAGS = frozenset({*_KINDS, "a", "code", "pre", "blockquote", "tg-emoji"})


class EntityParseError(ValueError):
    """Markup that Telegram refuses; the text is what follows "can't parse entities: "."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenTag:
    name: str
    argument: str
    offset: int
    pieces: int


class _HtmlReader:
    def __init__(self, source: str) -> None:
        self._source = source + _END
        self._size = len(source)
        self._at = 0
        self._pieces: list[str] = []
        self._offset = 0
        self._open: list[_OpenTag] = []
        self._entities: list[Entity] = []
        self._languages: dict[int, str] = {}

    def read(self) -> tuple[str, list[Entity]]:
        if _END in self._source[: self._size]:
            raise EntityParseError("Text must not contain null bytes")
        while self._at < self._size:
            character = self._source[self._at]
            if character == "<":
                if self._source[self._at + 1] == "/":
                    self._close_tag()
                else:
                    self._open_tag()
            elif character == "&":
                self._emit(self._reference())
            else:
                self._emit(self._run())
        if self._open:
            raise EntityParseError(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        text = "".join(self._pieces)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise EntityParseError(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate"
                " code units"
            )
        return text, sorted(self._entities, key=lambda entity: entity.order)

    def _take(self) -> str:
        self._at += 1
        return self._source[self._at - 1]

    def _run(self) -> str:
        """The plain text up to the next tag or reference."""
        begin = self._at
        found = _SPECIAL.search(self._source, begin)
        self._at = found.start() if found else self._size
        return self._source[begin : self._at]

    def _emit(self, text: str) -> None:
        self._pieces.append(text)
        self._offset += units(text)

    def _reference(self) -> str:
        """A character reference at `&`; the ampersand itself where it is none that Telegram knows."""
        start = end = self._at + 1
        source = self._source
        if source[start] == "#":
            base, start = (16, start + 2) if source[start + 1] == "x" else (10, start + 1)
            digits = "0123456789abcdefABCDEF" if base == 16 else "0123456789"
            end = start
            while source[end] in digits:
                end += 1
            code = int(source[start : min(end, start + 20)], base) if end > start else 0
            if code == 0 or code >= 0x10FFFF or end - self._at >= 10:
                return self._take()
            character = chr(code)
        else:
            while source[end].isascii() and source[end].isalpha():
                end += 1
            if source[start:end] not in _NAMED:
                return self._take()
            character = _NAMED[source[start:end]]
        self._at = end + 1 if source[end] == ";" else end
        return character

    def _byte_offset(self, at: int) -> int:
        return len(self._source[:at].encode("utf-8", "surrogatepass"))

    def _skip_spaces(self) -> None:
        while self._source[self._at] in _SPACES and self._at < self._size:
            self._at += 1

    def _open_tag(self) -> None:
        begin = self._at
        self._at += 1
        while self._source[self._at] not in _SPACES and self._source[self._at] != ">":
            self._at += 1
        if self._source[self._at] == _END:
            raise EntityParseError(f"Unclosed start tag at byte offset {self._byte_offset(begin)}")
        name = _lower(self._source[begin + 1 : self._at])
        if name not in _TAGS:
            raise EntityParseError(f'Unsupported start tag "{name}" at byte offset {self._byte_offset(begin)}')
        argument = ""
        while self._source[self._at] != ">":
            self._skip_spaces()
            if self._source[self._at] == ">":
                break
            argument = self._attribute(name, begin=begin, argument=argument)
        self._at += 1
        if name == "span" and argument != "spoiler":
            raise EntityParseError(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte_offset(begin)}')
        self._open.append(_OpenTag(name=name, argument=argument, offset=self._offset, pieces=len(self._pieces)))

    def _attribute(self, tag: str, *, begin: int, argument: str) -> str:
        """Read one attribute at the cursor; returns the tag's argument as it is after it."""
        start = self._at
        source = self._source
        while source[self._at] not in _SPACES and source[self._at] not in "=>/\"'":
            self._at += 1
        attribute = source[start : self._at]
        if not attribute:
            raise EntityParseError(f'Empty attribute name in the tag "{tag}" at byte offset {self._byte_offset(begin)}')
        self._skip_spaces()
        unclosed = EntityParseError(f'Unclosed start tag "{tag}" at byte offset {self._byte_offset(begin)}')
        if source[self._at] != "=":
            if source[self._at] == _END:
                raise unclosed
            return "expandable" if (tag, attribute) == ("blockquote", "expandable") else argument
        self._at += 1
        self._skip_spaces()
        if source[self._at] == _END:
            raise unclosed
        value = self._attribute_value()
        if source[self._at] == _END:
            raise EntityParseError(f"Unclosed start tag at byte offset {self._byte_offset(begin)}")
        return _argument(tag, attribute, value, argument)

    def _attribute_value(self) -> str:
        quote = self._source[self._at]
        if quote not in "'\"":
            start = self._at
            while self._source[self._at].isascii() and (
                self._source[self._at].isalnum() or self._source[self._at] in ".-"
            ):
                self._at += 1
            if self._source[self._at] not in _SPACES and self._source[self._at] != ">":
                raise EntityParseError(f"Unexpected end of name token at byte offset {self._byte_offset(start)}")
            return _lower(self._source[start : self._at])
        self._at += 1
        value: list[str] = []
        while self._source[self._at] not in (quote, _END):
            value.append(self._reference() if self._source[self._at] == "&" else self._take())
        if self._source[self._at] == quote:
            self._at += 1
        return "".join(value)

    def _close_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise EntityParseError(f"Unexpected end tag at byte offset {self._byte_offset(begin)}")
        self._at += 1
        while self._source[self._at] not in _SPACES and self._source[self._at] != ">":
            self._at += 1
        found = _lower(self._source[begin + 2 : self._at])
        self._skip_spaces()
        if self._source[self._at] != ">":
            raise EntityParseError(f"Unclosed end tag at byte offset {self._byte_offset(begin)}")
        self._at += 1
        tag = self._open[-1]
        if found and found != tag.name:
            raise EntityParseError(
                f'Unmatched end tag at byte offset {self._byte_offset(begin)}, expected "</{tag.name}>", found'
                f' "</{found}>"'
            )
        if self._offset > tag.offset:
            self._mark(tag)
        self._open.pop()

    def _mark(self, tag: _OpenTag) -> None:
        offset, length = tag.offset, self._offset - tag.offset
        match tag.name:
            case "a":
                self._mark_link(tag.argument or "".join(self._pieces[tag.pieces :]), offset=offset, length=length)
            case "code" | "pre":
                self._mark_literal(tag, offset=offset, length=length)
            case "blockquote":
                kind = "expandable_blockquote" if tag.argument else "blockquote"
                self._entities.append(Entity(type=kind, offset=offset, length=length))
            case "tg-emoji":
                if not (tag.argument.isascii() and tag.argument.isdigit()) or int(tag.argument[:30]) == 0:
                    raise EntityParseError("Invalid custom emoji identifier specified")
                self._entities.append(
                    Entity(type="custom_emoji", offset=offset, length=length, custom_emoji_id=tag.argument)
                )
            case name:
                self._entities.append(Entity(type=_KINDS[name], offset=offset, length=length))

    def _mark_link(self, url: str, *, offset: int, length: int) -> None:
        user = url.removeprefix("tg://user?id=")
        if user != url and user.isascii() and user.isdigit() and len(user) < 19:
            self._entities.append(Entity(type="text_mention", offset=offset, length=length, user_id=int(user)))
        elif checked := checked_link(url):
            self._entities.append(Entity(type="text_link", offset=offset, length=length, url=checked))

    def _mark_literal(self, tag: _OpenTag, *, offset: int, length: int) -> None:
        """`<pre><code class=language-x>` and the reverse nesting are one `pre` with a language."""
        last = self._entities[-1] if self._entities else None
        same = last is not None and (last.offset, last.length) == (offset, length)
        inner_language = self._languages.get(len(self._entities) - 1, "")
        if same and last is not None and tag.name == "pre" and last.type == "code" and inner_language:
            self._entities[-1] = Entity(type="pre", offset=offset, length=length, language=inner_language)
        elif same and last is not None and tag.name == "code" and last.type == "pre" and tag.argument:
            self._entities[-1] = Entity(type="pre", offset=offset, length=length, language=tag.argument)
        else:
            self._entities.append(Entity(type=tag.name, offset=offset, length=length))
            if tag.name == "code":
                self._languages[len(self._entities) - 1] = tag.argument


def _lower(text: str) -> str:
    return "".join(character.lower() if character.isascii() else character for character in text)


def _argument(tag: str, attribute: str, value: str, argument: str) -> str:
    match tag, attribute:
        case ("a", "href") | ("tg-emoji", "emoji-id"):
            return value
        case ("code", "class") if value.startswith("language-"):
            return value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case ("blockquote", "expandable"):
            return "expandable"
        case _:
            return argument


def checked_link(url: str) -> str:
    """The link as Telegram stores it, or an empty text where it would drop the link and keep the words."""
    url = url.strip()
    scheme, separator, rest = url.partition("://")
    if not separator:
        rest, scheme = url, "http"
    scheme = scheme.lower()
    if scheme not in ("http", "https", "ftp", "tg", "ton", "tonsite") or not rest:
        return ""
    if any(character <= " " or character in '<>"' for character in rest):
        return ""
    if scheme in ("tg", "ton", "tonsite"):
        return f"{scheme}://{rest}"
    host = re.split("[/?#]", rest, maxsplit=1)[0]
    if "." not in host.strip("."):
        return ""
    path = rest[len(host) :]
    return f"{scheme}://{host.lower()}{path if path.startswith('/') else '/' + path}"


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Plain text and its entities, sorted.

    Raises:
        EntityParseError: anything Telegram would not parse.
    """
    return _HtmlReader(source).read()
