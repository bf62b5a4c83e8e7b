"""Keep the filters of this process as people have them: a snapshot at the beginning, then change by change."""

import asyncio
from datetime import datetime, timedelta

from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.filter_index import FilterIndex
from tokenfilter.ports.subscribers import Subscribers
from tokenfilter.ports.telemetry import Telemetry

LOOK_EVERY = timedelta(seconds=1)

_MAY_BE_REPLACED = timedelta(minutes=4)
"""Who looks no later knows every change of events heard within five minutes: replaced ones are kept for ten."""

_IN_ONE_GO = 100
"""Changes: a snapshot of a hundred thousand takes seconds, and whoever asks for health meanwhile is answered."""


class FollowSettings:
    """The one who writes the index. `seq` is the number of the last change that is in it."""

    def __init__(self, *, subscribers: Subscribers, index: FilterIndex, clock: Clock, telemetry: Telemetry) -> None:
        self._subscribers = subscribers
        self._index = index
        self._clock = clock
        self._telemetry = telemetry
        self._looked_at: datetime | None = None
        self.seq = 0

    async def catch_up(self) -> int:
        """Apply every change there is; the number of the last.

        Raises:
            UnavailableError: the settings cannot be read.
        """
        return await self.upto(await self._subscribers.seq())

    async def upto(self, seq: int) -> int:
        """Apply the changes up to a number, and no later ones; the number of the last that is applied, then or before.

        Raises:
            UnavailableError: the settings cannot be read.
        """
        now = self._clock.now()
        if seq > self.seq:
            knows_all = self._looked_at is not None and now <= self._looked_at + _MAY_BE_REPLACED
            for number, change in enumerate(await self._subscribers.changes(self.seq), start=1):
                if change.seq > seq:
                    break
                if number % _IN_ONE_GO == 0:
                    await asyncio.sleep(0)
                # What an earlier change renewed may be known by none that is kept: rather judged again than never.
                renewed = change.renewed if knows_all else frozenset(route.destination for route in change.routes)
                self._index.replace(change.owner, change.routes, renewed=renewed, seq=change.seq)
                self.seq = change.seq
        self._looked_at = now
        return self.seq

    async def run(self) -> None:
        """Follow from afar, until cancelled: for who asks the index now and then, and judges nothing by it."""
        while True:
            try:
                await self.catch_up()
            except UnavailableError as error:
                self._telemetry.failed("settings", str(error), now=self._clock.now())
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)
