"""What is given back to a real-time store that lost something, and in which order.

An empty one gets all: subscribers with their numbers, channels' statistics, who was told of what within 14 days, the
calls of the last 24 hours, and the alerts that are not known to have ended. One that came back with old data gets what
happened since. Rejections are not kept: a token is judged again at its next event, which tells nobody twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from tokenfilter.app.rebuild_state.lost_records import LostRecords, counts
from tokenfilter.app.rebuild_state.many import in_batches, side_by_side
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
    """Everything it writes is safe to write again, and a rebuild that is broken off is found to be needed again.

    `tokens` are those of the real-time store, never what a survivor remembers.
    """

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
        self._lost_records = LostRecords(archive=archive, subscribers=subscribers, tokens=tokens)
        self._subscribers = subscribers
        self._tokens = tokens
        self._channels = channels
        self._outbox = outbox
        self._clock = clock
        self._useful_for = alert_useful_for

    async def after_a_wipe(self) -> Rebuilt:
        """What a running program needs back: it knows itself what it owes."""
        return await self.rebuild(with_owed=False)

    async def at_start(self) -> Rebuilt:
        """What a program needs back that begins.

        Raises:
            UnavailableError: something could not be read or written; repeat.
        """
        return await self.rebuild(with_owed=True) if await self.is_needed() else await self.catch_up()

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
        now, saved = self._clock.now(), await self._saved()
        await self._give_statistics(now)
        owed = await self._give_owed(now, _by_destination(map(_routes_of, saved))) if with_owed else 0
        tokens = await self._give_records(now)
        await self._give_subscribers(saved)  # last: while they are missing, a rebuild is known to be needed
        return Rebuilt(subscribers=len(saved), tokens=tokens, owed=owed)

    async def catch_up(self) -> Rebuilt:
        """Write back what a real-time store does not know that came back with old data; else look, and write nothing.

        Its data are of one instant: it knows what was judged before and nothing of what was judged after.

        Raises:
            UnavailableError: something could not be read or written; repeat.
        """
        now = self._clock.now()
        owed = await self._give_owed(now)
        lost = await self._lost_records.find(now)
        saved: Sequence[SubscriberSaved] = await self._saved() if lost else ()
        if lost:
            await self._give_statistics(now)
            await self._give_subscribers(saved)
        await side_by_side(lambda one: self._tokens.restore(*one), lost[::-1])  # the newest say that it is needed
        return Rebuilt(subscribers=len(saved), tokens=len(lost), owed=owed)

    async def _saved(self) -> Sequence[SubscriberSaved]:
        return sorted([one async for one in self._archive.subscribers()], key=lambda s: s.seq)

    async def _give_subscribers(self, saved: Sequence[SubscriberSaved]) -> None:
        for first in range(0, len(saved), _AT_ONCE):
            await self._subscribers.restore(saved[first : first + _AT_ONCE])

    async def _give_statistics(self, now: datetime) -> None:
        async for line in self._archive.statistics(now - CALLS_KEPT_FOR):
            await self._channels.put(line)

    async def _give_owed(self, now: datetime, routed: Mapping[Destination, Sequence[Route]] | None = None) -> int:
        """Queue what is owed to those who do not count as told; who does is owed by the outbox, or was sent it."""
        owed = 0
        async for unfinished in self._archive.unfinished(now - UNFINISHED_FOR):
            evidence = unfinished.evidence
            here = await self._tokens.records(evidence.event.token)
            lost = tuple(to for to in unfinished.destinations if not counts(here, to, evidence.at))
            if lost and routed is None:
                latest = {change.owner: change.routes for change in await self._subscribers.changes(0)}
                routed = _by_destination(latest.values())
            for alert in self._alerts(replace(unfinished, destinations=lost), routed or {}):
                owed += await self._outbox.put(alert)
        return owed

    async def _give_records(self, now: datetime) -> int:
        count = 0
        async for some in in_batches(self._archive.told_of_all(now - ACCEPTED_FOR), _AT_ONCE):
            told = [(t, TokenRecords(accepted=to, seen_at=max(to.values(), default=None))) for t, to in some]
            await side_by_side(lambda one: self._tokens.restore(*one), told)
            count += len(told)
        async for newest in in_batches(self._archive.newest_of_all(now - CALLS_KEPT_FOR), _AT_ONCE):
            called = [(e.event.token, TokenRecords(calls=e.calls, seen_at=e.at)) for e in newest]
            await side_by_side(lambda one: self._tokens.restore(*one), called)
        return count

    def _alerts(self, unfinished: Unfinished, routed: Mapping[Destination, Sequence[Route]]) -> list[Notification]:
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


def _routes_of(saved: SubscriberSaved) -> Iterable[Route]:
    return routes(saved.subscriber)


def _by_destination(found: Iterable[Iterable[Route]]) -> dict[Destination, list[Route]]:
    routed: dict[Destination, list[Route]] = {}
    for route in chain.from_iterable(found):
        routed.setdefault(route.destination, []).append(route)
    return routed
