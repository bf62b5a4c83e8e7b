"""What waits to join the digest of its destination, and when it is to join: late and together rather than one by one.

What is set aside is decided in fair_queue.py, what the digest says in delivery.py.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Notification

ASIDE_AT_MOST = timedelta(minutes=1)
"""Under steady load nothing would ever be due by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What is to be told in one digest: the digest that it joins, if there is one, and what joins it."""

    into: Notification | None
    folded: tuple[Notification, ...]


class SetAside:
    """Alerts and digests by destination, in the order in which destinations came. Mutable.

    A destination is due once nothing waits for it that can be sent alone; it is said so by who knows.
    """

    def __init__(self) -> None:
        self._aside: OrderedDict[Destination, list[Notification]] = OrderedDict()
        self._due: OrderedDict[Destination, None] = OrderedDict()

    def add(self, notification: Notification, *, is_due: bool = False) -> None:
        """Set it aside."""
        self._aside.setdefault(notification.destination, []).append(notification)
        if is_due:
            self._due[notification.destination] = None

    def is_due(self, destination: Destination) -> None:
        """Whatever is set aside for the destination may join its digest now."""
        if destination in self._aside:
            self._due[destination] = None

    def due(self, now: datetime) -> Iterator[Destination]:
        """Where something is due or has waited too long. Take from each at once."""
        while self._due:
            yield next(iter(self._due))
        while self._aside:
            destination = next(iter(self._aside))
            if now < self._aside[destination][0].queued_at + ASIDE_AT_MOST:
                return
            yield destination

    def take(self, destination: Destination) -> list[Notification]:
        """What is set aside for a destination, in the order in which it came; it is so no longer."""
        self._due.pop(destination, None)
        return self._aside.pop(destination, [])

    def drop(self, chat: ChatId) -> list[Notification]:
        """Take out everything that is set aside for a chat, whatever its topic."""
        return [n for destination in [d for d in self._aside if d.chat == chat] for n in self.take(destination)]


class Crowd:
    """How many alerts there are of each destination, and where there are most. Mutable."""

    def __init__(self) -> None:
        self._sizes: dict[Destination, int] = {}
        self._places: defaultdict[int, OrderedDict[Destination, None]] = defaultdict(OrderedDict)
        self._most = 0

    def count(self, destination: Destination, more: int) -> None:
        """There are so many more, or fewer, of a destination."""
        before = self._sizes.pop(destination, 0)
        size = before + more
        self._places[before].pop(destination, None)
        if size:
            self._sizes[destination] = size
            self._places[size][destination] = None
            self._most = max(self._most, size)

    def largest(self) -> Destination | None:
        """Of which destination there are most, of equals the one that has been it longest; None if there are none."""
        while self._most and not self._places[self._most]:
            del self._places[self._most]
            self._most -= 1
        return next(iter(self._places[self._most])) if self._most else None
