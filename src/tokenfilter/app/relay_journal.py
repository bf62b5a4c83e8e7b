"""Tell the permanent store what happened, without ever holding up what happens.

An entry that it refuses for good is set aside alone. A person is forgotten at once, and once more when all has arrived
that was noted of them meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from tokenfilter.domain.history import EventSettled, PersonForgotten, name_of
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.ports.history import History
from tokenfilter.ports.journal import Journal, Noted
from tokenfilter.ports.telemetry import Telemetry

FORGOTTEN_AGAIN_AFTER = timedelta(minutes=2)
"""Longer than a send that was under way when the person was forgotten takes to be noted."""

_BATCH = 500
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(milliseconds=50), timedelta(seconds=30)
_LOOK_AGAIN = timedelta(seconds=10)

_T = TypeVar("_T")


@dataclass(slots=True)
class _Forgotten:
    """A person to be forgotten again at `due`, once so many entries noted `before` are in history."""

    noted: Noted
    due: datetime
    before: int | None = None


class RelayJournal:
    """Drains the journal into history in batches; `random` (0 up to 1) keeps relays from returning all at once.

    `held` is in history, but stays in the journal until it is told once more.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        history: History,
        dead: DeadLetters,
        clock: Clock,
        telemetry: Telemetry,
        random: Callable[[], float],
    ) -> None:
        self._journal, self._history, self._dead = journal, history, dead
        self._clock, self._telemetry, self._random = clock, telemetry, random
        self._reading: asyncio.Task[Sequence[Noted]] | None = None
        self.held: dict[str, _Forgotten] = {}

    async def run(self) -> None:
        """Relay until cancelled."""
        try:
            while True:
                await self.relay()
        finally:
            if self._reading:
                self._reading.cancel()
            self._reading = None

    async def relay(self) -> int:
        """Relay one batch, or forget again who is due, whatever comes first; returns how many entries history kept."""
        noted = await self._next()
        kept = await self._keep(noted)
        again = self._clock.now() + FORGOTTEN_AGAIN_AFTER
        held = {n.id: _Forgotten(n, again) for n in kept if isinstance(n.entry, PersonForgotten)}
        self.held = held | self.held
        await self._acknowledge([n for n in noted if n.id not in held])
        await self._forget_again()
        return len(kept)

    async def _next(self) -> Sequence[Noted]:
        """The next batch; nothing if somebody may have to be forgotten first. A read once begun is never given up."""
        read = self._reading or asyncio.ensure_future(self._insist("journal", lambda: self._journal.read(_BATCH)))
        self._reading, now = read, self._clock.now()
        due = [f.due if f.due > now else now + _LOOK_AGAIN for f in self.held.values()]
        waking = [asyncio.ensure_future(self._clock.sleep_until(min(due)))] if due else []
        try:
            await asyncio.wait({read, *waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for sleep in waking:
                sleep.cancel()
        if not read.done():
            return ()
        self._reading = None
        return read.result()

    async def _keep(self, noted: Sequence[Noted]) -> list[Noted]:
        """Let history keep them in their order; what it refuses for good is found by halving and set aside."""
        if not noted:
            return []
        try:
            await self._insist("history", lambda: self._record(noted))
        except RefusedError as error:
            if half := len(noted) // 2:
                return [*await self._keep(noted[:half]), *await self._keep(noted[half:])]
            entry, now = noted[0].entry, self._clock.now()
            letter = DeadLetter(reason=f"history: {error}", sample=name_of(entry), at=now, item=entry)
            await self._insist("dead letters", lambda: self._dead.bury(letter))
            return []
        return list(noted)

    async def _record(self, noted: Sequence[Noted]) -> None:
        now = self._clock.now()
        heard = (n.entry.evidence.event.received_at for n in noted if isinstance(n.entry, EventSettled))
        self._telemetry.gauge("journal_age_s", (now - min(heard, default=now)).total_seconds())
        await self._history.record([n.entry for n in noted])

    async def _acknowledge(self, noted: Sequence[Noted]) -> None:
        await self._insist("journal", lambda: self._journal.acknowledge(noted))
        for forgotten in self.held.values():
            if forgotten.before is not None:
                forgotten.before -= len(noted)

    async def _forget_again(self) -> None:
        """Forget again who is due, if everything noted until then is in history; else look again later."""
        now = self._clock.now()
        due = [f for f in self.held.values() if f.due <= now]
        if not due:
            return
        waiting = await self._insist("journal", self._journal.length) - len(self.held)
        for f in due:
            f.before = waiting if f.before is None else min(f.before, waiting)
        ready = [f.noted for f in due if f.before is not None and f.before <= 0]
        await self._keep(ready)
        await self._acknowledge(ready)
        self.held = {entry_id: f for entry_id, f in self.held.items() if f.noted not in ready}

    async def _insist(self, what: str, act: Callable[[], Awaitable[_T]]) -> _T:
        """Repeat until it can be done; the longest pause doubles up to half a minute."""
        longest = _SHORTEST_PAUSE
        while True:
            try:
                return await act()
            except UnavailableError as error:
                now = self._clock.now()
                self._telemetry.failed(what, str(error), now=now)
                await self._clock.sleep_until(now + self._random() * longest)
                longest = min(longest * 2, _LONGEST_PAUSE)
