"""What Telegram allows: sizes as plain numbers, and the sliding windows that answer 429. Pure: time is an argument."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes and rates; the defaults are Telegram's.

    Lengths of text and caption are UTF-16 units after entity parsing, the rest is in the unit named (Telegram Bot API
    reference; keyboard and rate figures are observed, Telegram does not promise them).
    """

    text: int = 4096
    caption: int = 1024
    callback_data_bytes: int = 64
    callback_answer: int = 200
    buttons: int = 100
    buttons_in_row: int = 8
    copy_text: int = 256
    commands: int = 100
    command_name: int = 32
    command_description: int = 256
    media_group: int = 10
    photo_bytes: int = 10 * _MEGABYTE
    upload_bytes: int = 50 * _MEGABYTE
    download_bytes: int = 20 * _MEGABYTE
    chat_per_second: int = 3
    chat_per_five_seconds: int = 5
    group_per_minute: int = 20
    overall_per_second: int = 30
    poll_seconds: int = 50
    callback_query_seconds: int = 30
    pre_checkout_seconds: float = 10.0


UNPACED = Limits(
    chat_per_second=1_000_000,
    chat_per_five_seconds=1_000_000,
    group_per_minute=1_000_000,
    overall_per_second=1_000_000,
)
"""Telegram's sizes without its rates, for tests that are not about pacing."""


class _Window:
    """At most `limit` messages in any `seconds`: the message `limit` places back must be at least that old."""

    def __init__(self, *, limit: int, seconds: float) -> None:
        self.seconds = seconds
        self._limit = limit
        self._sent: deque[float] = deque(maxlen=limit)

    def wait(self, now: float, *, messages: int) -> float:
        if messages > self._limit:
            # A whole album larger than the window is let through once the window is empty.
            messages = self._limit
        surplus = len(self._sent) + messages - self._limit
        return max(0.0, self._sent[surplus - 1] + self.seconds - now) if surplus > 0 else 0.0

    def record(self, now: float, *, messages: int) -> None:
        self._sent.extend([now] * messages)

    def idle_at(self, now: float) -> bool:
        return not self._sent or self._sent[-1] + self.seconds <= now


class RateWindows:
    """Remembers what was sent to each chat and says how long the next message must wait."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._overall = _Window(limit=limits.overall_per_second, seconds=1)
        self._chats: dict[int, tuple[_Window, ...]] = {}
        self._latest = -math.inf

    def admit(self, chat_id: int, *, group: bool, now: float, messages: int = 1) -> int:
        """Take a place in every window and return 0, or take none and return the whole seconds to wait (at least 1).

        `now` in seconds of any epoch; a clock that steps back counts as standing still. `group` also holds for channels
        (said by Telegram's bot support, not by its reference).
        """
        now = self._latest = max(now, self._latest)
        windows = (self._overall, *self._windows_of(chat_id, group=group))
        longest = max(window.wait(now, messages=messages) for window in windows)
        if longest > 0:
            return max(1, math.ceil(longest))
        for window in windows:
            window.record(now, messages=messages)
        return 0

    def _windows_of(self, chat_id: int, *, group: bool) -> Iterable[_Window]:
        if chat_id not in self._chats:
            if len(self._chats) > 10_000:
                self._forget_idle()
            windows = [
                _Window(limit=self._limits.chat_per_second, seconds=1),
                _Window(limit=self._limits.chat_per_five_seconds, seconds=5),
            ]
            if group:
                windows.append(_Window(limit=self._limits.group_per_minute, seconds=60))
            self._chats[chat_id] = tuple(windows)
        return self._chats[chat_id]

    def _forget_idle(self) -> None:
        self._chats = {
            chat: windows
            for chat, windows in self._chats.items()
            if not all(window.idle_at(self._latest) for window in windows)
        }
