"""What a screen shows a moment later: worked out beside the conversation, dropped once the screen has moved on."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

Shown = tuple[int, int]
"""A chat and a message in it."""


class Later:
    """At most one addition is being worked out for each message."""

    def __init__(self) -> None:
        self._tasks: dict[Shown, asyncio.Task[None]] = {}
        self._showing: set[Shown] = set()

    def follow(self, shown: Shown, work: Callable[[], Awaitable[Callable[[], Awaitable[None]]]]) -> None:
        """Do the work, then what it returns, unless the message is `settled` before the work is done."""

        async def run() -> None:
            try:
                show = await work()
                self._showing.add(shown)
                await show()
            except Exception:  # noqa: BLE001 - one addition never stops the others
                log.warning("addition failed", chat=shown[0], message=shown[1], trace=traceback.format_exc())
            finally:
                self._showing.discard(shown)
                if self._tasks.get(shown) is asyncio.current_task():
                    del self._tasks[shown]

        self._tasks[shown] = asyncio.create_task(run(), name="later")

    async def settle(self, shown: Shown) -> None:
        """The message is about to change: drop the work on it; wait where the addition is being shown already."""
        task = self._tasks.pop(shown, None)
        if task is not None:
            if shown not in self._showing:
                task.cancel()
            await asyncio.wait({task})

    async def stop(self) -> None:
        """Drop everything."""
        for shown in list(self._tasks):
            self._tasks[shown].cancel()
            await self.settle(shown)
