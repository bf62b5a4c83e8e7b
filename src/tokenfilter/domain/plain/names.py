"""How tokens, channels and destinations are read back from their one spelling; they are spelt by `str`.

Every reader raises `NotStoredFormError`; what their names mean is said in fields.py. Names recur, so the newest are
remembered with what they name.
"""

from functools import lru_cache
from typing import TypeVar

from tokenfilter.domain.ids import (
    ChannelId,
    Destination,
    InvalidIdError,
    Token,
    parse_channel,
    parse_destination,
    parse_token,
)
from tokenfilter.domain.plain.fields import Plain, listed, not_stored

_Named = TypeVar("_Named")


def token_of(value: object, what: str) -> Token:
    """Take a value for a token."""
    if isinstance(value, str):
        try:
            return _token(value)
        except InvalidIdError:
            pass
    raise not_stored(what, "<chain>:<address>", value)


def token(plain: Plain, key: str) -> Token:
    """Read a token."""
    return token_of(plain.get(key), key)


def optional_token(plain: Plain, key: str) -> Token | None:
    """Read a token that may be missing."""
    value = plain.get(key)
    return None if value is None else token_of(value, key)


def channel_of(value: object, what: str) -> ChannelId:
    """Take a value for a channel's name."""
    if isinstance(value, str):
        try:
            return _channel(value)
        except InvalidIdError:
            pass
    raise not_stored(what, "a channel", value)


def channel(plain: Plain, key: str) -> ChannelId:
    """Read a channel's name."""
    return channel_of(plain.get(key), key)


def destination_of(value: object, what: str) -> Destination:
    """Take a value for a destination."""
    if isinstance(value, str):
        try:
            return _destination(value)
        except InvalidIdError:
            pass
    raise not_stored(what, "<chat> or <chat>/<thread>", value)


def destination(plain: Plain, key: str) -> Destination:
    """Read a destination."""
    return destination_of(plain.get(key), key)


def destinations(plain: Plain, key: str) -> tuple[Destination, ...]:
    """Read a list of destinations."""
    return tuple([destination_of(value, key) for value in listed(plain, key)])


@lru_cache(maxsize=16_384)
def _token(spelt: str) -> Token:
    chain, _, address = spelt.partition(":")
    return _if_spelt_so(parse_token(address, chain), spelt)


@lru_cache(maxsize=16_384)
def _channel(spelt: str) -> ChannelId:
    return _if_spelt_so(parse_channel(spelt), spelt)


@lru_cache(maxsize=65_536)
def _destination(spelt: str) -> Destination:
    return _if_spelt_so(parse_destination(spelt), spelt)


def _if_spelt_so(found: _Named, spelt: str) -> _Named:
    """A name has one spelling; another would be another key in a store."""
    if str(found) != spelt:
        raise InvalidIdError("not the spelling that is stored")
    return found
