"""What a message of the bot tells of alerts, read from its text as a person would: a card, a digest, or neither.

How they are written is the Telegram adapter's business; a test reads what it writes.
"""

import re
from dataclasses import dataclass
from zlib import crc32

from tokenfilter.domain.ids import is_public_key

MOST_ADDRESSES = 20
"""Of one text; a digest or a list of tokens names more."""

_CARD = "🎯 "
_DIGEST = re.compile(r"([0-9][0-9,]{0,8}) alerts? in one message: ")
_ADDRESS = re.compile(r"(?<![0-9A-Za-z])(?:0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """`tells` is card, digest or None, `alerts` how many it tells; `mark` is the same for the same digest.

    Of a card the address is that of its token alone, whatever its names contain.
    """

    addresses: tuple[str, ...] = ()
    tells: str | None = None
    alerts: int = 0
    mark: str | None = None


def telling(text: str) -> Telling:
    """Read a text."""
    addresses = token_addresses(text)
    own = token_addresses(text.rpartition("\n")[2])
    if text.startswith(_CARD) and len(own) == 1:
        return Telling(addresses=own, tells="card", alerts=1)
    if found := _DIGEST.match(text):
        mark = f"{crc32(text.encode('utf-8', 'replace')):08x}"
        return Telling(addresses=addresses, tells="digest", alerts=int(found[1].replace(",", "")), mark=mark)
    return Telling(addresses=addresses)


def token_addresses(text: str) -> tuple[str, ...]:
    """The token addresses in a text, each once, as the domain spells them."""
    found = (m[0].lower() if m[0].startswith("0x") else m[0] for m in _ADDRESS.finditer(text))
    named = dict.fromkeys(a for a in found if a.startswith("0x") or is_public_key(a))
    return tuple(named)[:MOST_ADDRESSES]
