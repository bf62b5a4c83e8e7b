"""Names that cannot be wrong: chains, token addresses, channels, chats and what is built from them.

Each is minted only by a `parse_*` function here, so whoever holds one may trust it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NewType

ChatId = NewType("ChatId", int)
"""A Telegram chat: positive for people, negative for groups and channels."""

ChannelId = NewType("ChannelId", str)
"""A calling channel in lower case, such as `@alpha`: Telegram compares channel names without case."""

FilterId = NewType("FilterId", str)
"""One filter of one subscriber: `<chat>.<number>`."""

EventId = NewType("EventId", str)

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_DIGIT = {letter: digit for digit, letter in enumerate(_BASE58)}
_HEX_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CHANNEL = re.compile(r"@?[A-Za-z0-9_.\-]{1,64}")
_PUBLIC_KEY_BYTES = 32
_MAX_ID = 2**52  # Telegram Bot API: chat ids have at most 52 significant bits


class InvalidIdError(ValueError):
    """A name from outside that names nothing; the message says what was expected."""


class Chain(StrEnum):
    """The blockchains whose addresses we can check."""

    SOLANA = "solana"
    BSC = "bsc"
    ETHEREUM = "ethereum"
    BASE = "base"


_CHAIN_ALIASES = {"bnb": Chain.BSC, "eth": Chain.ETHEREUM, "sol": Chain.SOLANA}


@dataclass(frozen=True, slots=True, order=True)
class Token:
    """A token on a chain. Base58 addresses keep their case; 0x addresses are in lower case."""

    chain: Chain
    address: str

    def __str__(self) -> str:
        return f"{self.chain}:{self.address}"


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """Where a notification goes: a chat, or one topic (message thread) in it."""

    chat: ChatId
    thread: int | None = None

    def __str__(self) -> str:
        return f"{self.chat}" if self.thread is None else f"{self.chat}/{self.thread}"


def parse_chain(text: str) -> Chain:
    """Read a chain's name or alias (`bnb`, `eth`, `sol`), whatever its case.

    Raises:
        InvalidIdError: no chain of that name is known.
    """
    name = text.strip().lower()
    try:
        return _CHAIN_ALIASES.get(name) or Chain(name)
    except ValueError:
        known = ", ".join(Chain)
        raise InvalidIdError(f"unknown chain {text[:40]!r}: expected one of {known}") from None


def parse_token(address: str, chain: str | None = None) -> Token:
    """Read a token address; `chain` may be left out for base58 addresses, which are Solana's.

    Raises:
        InvalidIdError: not an address, or a 0x address without a chain, or one of the wrong chain.
    """
    address = address.strip()
    if _HEX_ADDRESS.fullmatch(address):
        if chain is None:
            raise InvalidIdError("a 0x address needs its chain: bsc, ethereum or base")
        named = parse_chain(chain)
        if named is Chain.SOLANA:
            raise InvalidIdError("a 0x address is not a Solana address")
        return Token(named, address.lower())
    if chain is not None and parse_chain(chain) is not Chain.SOLANA:
        raise InvalidIdError(f"expected 0x and 40 hex digits on {parse_chain(chain)}, got {address[:48]!r}")
    if not is_public_key(address):
        raise InvalidIdError(
            f"not a token address: {address[:48]!r} (expected base58 of 32 bytes, or 0x and 40 hex digits)"
        )
    return Token(Chain.SOLANA, address)


@lru_cache(maxsize=65_536)
def is_public_key(text: str) -> bool:
    """Whether `text` is base58 of exactly 32 bytes (a Solana account key)."""
    if not 32 <= len(text) <= 44:  # the shortest and longest spelling of 32 bytes
        return False
    number = 0
    for letter in text:
        digit = _BASE58_DIGIT.get(letter)
        if digit is None:
            return False
        number = number * 58 + digit
    leading_zero_bytes = len(text) - len(text.lstrip("1"))
    return leading_zero_bytes + (number.bit_length() + 7) // 8 == _PUBLIC_KEY_BYTES


def base58(key: bytes) -> str:
    """Spell bytes in base58, each leading zero byte as a `1`."""
    number, letters = int.from_bytes(key, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        letters = _BASE58[digit] + letters
    return "1" * (len(key) - len(key.lstrip(b"\0"))) + letters


def parse_channel(text: str) -> ChannelId:
    """Read a channel's name (`@alpha`, `alpha`) or numeric id (`-1001234`).

    Raises:
        InvalidIdError: empty, too long, or with characters no channel name has.
    """
    name = text.strip()
    if not _CHANNEL.fullmatch(name):
        raise InvalidIdError(f"not a channel name: {name[:40]!r} (expected something like @alpha)")
    name = name.lower()
    is_number = name.lstrip("-").isdigit()
    return ChannelId(name if name.startswith("@") or is_number else f"@{name}")


def parse_destination(text: str) -> Destination:
    """Read `<chat>` or `<chat>/<thread>`.

    Raises:
        InvalidIdError: not a chat id, or not a thread id.
    """
    chat, slash, thread = text.strip().partition("/")
    try:
        destination = Destination(ChatId(int(chat)), int(thread) if slash else None)
    except ValueError:
        raise InvalidIdError(f"not a destination: {text[:40]!r} (expected <chat> or <chat>/<thread>)") from None
    if not -_MAX_ID < destination.chat < _MAX_ID or destination.chat == 0 or (slash and int(thread) < 1):
        raise InvalidIdError(f"not a destination: {text[:40]!r} (out of range)")
    return destination
