"""When the next message may go: what Telegram allows overall and to each chat, and how we give way when it complains.

Which message that is, is the fair queue's business.
Sources of the limits: Telegram's "My bot is hitting limits" FAQ (one message a second to a chat, about 30 a second
overall, 20 a minute to a group).
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zlib import crc32

from tokenfilter.domain.ids import ChatId

OVERALL_EVERY = timedelta(seconds=1) / 29
CHAT_EVERY = timedelta(seconds=1)
GROUP_WINDOW = timedelta(minutes=1)
GROUP_MOST = 20

REFUSED_WITHIN = timedelta(seconds=10)
REFUSED_CHATS = 3
"""More chats than that refused for speed within `REFUSED_WITHIN` mean that we are too fast as a whole."""
LEAST_SHARE = 1 / 16
REGAINED_A_MINUTE = 0.1

FIRST_PAUSE = timedelta(milliseconds=500)
LONGEST_PAUSE = timedelta(minutes=1)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_MOST_DOUBLINGS = 20  # beyond it every bound is reached


def pause_after(failures: int, key: str, *, most: timedelta = LONGEST_PAUSE) -> timedelta:
    """How long to wait after so many failures in a row (1 for the first): twice as long each time, up to `most`.

    Up to half as long again is added by `key`, so that what failed together does not come back together.
    """
    doublings: int = min(failures - 1, _MOST_DOUBLINGS)
    length = min(most, FIRST_PAUSE * 2.0**doublings)
    return length * (1 + crc32(f"{key}:{failures}".encode()) / 2**33)


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


@dataclass(slots=True)
class Throttle:
    """How one sender holds itself back beyond the shared budget. Mutable; the time is always given.

    Each sender judges by its own refusals. Where several share the budget and halving does not suffice, the refusals go
    on and every one of them halves again.
    """

    _share: float = 1.0
    _share_since: datetime = _LONG_AGO
    _paused_until: datetime = _LONG_AGO
    _slowed_at: datetime = _LONG_AGO
    _refused: dict[ChatId, tuple[datetime, datetime]] = field(default_factory=dict)
    _last_start: datetime = _LONG_AGO

    def share(self, now: datetime) -> float:
        """The part of the full rate that is used now: halved by a slow-down, then a tenth of the full rate a minute."""
        minutes = max((now - self._share_since) / timedelta(minutes=1), 0)
        return min(1.0, self._share + REGAINED_A_MINUTE * minutes)

    def free_at(self, now: datetime) -> datetime:
        """The earliest instant for the next request."""
        share = self.share(now)
        if share == 1:
            return self._paused_until
        return max(self._paused_until, self._last_start + OVERALL_EVERY / share)

    def started(self, now: datetime) -> None:
        """A request begins now."""
        self._last_start = now

    def refused(self, chat: ChatId, *, asked_at: datetime, now: datetime, retry_after: timedelta) -> None:
        """Telegram refused a request, begun at `asked_at`, for speed.

        Refusals in several chats pause everything for the longest wait asked for and halve the rate. What was under way
        by then says nothing new about the rate; it can only make the pause longer.
        """
        until = now + retry_after
        if asked_at < self._slowed_at:
            self._paused_until = max(self._paused_until, until)
            return
        self._refused = {c: seen for c, seen in self._refused.items() if now - seen[0] < REFUSED_WITHIN}
        self._refused[chat] = (now, until)
        if len(self._refused) > REFUSED_CHATS:
            self._paused_until = max(until for _, until in self._refused.values())
            self._share = max(self.share(now) / 2, LEAST_SHARE)
            self._slowed_at, self._share_since = now, self._paused_until
            self._refused.clear()
