"""The parameters of one call, read leniently where Telegram is lenient and refused where it refuses."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tokenfilter.adapters.sandbox.errors import bad_request

_INTEGER = re.compile(r"\s*(-?[0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file sent in a multipart form."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Every value as text, as Telegram keeps them; absent and empty mean the same."""

    values: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def required(self, name: str) -> str:
        """Raises ApiError if the parameter is absent or empty."""
        if not self.text(name):
            raise bad_request(f'parameter "{name}" is required')
        return self.text(name)

    def integer(self, name: str, *, default: int = 0, low: int = -(2**53), high: int = 2**53) -> int:
        """The leading digits, clamped; `default` where the parameter is absent, 0 where it is no number."""
        if not self.text(name):
            return default
        found = _INTEGER.match(self.text(name))
        return min(max(int(found.group(1)) if found else 0, low), high)

    def boolean(self, name: str) -> bool:
        return self.text(name).strip().lower() in ("true", "yes", "1")

    def parsed(self, name: str, *, otherwise: str) -> object:
        """The JSON value; None where the parameter is absent.

        Raises:
            ApiError: with the text `otherwise` where it is no JSON.
        """
        if not self.text(name):
            return None
        try:
            return decode_json(self.text(name))
        except ValueError:
            raise bad_request(otherwise) from None

    def parsed_object(self, name: str, *, otherwise: str) -> dict[str, object]:
        """The JSON object; empty where the parameter is absent.

        Raises:
            ApiError: with the text `otherwise` where it is not one.
        """
        value = self.parsed(name, otherwise=otherwise)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_request(otherwise)
        return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def decode_json(text: str | bytes) -> object:
    """Strict JSON whose every string can be written as UTF-8 again.

    Raises:
        ValueError: not JSON, NaN or infinity, half of a surrogate pair, or nested too deeply to read.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def text_of(value: object) -> str:
    """A JSON value as the text a form would carry."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def flag(value: Mapping[str, object], name: str, *, of: str) -> bool:
    """A boolean inside an object, where Telegram takes no other spelling.

    Raises:
        ApiError: present and not a boolean.
    """
    found = value.get(name, False)
    if not isinstance(found, bool):
        raise bad_request(f'field "{name}" of the {of} must be of type Boolean')
    return found
