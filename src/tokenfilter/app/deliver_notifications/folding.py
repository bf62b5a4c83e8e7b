"""Put into one digest a destination what is not told one by one, many destinations at a time and beside the sends."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta

from tokenfilter.app.deliver_notifications.hand import Hand
from tokenfilter.app.deliver_notifications.insist import Insistence
from tokenfilter.app.deliver_notifications.waiting import Waiting
from tokenfilter.domain.delivery import Fold, digest_of, fold_reason, joined
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.notification import FoldReason, Notification
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.outbox import Outbox

LOOK_EVERY = timedelta(seconds=1)
AT_ONCE = 200
"""Destinations whose digests are written side by side."""

CROWDED = 20_000
CALM = 17_500
"""Where more than `CROWDED` alerts wait, they fold until no more than `CALM` do.

So many go out in ten minutes at 29 a second; what waits longer than that is too late to be told alone.
"""

_OWED_AT_ONCE = 10


class Folding:
    """Looks every second. An alert ends only when the digest that stands for it is owed."""

    def __init__(self, *, outbox: Outbox, hand: Hand, waiting: Waiting, insist: Insistence, clock: Clock) -> None:
        self._outbox = outbox
        self._hand = hand
        self._waiting = waiting
        self._insist = insist
        self._clock = clock
        self._begun = asyncio.Lock()
        self._stopped = False

    async def run(self) -> None:
        """Fold until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)
            async with self._begun:
                await self._look()

    async def stop(self) -> None:
        """Begin no fold any more; return once the one that was begun is over, so that none of it is told twice."""
        self._stopped = True
        async with self._begun:
            return

    async def _look(self) -> None:
        most = CALM if self._waiting.singles > CROWDED else CROWDED
        while not self._stopped:
            excess = self._waiting.singles - most
            folds = self._waiting.folds(self._clock.now(), most=AT_ONCE, excess=excess)
            if not folds:
                return
            await self._carry_out(folds)
            await asyncio.sleep(0)

    async def _carry_out(self, folds: Sequence[Fold]) -> None:
        begun = [fold for fold in folds if fold.into is None]
        by_digest = {fold.into.id: fold for fold in folds if fold.into is not None}
        revised = [
            joined(owed, fold.folded, self._reason(fold))
            for name, fold in by_digest.items()
            if (owed := self._hand.owed(name)) is not None
        ]
        if revised:
            still_owed = await self._insist.until_done("folding", lambda: self._outbox.revise(revised))
            for digest, is_owed in zip(revised, still_owed, strict=True):
                if is_owed:
                    fold = by_digest.pop(digest.id)
                    self._hand.revised(digest)
                    self._waiting.put(digest)
                    self._end(fold.folded)
        for fold in by_digest.values():
            if fold.into is not None:
                self._hand.put_down(fold.into)
            begun.append(fold)
        for first in range(0, len(begun), _OWED_AT_ONCE):
            await asyncio.gather(*map(self._begin, begun[first : first + _OWED_AT_ONCE]))

    async def _begin(self, fold: Fold) -> None:
        """Owe a digest. One that was owed already, by who did not live to end what it tells, may tell more by now."""
        digest = digest_of(fold.folded, self._reason(fold), now=self._clock.now())
        is_new = await self._insist.until_done("folding", lambda: self._outbox.put(digest))
        if is_new and self._hand.accept(digest):
            self._waiting.put(digest)
        self._end(fold.folded)

    def _reason(self, fold: Fold) -> FoldReason:
        return fold_reason(fold.folded, now=self._clock.now())

    def _end(self, folded: Iterable[Notification]) -> None:
        for notification in folded:
            self._hand.end(notification, DeliveryOutcome.IN_DIGEST)
