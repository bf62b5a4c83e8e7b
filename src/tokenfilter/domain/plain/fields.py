"""How one field of a stored form is read: objects, lists, texts, whole numbers, choices.

Every reader takes the object and the key and raises `NotStoredFormError` where the field is not what it must be; an
optional one may be missing, which is None. The readers whose names end in `_of` take the value itself and what it is
for: members of lists and keys. Instants and numbers stand in measures.py, tokens and the like in names.py.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

Plain = Mapping[str, Any]
"""A stored object as JSON readers return it."""

_Choice = TypeVar("_Choice")
_SHOWN = 40


class NotStoredFormError(ValueError):
    """Something that is no stored form; the message names the field and says what was expected."""


def not_stored(key: str, expected: str, found: object) -> NotStoredFormError:
    """The error that says what is wrong with a field."""
    kind = "nothing" if found is None else type(found).__name__
    shown = repr(found[:_SHOWN]) if isinstance(found, str) else kind
    return NotStoredFormError(f"{key}: expected {expected}, found {shown}")


def known(**fields: object) -> dict[str, object]:
    """An object of those fields that are not None."""
    return {key: value for key, value in fields.items() if value is not None}


def object_of(value: object, what: str) -> Plain:
    """Take a value for an object."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Mapping):
        return value
    raise not_stored(what, "an object", value)


def member(plain: Plain, key: str) -> Plain:
    """Read an object within an object."""
    return object_of(plain.get(key), key)


def list_of(value: object, what: str) -> list[Any]:
    """Take a value for a list."""
    if isinstance(value, list):
        return value
    raise not_stored(what, "a list", value)


def listed(plain: Plain, key: str) -> list[Any]:
    """Read a list."""
    return list_of(plain.get(key), key)


def text_of(value: object, what: str) -> str:
    """Take a value for a text."""
    if isinstance(value, str):
        return value
    raise not_stored(what, "a text", value)


def text(plain: Plain, key: str) -> str:
    """Read a text."""
    return text_of(plain.get(key), key)


def optional_text(plain: Plain, key: str) -> str | None:
    """Read a text that may be missing."""
    value = plain.get(key)
    return None if value is None else text_of(value, key)


def texts(plain: Plain, key: str) -> list[str]:
    """Read a list of texts."""
    return [text_of(value, key) for value in listed(plain, key)]


def truth(plain: Plain, key: str) -> bool:
    """Read true or false."""
    value = plain.get(key)
    if isinstance(value, bool):
        return value
    raise not_stored(key, "true or false", value)


def whole_of(value: object, what: str) -> int:
    """Take a value for a whole number."""
    if type(value) is int:  # to isinstance a bool is one, too
        return value
    raise not_stored(what, "a whole number", value)


def whole(plain: Plain, key: str) -> int:
    """Read a whole number."""
    return whole_of(plain.get(key), key)


def optional_whole(plain: Plain, key: str) -> int | None:
    """Read a whole number that may be missing."""
    value = plain.get(key)
    return None if value is None else whole_of(value, key)


def choice(plain: Plain, key: str, choices: Mapping[str, _Choice]) -> _Choice:
    """Read one of several words."""
    value = plain.get(key)
    if isinstance(value, str) and value in choices:
        return choices[value]
    raise not_stored(key, f"one of {', '.join(choices)}", value)
