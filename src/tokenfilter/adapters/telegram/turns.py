"""Many conversations at once, each in its own order, and never more than we can carry."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class Turns(Generic[_Item]):
    """Does one thing at a time for each key, at most `at_once` in all. `most` bounds what waits for one key.

    `act` must not raise.
    """

    def __init__(self, act: Callable[[_Item], Awaitable[None]], *, at_once: int = 16, most: int = 30) -> None:
        self._act = act
        self._slots = asyncio.Semaphore(at_once)
        self._most = most
        self._waiting: dict[int, deque[_Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, key: int, item: _Item) -> bool:
        """Queue an item for a key; False if too many wait there and it is given up."""
        waiting = self._waiting.get(key)
        if waiting is None:
            self._waiting[key] = deque([item])
            task = asyncio.create_task(self._drain(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return True
        if len(waiting) >= self._most:
            return False
        waiting.append(item)
        return True

    async def idle(self) -> None:
        """Return once nothing waits and nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self, *, within: float) -> None:
        """Give what is under way `within` seconds to end, then break it off."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _drain(self, key: int) -> None:
        waiting = self._waiting[key]
        try:
            while waiting:
                async with self._slots:
                    await self._act(waiting.popleft())
        finally:
            del self._waiting[key]
