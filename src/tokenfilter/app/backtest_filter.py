"""Try a filter on recorded history before it is saved (R51)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenfilter.domain.backtest import Backtest
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import Outcome
from tokenfilter.domain.ids import Token
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.history import History

LOOK_BACK = timedelta(days=1)
_SLICE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAlert:
    """An alert the filter would have given, and what became of the token, where known."""

    evidence: Evidence
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a filter would have told in the look-back; `last` are the newest, newest first. None: not enough history."""

    events: int
    alerts: int
    alerts_per_day: float | None
    since: datetime
    last: tuple[PastAlert, ...]


class BacktestFilter:
    """Runs the function that judges live over what was judged before; lets the loop breathe meanwhile."""

    def __init__(self, *, history: History, clock: Clock) -> None:
        self._history = history
        self._clock = clock

    async def preview(self, wanted: Filter, *, last: int = 3) -> Preview:
        """The last day under a filter.

        Raises:
            UnavailableError: history cannot be read now.
        """
        now = self._clock.now()
        test, newest = Backtest(wanted), deque[Evidence](maxlen=last)
        span, told_of = await self._history.span(now - LOOK_BACK, now), set[Token]()
        async for evidence in _in_slices(self._history.judged_by(wanted, now - LOOK_BACK, now, told=told_of)):
            alert = test.see(evidence)
            if alert:
                newest.append(alert.evidence)
                told_of.add(evidence.event.token)  # for longer than is looked back
        test.events, test.first_at, test.last_at = span.events, span.first_at, span.last_at
        told = [e for read in reversed(newest) async for e in self._whole(read)]
        past = [PastAlert(evidence=e, outcome=await self._history.outcome(e)) for e in told]
        return Preview(
            events=test.events,
            alerts=len(test.told),
            alerts_per_day=test.alerts_per_day(),
            since=test.first_at or now,
            last=tuple(past),
        )

    async def _whole(self, read: Evidence) -> AsyncIterator[Evidence]:
        """The evidence of which no more was read than judging takes."""
        async for evidence in self._history.judged(read.at, read.at + timedelta.resolution):
            if evidence.event.id == read.event.id:
                yield evidence


async def _in_slices(history: AsyncIterator[Evidence]) -> AsyncIterator[Evidence]:
    seen = 0
    async for evidence in history:
        yield evidence
        seen += 1
        if seen % _SLICE == 0:
            await asyncio.sleep(0)
