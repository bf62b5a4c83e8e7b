"""In which order notifications go out: lanes by priority, and within a lane one turn a destination.

When the next may go is in pace.py; what folds into one message is written in delivery.py.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import CallAlert, Lane, Notification
from tokenfilter.domain.pace import OVERALL_EVERY, Pace

FOLDED_AT_MOST = timedelta(minutes=1)
LOWER_LANE_EVERY = 5
"""Every fifth turn looks at the lower lanes first, so that they never starve."""


class FairQueue:
    """Notifications waiting to be sent: lanes by priority, round robin between destinations within a lane.

    `most` bounds what waits for one destination; what is over it, or too old when its turn comes, is folded.
    """

    def __init__(self, *, most: int = 20) -> None:
        self._most = most
        self._waiting: dict[Lane, dict[Destination, deque[Notification]]] = {lane: {} for lane in Lane}
        self._turns: dict[Lane, deque[Destination]] = {lane: deque() for lane in Lane}
        self._asleep: list[tuple[datetime, str, Lane, Destination]] = []
        self._folded: dict[Destination, list[Notification]] = {}
        self._ids: set[str] = set()
        self._picks = 0

    def __len__(self) -> int:
        return len(self._ids)

    def put(self, notification: Notification) -> None:
        """Queue once; what is over the bound of its destination waits for the digest instead."""
        if notification.id in self._ids:
            return
        self._ids.add(notification.id)
        waiting = self._waiting[notification.lane].get(notification.destination)
        if waiting and len(waiting) >= self._most and isinstance(notification.body, CallAlert):
            self._folded.setdefault(notification.destination, []).append(notification)
        else:
            self._enqueue(notification)

    def put_back(self, notification: Notification, *, until: datetime) -> None:
        """Take an unsent notification back to the head of its destination, which rests until then."""
        self._ids.add(notification.id)
        lane, destination = notification.lane, notification.destination
        waiting = self._waiting[lane].get(destination)
        if waiting is None:
            self._waiting[lane][destination] = deque([notification])
        else:
            waiting.appendleft(notification)
            if destination in self._turns[lane]:
                self._turns[lane].remove(destination)
        sleeping = next((entry for entry in self._asleep if entry[2:] == (lane, destination)), None)
        if sleeping:
            self._asleep.remove(sleeping)
            heapify(self._asleep)
            until = max(until, sleeping[0])
        heappush(self._asleep, (until, str(destination), lane, destination))

    def drop(self, chat: ChatId) -> tuple[Notification, ...]:
        """Take out everything that waits for a chat, whatever its topic, in no order but that of each lane."""
        dropped: list[Notification] = []
        for lane, places in self._waiting.items():
            for destination in [d for d in places if d.chat == chat]:
                dropped += places.pop(destination)
                if destination in self._turns[lane]:
                    self._turns[lane].remove(destination)
        for destination in [d for d in self._folded if d.chat == chat]:
            dropped += self._folded.pop(destination)
        self._asleep = [entry for entry in self._asleep if entry[3].chat != chat]
        heapify(self._asleep)
        self._ids.difference_update(n.id for n in dropped)
        return tuple(dropped)

    def move(self, old: ChatId, new: ChatId) -> None:
        """What waits for a chat waits for another from now on, which is the same chat under a new id."""
        for notification in self.drop(old):
            self.put(replace(notification, destination=replace(notification.destination, chat=new)))

    def wake_at(self) -> datetime | None:
        """When the next resting destination has its turn again."""
        return self._asleep[0][0] if self._asleep else None

    def coming(self, most: int) -> list[Notification]:
        """At most so many of those whose turn is soon, about in the order of their turns."""
        heads = (self._waiting[lane][d] for lane in Lane for d in self._turns[lane])
        return list(islice((waiting[0] for waiting in heads if waiting), most))

    def time_to_last(self, recipients: int) -> timedelta:
        """How long an alert that is queued now for so many takes until the last of them is sent it.

        An estimate: all that wait now have a turn before the last, and nobody is over a limit of their own.
        """
        ahead = len({d for places in self._waiting.values() for d in places})
        return OVERALL_EVERY * max(recipients + ahead - 1, 0)

    def take(self, now: datetime, pace: Pace) -> Notification | tuple[Notification, ...] | None:
        """The next to send now; a tuple is what must be told as one digest; None if nothing may go yet."""
        while self._asleep and self._asleep[0][0] <= now:
            _, _, lane, destination = heappop(self._asleep)
            self._turns[lane].append(destination)
        for lane in self._lanes():
            turns = self._turns[lane]
            while turns:
                destination = turns.popleft()
                free_at = pace.chat_free_at(destination.chat)
                if free_at > now:
                    heappush(self._asleep, (free_at, str(destination), lane, destination))
                    continue
                taken = self._take_from(lane, destination, now)
                if taken is not None:
                    self._picks += 1
                    return taken
        return None

    def _lanes(self) -> Iterator[Lane]:
        lanes = list(Lane)
        return iter(reversed(lanes)) if self._picks % LOWER_LANE_EVERY == LOWER_LANE_EVERY - 1 else iter(lanes)

    def _enqueue(self, notification: Notification) -> None:
        lane, destination = notification.lane, notification.destination
        if destination not in self._waiting[lane]:
            self._waiting[lane][destination] = deque()
            self._turns[lane].append(destination)
        self._waiting[lane][destination].append(notification)

    def _take_from(
        self, lane: Lane, destination: Destination, now: datetime
    ) -> Notification | tuple[Notification, ...] | None:
        """Take the destination's head and give it its next turn; what is too old joins the folded."""
        waiting = self._waiting[lane][destination]
        taken: Notification | tuple[Notification, ...] | None = None
        if self._is_overdue(destination, now):
            taken = self._unfolded(destination)
        while waiting and taken is None:
            head = waiting.popleft()
            if head.useful_until <= now and isinstance(head.body, CallAlert):
                self._folded.setdefault(destination, []).append(head)
            else:
                taken = head
                self._ids.discard(head.id)
        if taken is None and destination in self._folded:
            taken = self._unfolded(destination)
        if waiting or destination in self._folded:
            self._turns[lane].append(destination)
        else:
            del self._waiting[lane][destination]
        return taken

    def _is_overdue(self, destination: Destination, now: datetime) -> bool:
        """Whether what is folded has waited long enough: under steady load its turn would never come by itself."""
        folded = self._folded.get(destination)
        return folded is not None and now >= folded[0].queued_at + FOLDED_AT_MOST

    def _unfolded(self, destination: Destination) -> tuple[Notification, ...]:
        taken = tuple(self._folded.pop(destination))
        self._ids.difference_update(n.id for n in taken)
        return taken
