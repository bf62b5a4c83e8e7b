"""Finding links and mail addresses in plain text as TDLib does: bare domains too, if the top-level domain is known."""

import re
import unicodedata
from collections.abc import Callable, Iterator

from tokenfilter.adapters.sandbox.top_level_domains import TOP_LEVEL_DOMAINS

_TELEGRAM_LINK = re.compile(r"(?:tg|ton|tonsite)://[a-z0-9_-]{1,253}", re.IGNORECASE)
_MAIL = re.compile(
    r"(?:[a-z0-9_-]{0,26}[.+]){0,10}[a-z0-9_-]{1,35}@(?:[a-z0-9](?:[a-z0-9_-]{0,28}[a-z0-9])?\.){1,6}[a-z]{2,8}",
    re.IGNORECASE | re.ASCII,
)
_IPV4_PART = re.compile(r"25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]", re.ASCII)
_BAD_PATH_ENDS = ".:;,('?!`"
_BRACKETS = {"(": 0, "[": 1, "{": 2}
_CLOSING = {")": 0, "]": 1, "}": 2}
_KNOWN_PROTOCOLS = (("https", 8, ()), ("http", 7, ("shttp",)), ("ftp", 6, ("tftp", "sftp")))


def _is_url_symbol(character: str) -> bool:
    if "\u2000" <= character <= "\u206f":
        return character in "\u200c\u200d" or "\u2010" <= character <= "\u2015"
    return unicodedata.category(character)[0] != "Z" and character not in "\n\t\r\v\f\0"


def _is_path_symbol(character: str) -> bool:
    return character not in '\n<>"«»' and _is_url_symbol(character)


def _is_user_symbol(character: str) -> bool:
    return character not in "\n/[]{}()'`<>\"@«»" and _is_url_symbol(character)


def _is_domain_symbol(character: str) -> bool:
    if character < "\u00c0":
        return character in ".-_~" or (character.isascii() and character.isalnum())
    return _is_url_symbol(character)


def _is_protocol_symbol(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in "+-"
    return unicodedata.category(character)[0] != "Z"


def _back(text: str, at: int, *, floor: int, accepts: Callable[[str], bool]) -> int:
    while at > floor and accepts(text[at - 1]):
        at -= 1
    return at


def _path_end(text: str, at: int) -> int:
    """End of a path that begins at `at` with one of `/?#`; `at` itself where nothing of it belongs to the link."""
    end = at + 1
    while end < len(text) and _is_path_symbol(text[end]):
        end += 1
    while end > at + 1 and text[end - 1] in _BAD_PATH_ENDS:
        end -= 1
    return end if text[at] == "/" or end > at + 1 else at


def _port_end(text: str, at: int) -> int:
    end = at + 1
    while end < len(text) and text[end] in "0123456789":
        end += 1
    port = text[at + 1 : end].lstrip("0")
    return end if port and len(port) <= 5 and int(port) <= 65535 else at


def _telegram_links(text: str) -> Iterator[tuple[int, int]]:
    for found in _TELEGRAM_LINK.finditer(text):
        end = found.end()
        if end < len(text) and text[end] in "/?#":
            end = _path_end(text, end)
        yield found.start(), end


class _Candidate:
    """The longest stretch round one dot that might be a link."""

    def __init__(self, text: str, *, floor: int, dot: int) -> None:
        self.bad = False
        begin = _back(text, dot, floor=floor, accepts=_is_domain_symbol)
        end, last_at = dot, -1
        while end < len(text) and (text[end] == "@" or _is_domain_symbol(text[end])):
            if text[end] == "@":
                last_at = end
            end += 1
        if last_at != -1:
            begin = _back(text, begin, floor=floor, accepts=_is_user_symbol)
        if text[end : end + 1] == ":":
            end = _port_end(text, end)
        if text[end : end + 1] and text[end] in "/?#":
            end = _path_end(text, end)
        while end > dot + 1 and text[end - 1] == ".":
            end -= 1
        if begin > floor and text[begin - 1] == "@":
            user = _back(text, begin - 1, floor=floor, accepts=_is_user_symbol)
            self.bad = last_at != -1 or user == begin - 1
            begin = user
        self.begin, self.end = self._with_protocol(text, begin, floor=floor), end

    def _with_protocol(self, text: str, begin: int, *, floor: int) -> int:
        if begin == floor:
            return begin
        if begin - floor >= 6 and text[begin - 3 : begin] == "://":
            start = _back(text, begin - 3, floor=floor, accepts=_is_protocol_symbol)
            protocol = text[start : begin - 3].lower()
            for name, length, others in _KNOWN_PROTOCOLS:
                if protocol.endswith(name) and protocol not in others:
                    return begin - length
            self.bad = True
        else:
            before = text[begin - 1]
            self.bad |= before in "_/#@" or unicodedata.category(before)[0] in "LN"
        return begin


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    floor = 0
    while True:
        dot = text.find(".", floor)
        if dot == -1 or dot + 1 == len(text):
            return
        if text[dot + 1] == " ":
            floor = dot + 2
            continue
        candidate = _Candidate(text, floor=floor, dot=dot)
        end = candidate.end
        if candidate.bad:
            while text[end - 1] != ".":
                end -= 1
        else:
            if end > dot + 1:
                yield candidate.begin, end
            while text[end : end + 1] == ".":
                end += 1
        floor = max(end, dot + 1)


def _balanced(path: str) -> int:
    """How much of a path belongs to the link: up to a closing bracket that was never opened."""
    depth = [0, 0, 0]
    length = 0
    for character in path:
        if character in _BRACKETS:
            depth[_BRACKETS[character]] += 1
        elif character in _CLOSING:
            depth[_CLOSING[character]] -= 1
            if depth[_CLOSING[character]] < 0:
                break
        length += 1
    while length and path[length - 1] in _BAD_PATH_ENDS:
        length -= 1
    return length


def _is_host(domain: str, *, has_protocol: bool) -> bool:
    parts = domain.split(".")
    if len(parts) < 2 or any(not part or len(part.encode()) >= 64 or part.endswith("-") for part in parts):
        return False
    if len(parts) == 4 and all(_IPV4_PART.fullmatch(part) for part in parts):
        return True
    if all(character in "0123456789." for character in domain):
        return False
    top = parts[-1]
    if len(top) <= 1:
        return False
    if top.startswith("xn--"):
        known = len(top) > 5 and top[4:].isascii() and top[4:].isalnum()
    else:
        # A capital first letter alone ("end.So") is the next sentence, not a domain.
        spelled = top.lower() == top or top.lower()[1:] != top[1:]
        known = "_" not in top and "-" not in top and (has_protocol or (spelled and top.lower() in TOP_LEVEL_DOMAINS))
    return known and "_" not in parts[-2]


def _fitted(url: str) -> str:
    """The part of a candidate that is a link; empty where it is none."""
    protocol = re.match(r"(?:https?|ftp)://", url, re.IGNORECASE)
    rest = url[protocol.end() :] if protocol else url
    split = re.search("[/?#]", rest)
    host, path = (rest[: split.start()], rest[split.start() :]) if split else (rest, "")
    domain = host.split("@", 1)[-1].rsplit(":", 1)[0]
    if not _is_host(domain, has_protocol=protocol is not None):
        return ""
    return url[: len(url) - len(path) + _balanced(path)]


def links(text: str) -> list[tuple[str, tuple[int, int]]]:
    """(kind, (begin, end)) in characters for every `url` and `email`; may overlap the other kinds."""
    found = [("url", span) for span in _telegram_links(text)]
    for begin, end in _candidates(text):
        candidate = text[begin:end]
        if _MAIL.fullmatch(candidate):
            found.append(("email", (begin, end)))
        elif candidate.startswith("mailto:") and _MAIL.fullmatch(candidate[7:]):
            found.append(("email", (begin + 7, end)))
        elif url := _fitted(candidate):
            found.append(("url", (begin, begin + len(url))))
    return found
