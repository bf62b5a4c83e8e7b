"""What is held back until its reader hears again, and when there is too much of it to be kept one by one.

Whether a reader hears is in mute.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from tokenfilter.domain.delivery import is_foldable
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.mute import Withheld
from tokenfilter.domain.notification import CallAlert, FoldReason, Notification

HELD_FOR_ONE = 20
HELD_IN_ALL = 25_000

FOLDED_FOR = {
    Withheld.SNOOZED: FoldReason.SNOOZED,
    Withheld.QUIET: FoldReason.QUIET,
    Withheld.CAPPED: FoldReason.CAPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A notification and why it was held back last."""

    notification: Notification
    reason: Withheld


class Held:
    """Notifications held back, by destination. Mutable.

    At most `for_one` wait for one destination before they are folded into one digest; and none alone once `in_all`
    alerts wait for all, because a sender has room for so many and no more.
    """

    def __init__(self, *, for_one: int = HELD_FOR_ONE, in_all: int = HELD_IN_ALL) -> None:
        self._for_one = for_one
        self._in_all = in_all
        self._kept: dict[Destination, dict[str, Kept]] = {}
        self._number = 0
        self._alerts = 0

    def __len__(self) -> int:
        return self._number

    def keep(self, notification: Notification, reason: Withheld) -> None:
        """Hold it back; if it is held already, only the reason is new."""
        kept = self._kept.setdefault(notification.destination, {})
        is_new = notification.id not in kept
        self._number += is_new
        self._alerts += is_new and isinstance(notification.body, CallAlert)
        kept[notification.id] = Kept(notification=notification, reason=reason)

    def at(self, destination: Destination) -> tuple[Kept, ...]:
        """What is held for a destination, in the order in which it came."""
        return tuple(self._kept.get(destination, {}).values())

    def crowded(self, destination: Destination) -> tuple[Notification, ...]:
        """What should be folded into one now, to be held as that; nothing if there is room."""
        foldable = tuple(k.notification for k in self.at(destination) if is_foldable(k.notification))
        most = self._for_one if self._alerts < self._in_all else 0
        has_alerts = any(isinstance(n.body, CallAlert) for n in foldable)
        return foldable if len(foldable) > most and has_alerts else ()

    def next(self, most: int) -> tuple[Destination, ...]:
        """The destinations to look at now, at most so many; each comes again after all the others."""
        chosen = tuple(islice(self._kept, most))
        for destination in chosen:
            self._kept[destination] = self._kept.pop(destination)
        return chosen

    def let_go(self, notifications: Iterable[Notification]) -> None:
        """These are held no longer; any that were not are no matter."""
        for notification in notifications:
            kept = self._kept.get(notification.destination, {})
            if kept.pop(notification.id, None) is not None:
                self._number -= 1
                self._alerts -= isinstance(notification.body, CallAlert)
                if not kept:
                    del self._kept[notification.destination]

    def drop(self, chat: ChatId) -> tuple[Notification, ...]:
        """Take out everything that is held for a chat, whatever its topic."""
        places = [d for d in self._kept if d.chat == chat]
        dropped = tuple(k.notification for d in places for k in self.at(d))
        self.let_go(dropped)
        return dropped
