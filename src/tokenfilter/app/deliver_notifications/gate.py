"""When a request may be sent at all: not while Telegram asks us to wait, no faster than it bears, not while it is away.

The shared budget and the limits of single chats are kept elsewhere.
"""

from datetime import datetime, timedelta
from zlib import crc32

from tokenfilter.domain.breaker import Admitted, Breaker
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import Notification
from tokenfilter.domain.pace import Throttle
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.telemetry import Telemetry

TELEGRAM = "telegram"
LONGEST_AWAY = timedelta(seconds=15)
"""Between two probes while Telegram does not answer. A probe may cost an alert, which then counts as perhaps sent."""

_LOOK_AGAIN = timedelta(milliseconds=200)


class Gate:
    """What every request asks before it begins, and is told how Telegram took it."""

    def __init__(self, *, clock: Clock, telemetry: Telemetry, probe_lasts: timedelta) -> None:
        self._clock = clock
        self._telemetry = telemetry
        self._throttle = Throttle()
        self._breaker = Breaker(failures=3, longest=LONGEST_AWAY, probe_lasts=probe_lasts)

    async def opens(self) -> Admitted:
        """Wait until a request may begin. Leave that is not used is given back."""
        while True:
            now = self._clock.now()
            again_at = self._throttle.free_at(now)
            if again_at <= now:
                admitted = self._breaker.admit(now)
                if admitted is not None:
                    return admitted
                again_at = now + _LOOK_AGAIN
            await self._clock.sleep_until(again_at)

    def give_back(self, admitted: Admitted) -> None:
        """Nothing was to be sent."""
        self._breaker.abandoned(admitted)

    def paused_for(self, now: datetime) -> timedelta:
        """How long nothing may be sent from now on; nothing or less if it may be now."""
        return self._throttle.free_at(now) - now

    def begins(self, now: datetime) -> None:
        """A request begins now."""
        self._throttle.started(now)

    def answered(self, admitted: Admitted) -> None:
        """Telegram said something, be it no."""
        was_away = self._breaker.since is not None
        self._breaker.succeeded(admitted)
        if was_away and self._breaker.since is None:
            self._telemetry.state_changed(TELEGRAM, "up", "answers again", now=self._clock.now())

    def unanswered(self, admitted: Admitted, notification: Notification, reason: str) -> None:
        """Telegram could not be reached, or did not answer."""
        now, was_there = self._clock.now(), self._breaker.since is None
        self._telemetry.failed(TELEGRAM, reason, now=now)
        self._breaker.failed(admitted, now, jitter=crc32(notification.id.encode()) / 2**32)
        if was_there and self._breaker.since is not None:
            self._telemetry.state_changed(TELEGRAM, "down", reason, now=now)

    def refused(self, admitted: Admitted, chat: ChatId, *, asked_at: datetime, retry_after: timedelta) -> None:
        """Telegram asks to wait."""
        self.answered(admitted)
        self._throttle.refused(chat, asked_at=asked_at, now=self._clock.now(), retry_after=retry_after)
