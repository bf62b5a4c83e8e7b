"""Reading back what this folder wrote as JSON.

What is not of the form was not written by this program, or by a newer one. It is no answer, so whoever asked goes by
what holds while Redis cannot be used; nothing is judged or told by half of what is stored.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.text import loads
from tokenfilter.ports.failures import UnavailableError

_T = TypeVar("_T")


def read(spelt: str | bytes, reader: Callable[[Any], _T]) -> _T:
    """What a text spells, by the reader of its plain form.

    Raises:
        UnavailableError: it is not of that form.
    """
    try:
        return reader(loads(spelt))
    except NotStoredFormError as error:
        raise UnavailableError(f"redis holds what cannot be read: {error}") from None
