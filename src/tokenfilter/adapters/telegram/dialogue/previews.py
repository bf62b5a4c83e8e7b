"""Previews for screens: worked out once in half a minute for all who ask, and never waited for too long."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from enum import Enum

from tokenfilter.app.backtest_filter import BacktestFilter, Preview
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError

KEPT_FOR = timedelta(seconds=30)
SOON = 0.4
"""Seconds a press waits for a preview before its screen is shown without."""

_MOST_KEPT = 64
_DEADLINE = 10.0


class Pending(Enum):
    """A preview that is still being worked out."""

    PENDING = "pending"


PENDING = Pending.PENDING
Previewed = Preview | Pending | None
"""None: history cannot be read now."""


class Previews:
    """Asks the use case once for each filter text in half a minute."""

    def __init__(self, previews: BacktestFilter, clock: Clock) -> None:
        self._previews = previews
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, asyncio.Task[Preview | None]]] = OrderedDict()

    async def soon(self, wanted: Filter) -> Previewed:
        """What the filter would have told in the last day, if that is known shortly."""
        asked = self._asked(wanted)
        await asyncio.wait({asked}, timeout=SOON)
        return asked.result() if asked.done() and not asked.cancelled() else PENDING

    async def of(self, wanted: Filter) -> Preview | None:
        """The same, however long it takes, within a deadline."""
        return await asyncio.shield(self._asked(wanted))

    async def stop(self) -> None:
        """Break off what is being worked out."""
        tasks = [task for _, task in self._kept.values() if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _asked(self, wanted: Filter) -> asyncio.Task[Preview | None]:
        name, now = format_filter(wanted), self._clock.now()
        at, task = self._kept.get(name, (now, None))
        if task is not None and now < at + KEPT_FOR and not task.cancelled():
            return task
        task = asyncio.create_task(self._work_out(wanted), name="preview")
        self._kept[name] = (now, task)
        self._kept.move_to_end(name)
        while len(self._kept) > _MOST_KEPT:
            _, (_, oldest) = self._kept.popitem(last=False)
            oldest.cancel()
        return task

    async def _work_out(self, wanted: Filter) -> Preview | None:
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._previews.preview(wanted)
        except (UnavailableError, TimeoutError):
            return None
