"""Say when a filter stays silent because one fact is mostly unknown, and take the pass back once it is known (R60)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.ids import ChatId, FilterId
from tokenfilter.domain.matching import matches
from tokenfilter.domain.notification import BlindSpotNotice, KnownAgain, Lane, Notification
from tokenfilter.domain.silence import BlindSpot, blind_spot, has_become_known, strict
from tokenfilter.domain.subscriber import NamedFilter, Subscriber, refusing_again, with_changed
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.history import History
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.subscribers import ConflictError, Subscribers
from tokenfilter.ports.telemetry import Telemetry

EVERY = timedelta(minutes=1)
LOOK_BACK = timedelta(minutes=30)
TOLD_AGAIN = timedelta(hours=24)
MOST_SUBSCRIBERS = 200
"""At each look; the next look goes on with those after them."""

_NEWEST = 400
_MOST_JUDGED = 40
"""Refusals looked into finding by finding at one go: about 5 ms, for which an alert may have to wait."""

_SLICE = 20
_ATTEMPTS = 5
_USEFUL_FOR = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Silence:
    """What a filter did of late: how often it matched, and the one unknown fact it mostly refused for, if any."""

    matched: int
    spot: BlindSpot | None

    @property
    def worth_telling(self) -> BlindSpot | None:
        """The unknown fact, if the filter matched less often than it refused for that."""
        return self.spot if self.spot and self.matched < self.spot.unknown else None


class NoticeSilence:
    """Looks every minute at what was judged of late. What was told when is remembered by this process alone."""

    def __init__(
        self, *, subscribers: Subscribers, history: History, outbox: Outbox, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._subscribers = subscribers
        self._history = history
        self._outbox = outbox
        self._clock = clock
        self._telemetry = telemetry
        self._told: dict[tuple[FilterId, str], datetime] = {}
        self._after: ChatId | None = None

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + EVERY)
            await self.look()

    async def look(self) -> None:
        """Look once at the next subscribers; what cannot be reached is told as a failure and left to the next look."""
        now = self._clock.now()
        self._told = {about: at for about, at in self._told.items() if now - at < TOLD_AGAIN}
        try:
            page = await self._subscribers.active(after=self._after, limit=MOST_SUBSCRIBERS)
            heard = await self._heard(now) if page else ()
            for subscriber in page:
                snoozed = subscriber.mutes.everything_until
                if snoozed is None or snoozed <= now:
                    await self._look_at(subscriber, heard, now)
            self._after = page[-1].chat if len(page) == MOST_SUBSCRIBERS else None
        except UnavailableError as error:
            self._telemetry.failed("silence", str(error), now=now)

    async def _heard(self, now: datetime) -> Sequence[Evidence]:
        """The newest events judged of late, newest first."""
        heard: list[Evidence] = []
        async for evidence in self._history.judged(now - LOOK_BACK, now):
            heard.append(evidence)
            if len(heard) % _SLICE == 0:
                await asyncio.sleep(0)
        return heard[: -_NEWEST - 1 : -1]

    async def _look_at(self, subscriber: Subscriber, heard: Sequence[Evidence], now: datetime) -> None:
        for f in subscriber.filters:
            if f.paused:
                continue
            for criterion in f.until_known:
                await asyncio.sleep(0)
                if await self._is_over(f.wanted, criterion, heard):
                    await self._take_back(subscriber.chat, f.id, criterion, now)
            spot = (await self._silence(f.wanted, heard)).worth_telling
            if spot:
                await self._tell(subscriber, f, spot, now)

    async def _is_over(self, wanted: Filter, criterion: str, heard: Sequence[Evidence]) -> bool:
        """Whether a criterion may refuse again: its fact has become known, and is not what would be told next."""
        if not has_become_known(wanted, criterion, heard[:_MOST_JUDGED]):
            return False
        spot = (await self._silence(strict(wanted, criterion), heard)).worth_telling
        return spot is None or spot.criterion != criterion

    async def _silence(self, wanted: Filter, heard: Sequence[Evidence]) -> _Silence:
        matched, refusals = 0, list[Evidence]()
        for number, evidence in enumerate(heard, start=1):
            if matches(wanted, evidence):
                matched += 1
            else:
                refusals.append(evidence)
            if len(refusals) == _MOST_JUDGED:
                break
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        return _Silence(matched=matched, spot=blind_spot(wanted, refusals))

    async def _tell(self, subscriber: Subscriber, f: NamedFilter, spot: BlindSpot, now: datetime) -> None:
        if (f.id, spot.criterion) in self._told:
            return
        body = BlindSpotNotice(
            filter_id=f.id,
            filter_name=f.name,
            criterion=spot.criterion,
            unknown=spot.unknown,
            refusals=spot.refusals,
        )
        await self._owe("blind", subscriber, body, now)
        self._told[f.id, spot.criterion] = now

    async def _take_back(self, chat: ChatId, filter_id: FilterId, criterion: str, now: datetime) -> None:
        """Refuse the unknown again and say so; a conflicting edit is met by reading again."""
        for _ in range(_ATTEMPTS):
            found = await self._subscribers.get(chat)
            f = found.filter(filter_id) if found else None
            if found is None or f is None or criterion not in f.until_known:
                return
            try:
                await self._subscribers.save(with_changed(found, refusing_again(f, criterion)), now=now)
            except ConflictError:
                continue
            body = KnownAgain(filter_id=f.id, filter_name=f.name, criterion=criterion)
            await self._owe("known", found, body, now)
            return

    async def _owe(self, kind: str, subscriber: Subscriber, body: BlindSpotNotice | KnownAgain, now: datetime) -> None:
        await self._outbox.put(
            Notification(
                id=f"{kind}:{body.filter_id}:{body.criterion}:{now.date()}",
                destination=subscriber.own_chat,
                lane=Lane.REPORTS,
                owners=(subscriber.chat,),
                body=body,
                queued_at=now,
                useful_until=now + _USEFUL_FOR,
            )
        )
