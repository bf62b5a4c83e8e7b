"""Dead letters while the real-time store is away: kept here until it is back."""

from collections import deque
from collections.abc import Sequence

from tokenfilter.adapters.surviving.survival import Survival, Survivor
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.failures import UnavailableError

MOST_REMEMBERED = 10_000


class SurvivingDeadLetters(DeadLetters, Survivor):
    """A queue of those the store must still be told; the oldest are given up beyond 10,000."""

    def __init__(self, inner: DeadLetters, survival: Survival) -> None:
        self._inner = inner
        self._survival = survival
        self._behind: deque[DeadLetter] = deque(maxlen=MOST_REMEMBERED)
        survival.join(self)

    async def bury(self, letter: DeadLetter) -> None:
        try:
            await self._survival.attempt(lambda: self._inner.bury(letter))
        except UnavailableError:
            self._behind.append(letter)

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        return await self._survival.attempt(lambda: self._inner.newest(limit))

    async def take(self, letter_id: str) -> DeadLetter | None:
        return await self._survival.attempt(lambda: self._inner.take(letter_id))

    async def count(self) -> int:
        try:
            return await self._survival.attempt(self._inner.count)
        except UnavailableError:
            return len(self._behind)

    @property
    def is_ahead(self) -> bool:
        return bool(self._behind)

    async def bring_over(self, *, wiped: bool) -> None:  # noqa: ARG002 - what was buried before is not remembered here
        while self._behind:
            await self._inner.bury(self._behind[0])
            self._behind.popleft()
