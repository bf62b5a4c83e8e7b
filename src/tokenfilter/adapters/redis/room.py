"""Whether a bounded queue in Redis takes one more, asking for its length as rarely as can be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

_ASK_AGAIN = 0.25
"""Seconds until a full queue is asked again, if nothing was freed in this process."""

_ASK_AT_MOST_EVERY = 0.02


class Room:
    """`length` asks how much is queued. Between two questions what this process adds is counted, so it never overfills.

    Several processes that add may overfill it by what each adds between two questions.
    """

    def __init__(self, length: Callable[[], Awaitable[int]], capacity: int) -> None:
        self._length = length
        self._capacity = capacity
        self._most = capacity
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._adding = 0
        self._asked_at = 0.0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """A place for what is added inside, once there is one; whoever came first is served first."""
        async with self._turn:
            while self._most >= self._capacity:
                await self._ask()
            self._most += 1
            self._adding += 1
        try:
            yield
        finally:
            self._adding -= 1

    def freed(self) -> None:
        """This process took something out of the queue."""
        self._freed.set()

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._asked_at + _ASK_AT_MOST_EVERY - loop.time())
        self._freed.clear()
        self._asked_at = loop.time()
        adding = self._adding  # may be counted in the length already or not
        self._most = adding + await self._length()
        if self._most >= self._capacity:
            try:
                async with asyncio.timeout(_ASK_AGAIN):
                    await self._freed.wait()
            except TimeoutError:
                return
