r"""Plain values as JSON text that every store can keep, and back.

PostgreSQL's JSONB refuses U+0000 and lone surrogates, and no UTF-8 holds the latter. In a string and in a key each of
them is written as the sign U+241B (a small ESC) and its four hex digits, and that sign itself in the same way: U+0000
becomes `\N{SYMBOL FOR ESCAPE}0000`, U+D83D `\N{SYMBOL FOR ESCAPE}d83d`, U+241B `\N{SYMBOL FOR ESCAPE}241b`. So every
text comes back exactly, and whoever reads JSON by other means sees which character stood there.
"""

import json
import re
from typing import Any, NoReturn

from tokenfilter.domain.plain.fields import NotStoredFormError

SIGN = "\N{SYMBOL FOR ESCAPE}"

_LINE_BREAKS = "\x85\u2028\u2029"  # JSON allows them, line readers split there
_TO_ESCAPE = re.compile(rf"\\u0000|\\.|[{SIGN}{_LINE_BREAKS}\ud800-\udfff]")
_ESCAPED = re.compile(f"{SIGN}(0000|241b|d[89a-f][0-9a-f]{{2}})?")
_JSON_NUL = r"\u0000"


def dumps(plain: object) -> str:
    """Spell plain values as one line of compact JSON, without U+0000 and lone surrogates.

    Raises:
        ValueError: a float that is no number.
    """
    text = _spell(plain)
    return text if _is_storable(text) else _TO_ESCAPE.sub(_escaped, text)


def loads(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Read what `dumps` spelt.

    Raises:
        NotStoredFormError: not UTF-8, not JSON, nested too deeply, or an escape that `dumps` does not write.
    """
    try:
        spelt = text.decode() if isinstance(text, bytes) else text
        return _read(_ESCAPED.sub(_unescaped, spelt) if SIGN in spelt else spelt)
    except NotStoredFormError:
        raise
    except (ValueError, RecursionError) as wrong:
        raise NotStoredFormError(f"not JSON: {type(wrong).__name__}") from None


def _no_number(literal: str) -> NoReturn:
    raise NotStoredFormError(f"not JSON: {literal}")


_spell = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode
_read = json.JSONDecoder(parse_constant=_no_number).decode


def _is_storable(text: str) -> bool:
    """Whether nothing is to be escaped; most texts are not, so this is quick and may err on the safe side."""
    if _JSON_NUL in text:
        return False
    if text.isascii():
        return True
    if SIGN in text or any(line_break in text for line_break in _LINE_BREAKS):
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(found: re.Match[str]) -> str:
    piece = found.group()
    if piece == _JSON_NUL:
        return f"{SIGN}0000"
    if piece[0] == "\\":
        return piece
    return ("\\u" if piece in _LINE_BREAKS else SIGN) + f"{ord(piece):04x}"


def _unescaped(found: re.Match[str]) -> str:
    digits = found.group(1)
    if digits is None:
        raise NotStoredFormError(f"not stored text: {SIGN} without the digits of what it stands for")
    return _JSON_NUL if digits == "0000" else chr(int(digits, 16))
