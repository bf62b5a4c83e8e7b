"""Previews for screens: kept for half a minute, absent rather than late."""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

from tokenfilter.app.backtest_filter import BacktestFilter, Preview
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError

KEPT_FOR = timedelta(seconds=30)
_MOST_KEPT = 64
_DEADLINE = 5.0


class Previews:
    """Asks the use case once for each filter text in half a minute."""

    def __init__(self, previews: BacktestFilter, clock: Clock) -> None:
        self._previews = previews
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, Preview]] = OrderedDict()

    async def of(self, wanted: Filter) -> Preview | None:
        """What the filter would have told in the last day; None while history cannot be read."""
        name, now = format_filter(wanted), self._clock.now()
        at, kept = self._kept.get(name, (None, None))
        if at is not None and now < at + KEPT_FOR:
            return kept
        try:
            async with asyncio.timeout(_DEADLINE):
                found = await self._previews.preview(wanted)
        except (UnavailableError, TimeoutError):
            return None
        self._kept[name] = (now, found)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found
