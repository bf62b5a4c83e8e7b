"""The alerts that were claimed here and are sent by others, going on should the store lose them.

An event may tell thousands, so they are remembered event by event. What this process sends itself is the outbox'.
"""

from collections import deque
from collections.abc import Callable

from tokenfilter.adapters.surviving.outbox import SurvivingOutbox
from tokenfilter.adapters.surviving.survival import Survival, Survivor, side_by_side
from tokenfilter.domain.alerts import Alerts
from tokenfilter.domain.notification import Notification
from tokenfilter.ports.outbox import Outbox

MOST_REMEMBERED = 100_000
"""Alerts; beyond it the oldest are left to the store alone."""


class ClaimedAlerts(Survivor):
    """`inner` is the store's outbox. What others have sent meanwhile is not known: whoever sends it again asks."""

    def __init__(
        self,
        inner: Outbox,
        survival: Survival,
        *,
        outbox: SurvivingOutbox,
        delivers: Callable[[Notification], bool] = lambda _: True,
    ) -> None:
        self._inner = inner
        self._outbox = outbox
        self._delivers = delivers
        self._elsewhere: deque[Alerts] = deque()
        self._number = 0
        survival.join(self)

    def remember(self, alerts: Alerts) -> None:
        """The store owes these, which are of one event."""
        if not alerts:
            return
        if self._delivers(alerts[0]):  # those of one token are sent by one
            self._outbox.remember(alerts)
            return
        self._elsewhere.append(alerts)
        self._number += len(alerts)
        while self._number > MOST_REMEMBERED and len(self._elsewhere) > 1:
            self._number -= len(self._elsewhere.popleft())

    @property
    def is_ahead(self) -> bool:
        return False

    async def bring_over(self, *, wiped: bool) -> None:
        for alerts in list(self._elsewhere) if wiped else ():
            await side_by_side(self._inner.put, [one for one in alerts if not self._outbox.is_over(one)])
