"""What this process leads, and under which fence. Leases write it, whoever owns something reads it."""

import asyncio

from tokenfilter.ports.failures import StaleOwnerError


class Fences:
    """Fences by the lease's name. While Redis is away they stay: nobody else can be elected without it."""

    def __init__(self) -> None:
        self._held: dict[str, int] = {}
        self._changed = asyncio.Event()

    def set(self, name: str, fence: int) -> None:
        """A lease is led from now on."""
        self._held[name] = fence
        self._changed.set()

    def drop(self, name: str) -> None:
        """A lease is led no longer."""
        self._held.pop(name, None)
        self._changed.set()

    def of(self, name: str) -> int:
        """The fence to write under.

        Raises:
            StaleOwnerError: another process leads it, or nobody does.
        """
        fence = self._held.get(name)
        if fence is None:
            raise StaleOwnerError(f"this process does not lead {name}")
        return fence

    def find(self, name: str) -> int | None:
        """The fence to write under, None if the lease is not led here."""
        return self._held.get(name)

    async def changed(self, *, at_most: float) -> None:
        """Wait for the next lease to be taken or lost, for `at_most` seconds."""
        self._changed.clear()
        try:
            async with asyncio.timeout(at_most):
                await self._changed.wait()
        except TimeoutError:
            return
