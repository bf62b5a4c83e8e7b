"""Which members some thousand slots ask for and refuse, in whole numbers of a bit a slot."""

from collections import defaultdict
from collections.abc import Sequence, Set


def without(slots: int, others: int) -> int:
    """The slots that are not among the others. With `~` there would be a negative number, at which Python is slow."""
    return slots ^ (slots & others)


class Listed:
    """The members that slots ask for and refuse: of a field, or the channels of their rules."""

    def __init__(self) -> None:
        self._asking = self._strict = 0
        self._only: defaultdict[str, int] = defaultdict(int)
        self._exclude: defaultdict[str, int] = defaultdict(int)

    def put(self, bit: int, only: Set[str], exclude: Set[str], *, tolerant: bool) -> None:
        """A slot has these lists."""
        for lists, members in ((self._only, only), (self._exclude, exclude)):
            for member in members:
                lists[member] |= bit
        if only:
            self._asking |= bit
        if not tolerant:
            self._strict |= bit

    def drop(self, bit: int, only: Set[str], exclude: Set[str]) -> None:
        """A slot has these lists no longer."""
        for lists, members in ((self._only, only), (self._exclude, exclude)):
            for member in members:
                lists[member] ^= bit
                if not lists[member]:
                    del lists[member]
        self._asking &= ~bit
        self._strict &= ~bit

    def failing(self, names: Sequence[str] | None) -> int:
        """The slots for which what goes by these names fails; None is unknown."""
        if names is None:
            return self._strict
        asked = refused = 0
        for name in names:
            asked |= self._only.get(name, 0)
            refused |= self._exclude.get(name, 0)
        return without(self._asking, asked) | refused

    def within(self, texts: Sequence[str]) -> list[str]:
        """The members that are part of these texts."""
        members = self._only.keys() | self._exclude.keys()
        return [member for member in members if any(member in text for text in texts)]
