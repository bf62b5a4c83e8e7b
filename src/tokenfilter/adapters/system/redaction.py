"""What a log line must not say: known secrets in any spelling, and whatever looks like one.

It works on the line as it would be written, so that nothing gets past it by way of a traceback or a library's message.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, unquote, urlsplit

SHORTEST = 6
"""Known values with fewer characters are hidden by their place only: they stand in ordinary words."""

_HIDDEN = "[secret]"
_BLOCK = 8
_RUN = 12

_BOT_TOKEN = re.compile(r"\d{6,12}(?::|%3A)[A-Za-z0-9_-]{30,}", re.IGNORECASE)
"""What Telegram's bot tokens look like, wherever they stand: also inside a URL after `/bot`."""

_IN_URL = re.compile(r"(://[^\s/?#@:]*:)[^\s/?#]*@")
_BY_SCHEME = re.compile(r"\b((?:bearer|basic)\s{1,3})[\w.~+/=-]{6,}", re.IGNORECASE)
_BY_NAME = re.compile(
    r"""
    ( (?: api[-_]?key | secret | passw(?:or)?d | passphrase | pwd | private[-_]?key | authorization
        | (?:access|auth|bearer|bot|csrf|events|id|refresh|session)[-_]?token
      ) [\w-]{0,20} (?:\\*["'])? \s{0,3} (?: => | [:=] | %3[AD] | ,(?=\s?b?\\*["']) ) \s{0,3} (?: b(?=["']) )?
    | [?&;]token(?:=|%3D)
    )
    (?: ( (?P<escaped>\\+["']) ) (?: (?!(?P=escaped)) . )*
      | (") (?: \\. | [^"\\] )*
      | (') (?: \\. | [^'\\] )*
      | (?: (?:apikey|basic|bearer|digest|token) \s )? [^\s"'\\&,;]+
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

_SCHEMES = ("bearer", "basic")
_NAMES = ("key", "secret", "passw", "passphrase", "pwd", "authorization", "token")
"""One of these stands in every match: to look for words is a hundred times quicker than to look for a pattern."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40,}|[1-9A-HJ-NP-Za-km-z]{33,}")
_TRANSACTIONS = (66, 86, 87, 88)
"""Letters of a transaction's id, by which alone a payment is known: 0x and 32 bytes in hex, or 64 bytes in base58."""

_SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "/": "/"}


class Redactor:
    """Takes secrets out of lines. Of a known one with 16 characters or more not even 15 in a row are left."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = sorted({v for s in secrets for v in _values(s) if len(v) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(_spellings, values))) if values else None
        self._places = {
            value[n : n + _BLOCK]: (value, n)
            for value in values
            if len(value) >= 2 * _BLOCK
            for n in range(0, len(value) - _BLOCK + 1, _BLOCK)
        }
        self._blocks = re.compile("|".join(map(re.escape, self._places))) if self._places else None

    def __call__(self, line: str) -> str:
        """The line, with marks where secrets were."""
        if self._known:
            line = self._known.sub(_HIDDEN, line)
        if self._blocks:
            line = "".join(self._without_parts(line, self._blocks))
        line = _IN_URL.sub(rf"\1{_HIDDEN}@", line)
        lower = line.lower()
        if any(word in lower for word in _NAMES):
            line = _BY_NAME.sub(_hide_value, line)
        if any(word in lower for word in _SCHEMES):
            line = _BY_SCHEME.sub(rf"\1{_HIDDEN}", line)
        return _BOT_TOKEN.sub("[bot token]", line)

    def _without_parts(self, line: str, blocks: re.Pattern[str]) -> Iterator[str]:
        """A secret that was cut off still has a whole block in every 15 characters."""
        done = at = 0
        while found := blocks.search(line, at):
            secret, place = self._places[found[0]]
            start, end = found.span()
            after = place + _BLOCK
            while start > done and place > 0 and line[start - 1] == secret[place - 1]:
                start, place = start - 1, place - 1
            while end < len(line) and after < len(secret) and line[end] == secret[after]:
                end, after = end + 1, after + 1
            at = found.start() + 1
            if end - start >= _RUN:
                yield line[done:start]
                yield _HIDDEN
                done = at = end
        yield line[done:]


def without_addresses(line: str) -> str:
    """The line without addresses of wallets; ids of transactions stay."""
    return _ADDRESS.sub(lambda found: found[0] if len(found[0]) in _TRANSACTIONS else "[address]", line)


def _values(secret: str) -> Iterator[str]:
    """What is secret about it: of a URL with a password only that, of anything else everything."""
    try:
        password = urlsplit(secret).password if "://" in secret else None
    except ValueError:
        password = None
    if password:
        yield password
        yield unquote(password)
    elif secret:
        yield secret


def _hide_value(found: re.Match[str]) -> str:
    opening = next((mark for mark in found.groups()[1:] if mark), "")
    return f"{found[1]}{opening}{_HIDDEN}"


def _spellings(secret: str) -> str:
    """A pattern of the secret as it is, and as URLs, JSON, HTML and Python's own quoting spell it."""
    return "".join(map(_spelling, secret))


def _spelling(char: str) -> str:
    if char.isascii() and (char.isalnum() or char in "_.~-"):
        return re.escape(char)
    percent = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in char.encode("utf-8", "surrogatepass"))
    wide = char.encode("utf-16-be", "surrogatepass").hex()
    escapes = "".join(rf"\\+u(?i:{wide[n : n + 4]})" for n in range(0, len(wide), 4))
    raw = "".join(rf"\\+x(?i:{byte:02x})" for byte in char.encode("utf-8", "surrogatepass"))
    spelled = [percent, escapes, raw, rf"\\+x(?i:{ord(char):02x})", rf"\\+U(?i:{ord(char):08x})", f"&#0*{ord(char)};"]
    if char in "\"'\\":
        spelled.insert(0, rf"\\*{re.escape(char)}")
    else:
        spelled.insert(0, re.escape(char))
    if escape(char) != char:
        spelled.append(escape(char))
    if quote(char, safe="") != quote(char):
        spelled.append(re.escape(quote(char)))
    if char == " ":
        spelled.append(r"\+")
    if char in _SHORT_ESCAPES:
        spelled.append(rf"\\+{_SHORT_ESCAPES[char]}")
    return f"(?:{'|'.join(spelled)})"
