"""What is stale, told within this process."""

import asyncio
from collections.abc import AsyncIterator
from weakref import WeakSet

from tokenfilter.ports.invalidations import Invalidations, Stale

_KEPT_FOR_A_LISTENER = 10_000


class MemoryInvalidations(Invalidations):
    """A queue a listener, for as long as there is one; one that is too slow is told that it missed something."""

    def __init__(self) -> None:
        self._listeners: WeakSet[asyncio.Queue[Stale | None]] = WeakSet()

    async def tell(self, stale: Stale) -> None:
        for listener in self._listeners:
            if listener.qsize() >= _KEPT_FOR_A_LISTENER:
                while not listener.empty():
                    listener.get_nowait()
                listener.put_nowait(None)
            listener.put_nowait(stale)

    def heard(self) -> AsyncIterator[Stale | None]:
        queue: asyncio.Queue[Stale | None] = asyncio.Queue()
        self._listeners.add(queue)
        return _listen(queue)


async def _listen(queue: asyncio.Queue[Stale | None]) -> AsyncIterator[Stale | None]:
    while True:
        yield await queue.get()
