"""Give an emptied real-time store back what the permanent one knows, before matching resumes.

Subscribers with their numbers, channels' statistics, who was told of what within 14 days, the calls of the last 24
hours, and the alerts that are not known to have ended. Rejections are not kept: a token is judged again at its next
event, which tells nobody twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from tokenfilter.domain.call import CALLS_KEPT_FOR
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import Destination
from tokenfilter.domain.matching import matches
from tokenfilter.domain.notification import CallAlert, Lane, Notification, alert_id
from tokenfilter.domain.subscriber import Route, routes
from tokenfilter.ports.archive import Archive, Unfinished
from tokenfilter.ports.channels import Channels
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.processed_tokens import ProcessedTokens
from tokenfilter.ports.subscribers import Subscribers

UNFINISHED_FOR = timedelta(hours=6)
"""Older alerts are told no more, not even in a digest."""

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """How much was given back."""

    subscribers: int
    tokens: int
    owed: int


class RebuildState:
    """Reads the archive once; everything it writes is safe to write again."""

    def __init__(
        self,
        *,
        archive: Archive,
        subscribers: Subscribers,
        tokens: ProcessedTokens,
        channels: Channels,
        outbox: Outbox,
        clock: Clock,
        alert_useful_for: timedelta,
    ) -> None:
        self._archive = archive
        self._subscribers = subscribers
        self._tokens = tokens
        self._channels = channels
        self._outbox = outbox
        self._clock = clock
        self._useful_for = alert_useful_for

    async def after_a_wipe(self) -> Rebuilt:
        """What a running program needs back: it knows itself what it owes."""
        return await self.rebuild(with_owed=False)

    async def is_needed(self) -> bool:
        """Whether the permanent store knows of a later change than the real-time one, which then has lost something."""
        seq = await self._subscribers.seq()
        async for saved in self._archive.subscribers():
            if saved.seq > seq:
                return True
        return False

    async def rebuild(self, *, with_owed: bool) -> Rebuilt:
        """Write everything back; what is owed only where no survivor knows better what it sent meanwhile.

        Raises:
            UnavailableError: something could not be read or written; repeat.
        """
        now = self._clock.now()
        saved = sorted([one async for one in self._archive.subscribers()], key=lambda s: s.seq)
        async for line in self._archive.statistics(now - CALLS_KEPT_FOR):
            await self._channels.put(line)
        tokens = await self._give_records(now)
        owed = await self._give_owed(saved, now) if with_owed else 0
        for first in range(0, len(saved), _AT_ONCE):  # last: while they are missing, a rebuild is known to be needed
            await self._subscribers.restore(saved[first : first + _AT_ONCE])
        return Rebuilt(subscribers=len(saved), tokens=tokens, owed=owed)

    async def _give_owed(self, saved: Sequence[SubscriberSaved], now: datetime) -> int:
        routed: dict[Destination, list[Route]] = {}
        for route in chain.from_iterable(routes(one.subscriber) for one in saved):
            routed.setdefault(route.destination, []).append(route)
        owed = 0
        async for unfinished in self._archive.unfinished(now - UNFINISHED_FOR):
            for alert in self._alerts(unfinished, routed):
                owed += await self._outbox.put(alert)
        return owed

    async def _give_records(self, now: datetime) -> int:
        count = 0
        async for token, told in self._archive.told_of_all(now - ACCEPTED_FOR):
            await self._tokens.restore(token, TokenRecords(accepted=told, seen_at=max(told.values(), default=None)))
            count += 1
        async for evidence in self._archive.newest_of_all(now - CALLS_KEPT_FOR):
            records = TokenRecords(calls=evidence.calls, seen_at=evidence.at)
            await self._tokens.restore(evidence.event.token, records)
        return count

    def _alerts(self, unfinished: Unfinished, routed: dict[Destination, list[Route]]) -> list[Notification]:
        """The alerts as they were queued, from the filters that route there now."""
        evidence, found = unfinished.evidence, list[Notification]()
        for destination in unfinished.destinations:
            wanting = [r for r in routed.get(destination, ()) if matches(r.wanted, evidence)]
            if wanting:
                found.append(
                    Notification(
                        id=alert_id(evidence.event.token, destination),
                        destination=destination,
                        lane=Lane.ALERTS,
                        owners=tuple(dict.fromkeys(r.owner for r in wanting)),
                        body=CallAlert(evidence=evidence, filters=tuple(dict.fromkeys(r.name for r in wanting))),
                        queued_at=evidence.event.received_at,
                        useful_until=evidence.event.received_at + self._useful_for,
                    )
                )
        return found
