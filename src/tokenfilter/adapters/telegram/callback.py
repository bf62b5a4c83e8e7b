"""What a button carries: at most 64 bytes, versioned, and read like any input from outside.

A button says only what is wanted. Whether the person who presses it may have it is decided from the current state.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from tokenfilter.domain.ids import (
    Chain,
    ChannelId,
    Destination,
    InvalidIdError,
    Token,
    parse_channel,
    parse_destination,
    parse_token,
)
from tokenfilter.domain.numbers import InvalidNumberError, parse_number, rounded

VERSION = "1"
MOST_BYTES = 64
"""Telegram Bot API, InlineKeyboardButton.callback_data."""
LONGEST_CHANNEL = 48
NEW_FILTER = 0
"""The number of a filter that is being made and is not saved yet."""


class InvalidPressError(ValueError):
    """Button data that is not ours, or is of a version that is no longer understood."""


class Action(StrEnum):
    """What a press asks for. The value is what stands in the button."""

    START = "ho"
    HELP = "he"
    STATUS = "st"
    STOP = "sp"
    RESUME = "re"
    CANCEL = "ca"
    PRESET = "pr"
    PRIVACY = "pv"
    EXPORT = "ex"
    DELETE = "dl"
    DELETE_SURE = "ds"
    SETTINGS = "se"
    NOISE = "no"
    SNOOZE = "sz"
    SOUND = "so"
    QUIET = "qu"
    QUIET_SET = "qs"
    CAP_SET = "qc"
    UNMUTE_TOKEN = "ut"
    UNMUTE_CHANNEL = "uc"
    ZONE = "zo"
    ZONE_SET = "zs"
    ZONE_TYPE = "zt"
    PLACES = "pl"
    PLACE_ADD = "pa"
    PLACE_REMOVE = "px"
    PLACE_TYPE = "pt"
    FILTERS = "fl"
    FILTER_NEW = "fn"
    FILTER_EMPTY = "fe"
    FILTER = "fo"
    FILTER_PAUSE = "fp"
    FILTER_RESUME = "fr"
    FILTER_DELETE = "fd"
    FILTER_RENAME = "fm"
    FILTER_TEXT = "ft"
    FILTER_ROUTES = "fg"
    FILTER_ROUTE = "fh"
    FILTER_TRY = "fy"
    FILTER_SAVE = "fs"
    FILTER_DISCARD = "fc"
    FILTER_RECHECK = "fk"
    ALTERNATIVE = "fa"
    UNDO = "un"
    ADD = "ad"
    ADD_FROM = "af"
    CRITERION = "co"
    BOUND = "cb"
    BOUND_SET = "cs"
    BOUND_OPEN = "cn"
    TYPE = "ct"
    UNKNOWN = "cu"
    REMOVE = "cr"
    FLAG = "cf"
    CHAIN = "cc"
    QUORUM = "cq"
    WINDOW = "cw"
    WHY = "wy"
    WHY_FILTER = "wf"
    RELAX = "rx"
    UNTIL_KNOWN = "uk"
    MUTE = "mm"
    MUTE_TOKEN = "mt"
    MUTE_CHANNEL = "mc"
    MUTE_HOUR = "mh"
    MUTE_BACK = "mb"


_FILTER, _PART, _PLACE = ("number",), ("number", "part"), ("destination",)
_KEY = ("number", "part", "key")
_CARRIES: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys((Action.PRESET, Action.SNOOZE, Action.SOUND, Action.ZONE_SET), ("word",)),
        **dict.fromkeys((Action.QUIET_SET, Action.CAP_SET), ("word",)),
        **dict.fromkeys((Action.FILTER, Action.FILTER_PAUSE, Action.FILTER_RESUME, Action.FILTER_DELETE), _FILTER),
        **dict.fromkeys((Action.FILTER_RENAME, Action.FILTER_TEXT, Action.FILTER_ROUTES, Action.FILTER_TRY), _FILTER),
        **dict.fromkeys((Action.FILTER_SAVE, Action.FILTER_DISCARD, Action.FILTER_RECHECK), _FILTER),
        Action.FILTER_ROUTE: ("number", "destination"),
        **dict.fromkeys((Action.PLACE_ADD, Action.PLACE_REMOVE), _PLACE),
        **dict.fromkeys((Action.ALTERNATIVE, Action.ADD), _PART),
        **dict.fromkeys((Action.ADD_FROM, Action.CHAIN), ("number", "part", "word")),
        **dict.fromkeys((Action.CRITERION, Action.UNKNOWN, Action.REMOVE), _KEY),
        **dict.fromkeys((Action.BOUND, Action.BOUND_OPEN, Action.FLAG, Action.TYPE), (*_KEY, "word")),
        Action.UNTIL_KNOWN: ("number", "key"),
        Action.BOUND_SET: (*_KEY, "word", "value"),
        **dict.fromkeys((Action.QUORUM, Action.WINDOW), (*_PART, "value")),
        **dict.fromkeys((Action.UNMUTE_CHANNEL, Action.MUTE_CHANNEL), ("channel",)),
        **dict.fromkeys((Action.WHY, Action.MUTE, Action.MUTE_TOKEN, Action.MUTE_HOUR), ("token",)),
        **dict.fromkeys((Action.MUTE_BACK, Action.UNMUTE_TOKEN), ("token",)),
        **dict.fromkeys((Action.WHY_FILTER, Action.RELAX), ("token", "number")),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A pressed button: the action and exactly the fields that it carries.

    `number` is that of one of the presser's own filters, `part` one of its alternatives, `key` a criterion's name,
    `word` a choice, `value` a bound in the metric's own unit.
    """

    action: Action
    token: Token | None = None
    number: int | None = None
    part: int | None = None
    key: str | None = None
    word: str | None = None
    value: Decimal | None = None
    destination: Destination | None = None
    channel: ChannelId | None = None

    def __post_init__(self) -> None:
        carried = tuple(f.name for f in fields(self)[1:] if getattr(self, f.name) is not None)
        if set(carried) != set(_CARRIES.get(self.action, ())):
            raise InvalidPressError(f"{self.action.name} carries {_CARRIES.get(self.action, ())}, got {carried}")
        for name in carried:
            _check(name, _WRITE[name](getattr(self, name)))


def encode(press: Press) -> str:
    """Write a press as button data of at most 64 bytes."""
    written = (_WRITE[name](getattr(press, name)) for name in _CARRIES.get(press.action, ()))
    return ":".join((f"{VERSION}{press.action}", *written))


def decode(data: str | bytes) -> Press:
    """Read button data.

    Raises:
        InvalidPressError: anything but what `encode` writes.
    """
    try:
        written = data.decode("ascii") if isinstance(data, bytes) else data
        head, *parts = written.split(":")
        action = Action(head.removeprefix(VERSION))
        names = _CARRIES.get(action, ())
        for name, part in zip(names, parts, strict=True):
            _check(name, part)
        carried: dict[str, Any] = {name: _READ[name](part) for name, part in zip(names, parts, strict=True)}
        press = Press(action=action, **carried)
    except (ValueError, InvalidIdError, InvalidNumberError) as error:
        raise InvalidPressError("not a button of ours") from error
    if encode(press) != written:
        raise InvalidPressError("not how we write it")
    return press


_CHAIN_LETTERS = {Chain.SOLANA: "s", Chain.BSC: "b", Chain.ETHEREUM: "e", Chain.BASE: "a"}
_CHAIN_OF_LETTER = {letter: chain for chain, letter in _CHAIN_LETTERS.items()}
_SPELLING = {
    "token": re.compile(r"[sbea][0-9A-Za-z]{32,44}"),
    "number": re.compile(r"0|[1-9][0-9]{0,8}"),
    "part": re.compile(r"[0-3]"),
    "key": re.compile(r"[a-z0-9_]{1,12}"),
    "word": re.compile(r"[A-Za-z0-9_+/-]{1,32}"),
    "value": re.compile(r"[0-9.E+-]{1,24}"),
    "destination": re.compile(r"-?[1-9][0-9]{0,15}(/[1-9][0-9]{0,9})?"),
    "channel": re.compile(rf"[@a-z0-9_.-]{{1,{LONGEST_CHANNEL}}}"),
}


def _check(name: str, written: str) -> None:
    if not _SPELLING[name].fullmatch(written):
        raise InvalidPressError(f"not a {name}: {written[:MOST_BYTES]!r}")


def _token(written: str) -> Token:
    return parse_token(written[1:], _CHAIN_OF_LETTER[written[0]])


_WRITE: Mapping[str, Callable[..., str]] = {
    "token": lambda token: _CHAIN_LETTERS[token.chain] + token.address,
    "number": str,
    "part": str,
    "key": str,
    "word": str,
    "value": lambda value: str(rounded(value)),
    "destination": str,
    "channel": str,
}
_READ: Mapping[str, Callable[[str], object]] = {
    "token": _token,
    "number": int,
    "part": int,
    "key": str,
    "word": str,
    "value": parse_number,
    "destination": parse_destination,
    "channel": parse_channel,
}
