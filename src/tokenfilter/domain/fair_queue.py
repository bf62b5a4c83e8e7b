"""In which order notifications go out: lanes by priority, and within a lane one turn a destination.

When the next may go is in pace.py, what joins the digest of its destination and when in set_aside.py; what the digest
says is written in delivery.py.
"""

from collections import Counter, deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import CallAlert, Digest, Lane, Notification
from tokenfilter.domain.pace import OVERALL_EVERY, Pace
from tokenfilter.domain.set_aside import Crowd, Fold, SetAside

BUSY_FOR = timedelta(milliseconds=50)
LOWER_LANE_EVERY = 5
"""Every fifth turn looks at the lower lanes first, so that they never starve."""


class FairQueue:
    """Notifications waiting to be sent: lanes by priority, round robin between destinations within a lane.

    `most` bounds what waits for one destination; what is over it, or too old when its turn comes, is set aside for the
    digest of the destination. At most one digest waits for it: another is set aside and joins the first.
    """

    def __init__(self, *, most: int = 20) -> None:
        self._most = most
        self._waiting: dict[Lane, dict[Destination, deque[Notification]]] = {lane: {} for lane in Lane}
        self._turns: dict[Lane, deque[Destination]] = {lane: deque() for lane in Lane}
        self._asleep: list[tuple[datetime, str, Lane, Destination]] = []
        self._aside = SetAside()
        self._digests: dict[Destination, Notification] = {}
        self._alone: Counter[Destination] = Counter()
        self._crowd = Crowd()
        self._ids: set[str] = set()
        self._picks = 0

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def singles(self) -> int:
        """How many wait but for digests."""
        return len(self._ids) - len(self._digests)

    def put(self, notification: Notification) -> None:
        """Queue once; what is over the bound of its destination waits for the digest instead."""
        if notification.id in self._ids:
            return
        destination = notification.destination
        waiting = self._waiting[notification.lane].get(destination)
        is_one_too_many = isinstance(notification.body, Digest) and destination in self._digests
        if is_one_too_many or (waiting and len(waiting) >= self._most and isinstance(notification.body, CallAlert)):
            self._set_aside(notification, is_due=destination not in self._alone)
        else:
            self._enqueue(notification)

    def put_back(self, notification: Notification, *, until: datetime) -> None:
        """Take an unsent notification back to the head of its destination, which rests until then."""
        lane, destination = notification.lane, notification.destination
        if isinstance(notification.body, Digest) and (other := self._digests.get(destination)) is not None:
            self._leaves(other)
            self._waiting[other.lane][destination].remove(other)
            self._set_aside(other, is_due=True)
        waiting = self._waiting[lane].get(destination)
        if waiting is None:
            waiting = self._waiting[lane][destination] = deque()
        elif destination in self._turns[lane]:
            self._turns[lane].remove(destination)
        waiting.appendleft(notification)
        self._comes(notification)
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
        for notification in dropped:
            self._leaves(notification)
        aside = self._aside.drop(chat)
        self._gone(aside)
        self._asleep = [entry for entry in self._asleep if entry[3].chat != chat]
        heapify(self._asleep)
        return (*dropped, *aside)

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

    def take(self, now: datetime, pace: Pace, *, busy: Container[ChatId] = ()) -> Notification | None:
        """The next to send now; None if nothing may go yet. What is too old by now is set aside.

        A `busy` chat has one that was taken and is neither sent nor put back: it is looked at again a little later.
        """
        while self._asleep and self._asleep[0][0] <= now:
            _, _, lane, destination = heappop(self._asleep)
            self._turns[lane].append(destination)
        for lane in self._lanes():
            turns = self._turns[lane]
            while turns:
                destination = turns.popleft()
                free_at = pace.chat_free_at(destination.chat)
                if destination.chat in busy:
                    free_at = max(free_at, now + BUSY_FOR)
                if free_at > now:
                    heappush(self._asleep, (free_at, str(destination), lane, destination))
                    continue
                taken = self._take_from(lane, destination, now)
                if taken is not None:
                    self._picks += 1
                    return taken
        return None

    def folds(self, now: datetime, *, most: int, excess: int = 0) -> list[Fold]:
        """What is to become, or to join, one digest a destination now, at most so many; the queue has none of it now.

        Of what could still be sent alone, as much is folded as there is in `excess`, where there is most.
        The digest with it all is to be put; until then its destination keeps its turn.
        """
        found: list[Fold] = []
        for destination in self._aside.due(now):
            if len(found) == most:
                return found
            excess -= self._fold(destination, found)
        while excess > 0 and len(found) < most and (largest := self._crowd.largest()) is not None:
            for places in self._waiting.values():
                for notification in [n for n in places.get(largest, ()) if isinstance(n.body, CallAlert)]:
                    places[largest].remove(notification)
                    self._leaves(notification)
                    self._set_aside(notification)
            excess -= self._fold(largest, found)
        return found

    def _fold(self, destination: Destination, found: list[Fold]) -> int:
        """Add the fold of a destination to those found; how many were set aside there."""
        aside = self._aside.take(destination)
        self._gone(aside)
        into = self._digests.get(destination)
        if into is not None:
            self._waiting[into.lane][destination].remove(into)
            self._leaves(into)
        else:
            into = next((n for n in aside if isinstance(n.body, Digest)), None)
        folded = tuple(n for n in aside if n is not into)
        if folded:
            found.append(Fold(into=into, folded=folded))
        elif into is not None:
            self._enqueue(into)
        return len(aside)

    def _lanes(self) -> Iterator[Lane]:
        lanes = list(Lane)
        return iter(reversed(lanes)) if self._picks % LOWER_LANE_EVERY == LOWER_LANE_EVERY - 1 else iter(lanes)

    def _enqueue(self, notification: Notification) -> None:
        lane, destination = notification.lane, notification.destination
        if destination not in self._waiting[lane]:
            self._waiting[lane][destination] = deque()
            self._turns[lane].append(destination)
        self._waiting[lane][destination].append(notification)
        self._comes(notification)

    def _take_from(self, lane: Lane, destination: Destination, now: datetime) -> Notification | None:
        """Take the destination's head and give it its next turn; what is too old is set aside."""
        waiting = self._waiting[lane][destination]
        taken: Notification | None = None
        while waiting and taken is None:
            head = waiting.popleft()
            self._leaves(head)
            if head.useful_until <= now and isinstance(head.body, CallAlert):
                self._set_aside(head)
            else:
                taken = head
        if destination not in self._alone:
            self._aside.is_due(destination)
        if waiting:
            self._turns[lane].append(destination)
        else:
            del self._waiting[lane][destination]
        return taken

    def _set_aside(self, notification: Notification, *, is_due: bool = False) -> None:
        self._ids.add(notification.id)
        self._aside.add(notification, is_due=is_due)
        self._crowd.count(notification.destination, 1)

    def _gone(self, aside: Iterable[Notification]) -> None:
        """These are set aside no longer."""
        for notification in aside:
            self._ids.discard(notification.id)
            self._crowd.count(notification.destination, -1)

    def _comes(self, notification: Notification) -> None:
        self._ids.add(notification.id)
        match notification.body:
            case Digest():
                self._digests[notification.destination] = notification
            case CallAlert():
                self._alone[notification.destination] += 1
                self._crowd.count(notification.destination, 1)

    def _leaves(self, notification: Notification) -> None:
        self._ids.discard(notification.id)
        match notification.body:
            case Digest():
                del self._digests[notification.destination]
            case CallAlert():
                self._crowd.count(notification.destination, -1)
                self._alone[notification.destination] -= 1
                if not self._alone[notification.destination]:
                    del self._alone[notification.destination]
