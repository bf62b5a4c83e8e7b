"""What every engine is given, and how one is asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from matching_parts.columns import Condition
from matching_parts.rows import Moment, Row
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.subscriber import Route


@dataclass(frozen=True, slots=True)
class Load:
    """The filters, as our routes and as plain rows and columns, and the events in both forms."""

    routes: Sequence[Route]
    rows: Sequence[Row]
    conditions: Sequence[Condition]
    evidences: Sequence[Evidence]
    moments: Sequence[Moment]


class Engine(Protocol):
    """Holds the filters. What is timed is `match`; every engine has its own form of the events ready."""

    def match(self, event: int) -> Collection[Any]:
        """Whoever wants the event of that number."""

    def numbers(self, answer: Collection[Any]) -> set[int]:
        """The numbers of those subscribers, untimed."""


class NotInstalledError(Exception):
    """The engine is not there; the message names its package."""


def package(name: str, module: str | None = None) -> Any:
    """An engine's module.

    Raises:
        NotInstalledError: it is not installed.
    """
    try:
        return import_module(module or name)
    except ImportError:
        raise NotInstalledError(name) from None
