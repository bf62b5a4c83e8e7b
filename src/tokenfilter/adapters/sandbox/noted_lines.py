"""What happened in the sandbox as lines of JSON: `["kind", value, ...]`, and the values in them as they were.

A value of a class is `["Class", field, ...]` without the defaults at its end, a tuple `["", item, ...]`. A line's kind
and leading numbers can be read without reading the rest, because most lines are never looked at again.
"""

import json
import re
from dataclasses import fields
from typing import Any

from tokenfilter.adapters.sandbox.deeds import Press, Transaction
from tokenfilter.adapters.sandbox.formatted_text import FormattedText
from tokenfilter.adapters.sandbox.keyboard import Button
from tokenfilter.adapters.sandbox.message import Chat, File, Invoice, Media, Message, Payment, Person, Text
from tokenfilter.adapters.sandbox.text_entities import Entity

_CLASSES: tuple[type[Any], ...] = (
    *(Person, Chat, File, Text, Media, Invoice, Payment, Message),
    *(Button, Entity, FormattedText, Press, Transaction),
)
_BY_NAME = {c.__name__: (c, tuple(f.name for f in fields(c))) for c in _CLASSES}
_SHAPES = {c: (c.__name__, tuple((f.name, f.default) for f in fields(c))) for c in _CLASSES}
_HEAD = re.compile(r'\["([a-z_]+)"((?:,-?\d+)*)')


class UnreadableLineError(ValueError):
    """A line is damaged, or was written by a version that knows other values."""


def line_of(kind: str, *values: object) -> str:
    """One line, without its end. Values are JSON, or of the classes named here, or tuples of such."""
    return json.dumps([kind, *map(_plain, values)], separators=(",", ":"))


def kind_of(line: str) -> str:
    """What a line tells.

    Raises:
        UnreadableLineError: it is no line of ours.
    """
    return _head(line)[1]


def numbers_of(line: str) -> tuple[int, ...]:
    """The numbers that stand first in a line.

    Raises:
        UnreadableLineError: it is no line of ours.
    """
    return tuple(int(number) for number in _head(line)[2].split(",")[1:])


def values_of(line: str) -> list[Any]:
    """Everything after the kind.

    Raises:
        UnreadableLineError: it is damaged, or a value is of no class known here.
    """
    try:
        return [_value(part) for part in json.loads(line)[1:]]
    except (ValueError, TypeError, LookupError) as error:
        raise UnreadableLineError(f"cannot be read: {line[:80]!r}") from error


def _head(line: str) -> re.Match[str]:
    found = _HEAD.match(line)
    if found is None or not line.endswith("]"):
        raise UnreadableLineError(f"cannot be read: {line[:80]!r}")
    return found


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return ["", *map(_plain, value)]
    shape = _SHAPES.get(type(value))
    if shape is None:
        return value
    name, parts = shape
    found = [getattr(value, part) for part, _ in parts]
    while found and found[-1] == parts[len(found) - 1][1]:
        found.pop()
    return [name, *map(_plain, found)]


def _value(plain: Any) -> Any:  # noqa: ANN401 - a value of any class
    if not isinstance(plain, list):
        return plain
    if plain[0] == "":
        return tuple(map(_value, plain[1:]))
    made, names = _BY_NAME[plain[0]]
    if len(plain) > len(names) + 1:
        raise LookupError(f"{plain[0]} has {len(names)} fields")
    return made(**dict(zip(names, map(_value, plain[1:]), strict=False)))
