"""What was learnt about a chat by sending there, told to the settings until they know."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.pace import pause_after
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.telemetry import Telemetry

Gone = Callable[[Destination, tuple[ChatId, ...]], Coroutine[None, None, None]]
"""Told of a destination that cannot be reached any more, and whose notifications went there."""

Moved = Callable[[ChatId, ChatId, tuple[ChatId, ...]], Coroutine[None, None, None]]
"""Told of the old and the new id of a chat, and whose notifications went there."""

_ATTEMPTS = 5
_MOST = 10_000
_Lesson = tuple[str, object, object, tuple[ChatId, ...]]


class Aftermath:
    """Passes lessons on one by one. One that cannot be passed on is told and dropped: the next send teaches it anew."""

    def __init__(self, *, on_gone: Gone, on_moved: Moved, clock: Clock, telemetry: Telemetry) -> None:
        self._on_gone = on_gone
        self._on_moved = on_moved
        self._clock = clock
        self._telemetry = telemetry
        self._pending: dict[_Lesson, Callable[[], Coroutine[None, None, None]]] = {}
        self._work = asyncio.Event()

    def gone(self, destination: Destination, owners: tuple[ChatId, ...]) -> None:
        """A destination cannot be reached any more."""
        self._learn(("gone", destination, None, owners), partial(self._on_gone, destination, owners))

    def moved(self, old: ChatId, new: ChatId, owners: tuple[ChatId, ...]) -> None:
        """A chat goes on under a new id."""
        self._learn(("moved", old, new, owners), partial(self._on_moved, old, new, owners))

    async def run(self) -> None:
        """Pass on until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._pending:
                lesson, passes_on = next(iter(self._pending.items()))
                await self._pass_on(passes_on)
                del self._pending[lesson]

    def _learn(self, lesson: _Lesson, passes_on: Callable[[], Coroutine[None, None, None]]) -> None:
        if len(self._pending) < _MOST:
            self._pending.setdefault(lesson, passes_on)
            self._work.set()

    async def _pass_on(self, passes_on: Callable[[], Coroutine[None, None, None]]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await passes_on()
            except Exception as error:  # noqa: BLE001 - one lesson that cannot be learnt stops no other
                now = self._clock.now()
                self._telemetry.failed("learning about a chat", f"{type(error).__name__}: {error}", now=now)
                if attempt < _ATTEMPTS:
                    await self._clock.sleep_until(now + pause_after(attempt, "learning"))
            else:
                return
