"""In which order notifications go out: lanes, one turn a destination, and what Telegram allows.

Sources of the limits: Telegram's "My bot is hitting limits" FAQ (one message a second to a chat, about 30 a second
overall, 20 a minute to a group).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import CallAlert, Digest, FoldReason, Lane, Notification

OVERALL_EVERY = timedelta(seconds=1) / 29
CHAT_EVERY = timedelta(seconds=1)
GROUP_WINDOW = timedelta(minutes=1)
GROUP_MOST = 20
FOLDED_AT_MOST = timedelta(minutes=1)
LOWER_LANE_EVERY = 5
"""Every fifth turn looks at the lower lanes first, so that they never starve."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Pace:
    """When Telegram's limits allow the next message, overall and to each chat. Mutable; the time is always given."""

    _overall_free: datetime = _LONG_AGO
    _chat_free: dict[ChatId, datetime] = field(default_factory=dict)
    _group_sent: dict[ChatId, deque[datetime]] = field(default_factory=dict)

    def chat_free_at(self, chat: ChatId) -> datetime:
        """The earliest instant for the next message to a chat."""
        free = self._chat_free.get(chat, _LONG_AGO)
        sent = self._group_sent.get(chat)
        if sent and len(sent) >= GROUP_MOST:
            free = max(free, sent[0] + GROUP_WINDOW)
        return free

    def overall_free_at(self) -> datetime:
        """The earliest instant for the next message to anyone."""
        return self._overall_free

    def spend(self, chat: ChatId, now: datetime) -> None:
        """Count a message that goes to `chat` now; replies count too, though they never wait."""
        self._overall_free = max(self._overall_free, now) + OVERALL_EVERY
        self._chat_free[chat] = max(now, self._chat_free.get(chat, _LONG_AGO)) + CHAT_EVERY
        if chat < 0:  # groups and channels have negative ids
            sent = self._group_sent.setdefault(chat, deque())
            sent.append(now)
            while len(sent) > GROUP_MOST:
                sent.popleft()
        if len(self._chat_free) > 50_000:
            self._chat_free = {c: at for c, at in self._chat_free.items() if at > now}

    def halt(self, chat: ChatId, until: datetime) -> None:
        """Nothing goes to `chat` before `until`: Telegram said so."""
        self._chat_free[chat] = max(until, self._chat_free.get(chat, _LONG_AGO))


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

    def wake_at(self) -> datetime | None:
        """When the next resting destination has its turn again."""
        return self._asleep[0][0] if self._asleep else None

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


def digest_of(folded: tuple[Notification, ...], reason: FoldReason, *, now: datetime) -> Notification:
    """One message that lists what was folded, oldest first; its id names the first and the number."""
    found = sorted(folded, key=lambda n: n.queued_at)
    bodies = tuple(n.body for n in found if isinstance(n.body, CallAlert))
    return Notification(
        id=f"digest:{found[0].id}:{len(found)}",
        destination=found[0].destination,
        lane=Lane.REPORTS,
        owners=tuple(dict.fromkeys(owner for n in found for owner in n.owners)),
        body=Digest(alerts=bodies, reason=reason),
        queued_at=now,
        useful_until=now + timedelta(hours=6),
    )
