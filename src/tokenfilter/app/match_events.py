"""Take events, decide who is told, settle. The one owner of the tokens it is given."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.decide import Decision, decide, decide_price, not_before
from tokenfilter.domain.event import Event, StampedTick, overlaid
from tokenfilter.domain.evidence import gather
from tokenfilter.ports.channels import Channels
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.event_stream import Entry, EventStream
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError
from tokenfilter.ports.filter_index import FilterIndex
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled
from tokenfilter.ports.telemetry import Telemetry

ALERT_USEFUL_FOR = timedelta(minutes=10)
_BATCH = 64
_ATTEMPTS = 5
_PAUSE = timedelta(milliseconds=250)
_LATE = timedelta(minutes=5)
"""Beyond it an event is judged by what people want now: who changed twice since then is known as of now alone."""


class Settings(Protocol):
    """Keeps the index as people have it. Both raise UnavailableError, and return the number of the last change."""

    def upto(self, seq: int) -> Awaitable[int]:
        """Apply the changes up to a number."""

    def catch_up(self) -> Awaitable[int]:
        """Apply every change there is."""


class MatchEvents:
    """Has the settings applied up to each event's number: a changed filter counts for the next event heard after it."""

    def __init__(
        self,
        *,
        events: EventStream,
        dead: DeadLetters,
        index: FilterIndex,
        tokens: ProcessedTokens,
        channels: Channels,
        settings: Settings,
        clock: Clock,
        telemetry: Telemetry,
        alert_useful_for: timedelta = ALERT_USEFUL_FOR,
    ) -> None:
        self._events = events
        self._dead = dead
        self._index = index
        self._tokens = tokens
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._telemetry = telemetry
        self._useful_for = alert_useful_for
        self._settings_seq = 0

    async def run(self) -> None:
        """Settle entries as they come, until cancelled. An entry that cannot be judged is buried and stops nothing."""
        while True:
            try:
                entries = await self._events.read(_BATCH)
            except UnavailableError as error:
                await self._pause(error)
                continue
            for entry in entries:
                await self._settle_at_last(entry)

    async def warm(self) -> None:
        """Hold every filter before the first event comes (R40).

        Raises:
            UnavailableError: the settings cannot be read.
        """
        self._settings_seq = await self._settings.catch_up()

    async def _settle_at_last(self, entry: Entry) -> None:
        """Settle an entry however long it takes; give up only what another worker owns, or what cannot be judged."""
        while True:
            try:
                await self._settle_or_bury(entry)
            except UnavailableError as error:
                await self._pause(error)
                continue
            except StaleOwnerError as error:
                self._telemetry.failed("matching", str(error), now=self._clock.now())
            return

    async def _settle_or_bury(self, entry: Entry) -> None:
        try:
            await self.settle(entry)
        except (UnavailableError, StaleOwnerError):
            raise
        except Exception as error:  # noqa: BLE001 - the loop's edge: one poisonous event must not stop the stream
            await self._bury(entry, error)

    async def _pause(self, error: UnavailableError) -> None:
        now = self._clock.now()
        self._telemetry.failed("matching", str(error), now=now)
        await self._clock.sleep_until(now + _PAUSE)

    async def settle(self, entry: Entry) -> Settled | None:
        """Judge one entry and acknowledge it; None if it changed nothing."""
        await self._follow_settings(entry.item)
        for _ in range(_ATTEMPTS):
            decision = await self._decide(self._not_before_settings(entry.item))
            settled = None
            if decision and decision.changed:
                told = alerts(decision, now=self._clock.now(), useful_for=self._useful_for)
                try:
                    settled = await self._tokens.settle(decision, told, entry)
                except StaleOwnerError:
                    continue
            else:
                await self._events.acknowledge(entry)
            if decision:
                self._tell(entry.item, decision)
            return settled
        raise StaleOwnerError(f"the records of {entry.item.token} kept changing")

    def _not_before_settings(self, item: Event | StampedTick) -> Event | StampedTick:
        """The item as of the settings that judge it.

        Where partitions are read side by side an item may come after one that was stamped later: whoever changed in
        between is judged by what holds now, not left out. Where a change cannot be read, whoever made it does not count
        as judged: the token's next event is for them.
        """
        return replace(item, settings_seq=self._settings_seq)

    def _tell(self, item: Event | StampedTick, decision: Decision) -> None:
        if isinstance(item, Event) or decision.told:
            judged = self._index.totals().routes if decision.judged else 0
            self._telemetry.settled(decision.evidence.event, decision, judged=judged, now=self._clock.now())

    async def _decide(self, item: Event | StampedTick) -> Decision | None:
        if isinstance(item, StampedTick):
            return await self._decide_price(item)
        records = await self._tokens.records(item.token)
        callers = {c.channel for c in records.calls} | {c.channel for c in item.heard.calls}
        stats = await self._channels.as_of(callers, item.at)
        return decide(item, records, stats, self._index)

    async def _decide_price(self, price: StampedTick) -> Decision | None:
        latest = await self._events.latest(price.token) if self._index.has_always else None
        if latest is None:
            return None
        records = await self._tokens.records(price.token)
        calls = merge_calls(records.calls, (), at=price.at)
        stats = await self._channels.as_of([c.channel for c in calls], price.at)
        event = not_before(overlaid(latest, price), records)
        return decide_price(gather(event, calls, stats), records, self._index)

    async def _follow_settings(self, item: Event | StampedTick) -> None:
        if self._clock.now() - item.received_at > _LATE:
            self._settings_seq = await self._settings.catch_up()
        else:
            self._settings_seq = await self._settings.upto(item.settings_seq)

    async def _bury(self, entry: Entry, error: Exception) -> None:
        now = self._clock.now()
        self._telemetry.failed("matching", f"{type(error).__name__} at {entry.item.token}", now=now)
        reason, sample = f"matching: {type(error).__name__}", str(entry.item)[:2_000]
        await self._dead.bury(DeadLetter(reason=reason, sample=sample, at=now, item=entry.item))
        await self._events.acknowledge(entry)
