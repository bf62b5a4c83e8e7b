"""Who was told of a token, and when.

There may be thousands of a token and millions in all, so what holds them is neither large nor looked through for
garbage: a dictionary of numbers and instants is not.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from tokenfilter.domain.ids import ChatId, Destination

Key: TypeAlias = int | Destination
"""A destination as a key that costs little: a chat's number stands for the chat itself, a topic for itself."""


def key_of(destination: Destination) -> Key:
    """The key of a destination."""
    return destination.chat if destination.thread is None else destination


class Acceptances(Mapping[Destination, datetime]):
    """When each destination was told. Immutable."""

    __slots__ = ("_at",)

    def __init__(self, accepted: Mapping[Destination, datetime] | None = None) -> None:
        self._at: dict[Key, datetime] = {key_of(to): at for to, at in accepted.items()} if accepted else {}

    @classmethod
    def of(cls, accepted: Mapping[Destination, datetime]) -> "Acceptances":
        """The same; itself if it is of this kind."""
        return accepted if isinstance(accepted, Acceptances) else cls(accepted)

    def __getitem__(self, destination: Destination) -> datetime:
        return self._at[key_of(destination)]

    def __contains__(self, destination: object) -> bool:
        return isinstance(destination, Destination) and key_of(destination) in self._at

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Destination]:
        return (Destination(ChatId(key)) if isinstance(key, int) else key for key in self._at)

    def __eq__(self, other: object) -> bool:
        return self._at == other._at if isinstance(other, Acceptances) else super().__eq__(other)

    __hash__ = None  # type: ignore[assignment] # as of any mapping that compares by what it holds

    def earliest(self) -> datetime | None:
        """When the first of them was told."""
        return min(self._at.values(), default=None)

    def with_those(self, told: Mapping[Key, datetime]) -> "Acceptances":
        """And these, told at their instants."""
        if not told:
            return self
        both = Acceptances()
        both._at = {**self._at, **told}
        return both

    @property
    def told(self) -> Mapping[Key, datetime]:
        """The same by keys, to be asked of thousands."""
        return self._at
