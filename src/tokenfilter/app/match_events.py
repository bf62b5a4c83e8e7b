"""Take events, decide who is told, settle. The one owner of the tokens it is given."""

from collections import OrderedDict
from datetime import timedelta

from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.decide import Decision, decide, decide_price, not_before
from tokenfilter.domain.event import Event, StampedTick, overlaid
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.ids import Token
from tokenfilter.domain.notification import alerts
from tokenfilter.ports.channels import Channels
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.event_stream import Buried, Entry, EventStream
from tokenfilter.ports.failures import PortError, StaleOwnerError
from tokenfilter.ports.filter_index import FilterIndex
from tokenfilter.ports.processed_tokens import ProcessedTokens, Settled
from tokenfilter.ports.subscribers import Subscribers
from tokenfilter.ports.telemetry import Telemetry

ALERT_USEFUL_FOR = timedelta(minutes=10)
_BATCH = 64
_LATEST_KEPT = 50_000
_ATTEMPTS = 5


class MatchEvents:
    """Follows the settings stream, so a changed filter counts for the very next event ingested after it."""

    def __init__(
        self,
        *,
        events: EventStream,
        index: FilterIndex,
        tokens: ProcessedTokens,
        channels: Channels,
        subscribers: Subscribers,
        clock: Clock,
        telemetry: Telemetry,
        alert_useful_for: timedelta = ALERT_USEFUL_FOR,
    ) -> None:
        self._events = events
        self._index = index
        self._tokens = tokens
        self._channels = channels
        self._subscribers = subscribers
        self._clock = clock
        self._telemetry = telemetry
        self._useful_for = alert_useful_for
        self._settings_seq = 0
        self._latest: OrderedDict[Token, Event] = OrderedDict()

    async def run(self) -> None:
        """Settle entries as they come, until cancelled. An entry that cannot be judged is buried and stops nothing."""
        while True:
            for entry in await self._events.read(_BATCH):
                try:
                    await self.settle(entry)
                except PortError:
                    raise
                except Exception as error:  # noqa: BLE001 - the loop's edge: one poisonous event must not stop the stream
                    await self._bury(entry, error)

    async def settle(self, entry: Entry) -> Settled | None:
        """Judge one entry and acknowledge it; None if it changed nothing."""
        await self._follow_settings(entry.item.settings_seq)
        settled = await self._settle(entry.item)
        await self._events.acknowledge(entry)
        return settled

    async def _settle(self, item: Event | StampedTick) -> Settled | None:
        for _ in range(_ATTEMPTS):
            decision = await self._decide(item)
            if decision is None:
                return None
            settled = None
            if decision.changed:
                now = self._clock.now()
                try:
                    settled = await self._tokens.settle(
                        decision, alerts(decision, now=now, useful_for=self._useful_for)
                    )
                except StaleOwnerError:
                    continue
            if isinstance(item, Event) or decision.told:
                judged = self._index.totals().routes if decision.judged else 0
                event = decision.evidence.event
                self._telemetry.settled(event, decision, judged=judged, now=self._clock.now())
            return settled
        raise StaleOwnerError(f"the records of {item.token} kept changing")

    async def _decide(self, item: Event | StampedTick) -> Decision | None:
        if isinstance(item, StampedTick):
            return await self._decide_price(item)
        records = await self._tokens.records(item.token)
        self._remember(item)
        callers = {c.channel for c in records.calls} | {c.channel for c in item.heard.calls}
        stats = await self._channels.as_of(callers, item.at)
        return decide(item, records, stats, self._index)

    async def _decide_price(self, price: StampedTick) -> Decision | None:
        latest = self._latest.get(price.token)
        if latest is None or not self._index.has_always:
            return None
        records = await self._tokens.records(price.token)
        calls = merge_calls(records.calls, (), at=price.at)
        stats = await self._channels.as_of([c.channel for c in calls], price.at)
        event = not_before(overlaid(latest, price), records)
        return decide_price(gather(event, calls, stats), records, self._index)

    async def _follow_settings(self, seq: int) -> None:
        """Apply the settings changes that count for an event, and no later ones."""
        if seq <= self._settings_seq:
            return
        for change in await self._subscribers.changes(self._settings_seq):
            if change.seq > seq:
                break
            self._index.replace(change.owner, change.routes, renewed=change.renewed, seq=change.seq)
            self._settings_seq = change.seq

    def _remember(self, event: Event) -> None:
        """The newest event of each token, for judging prices; given up with age, oldest first."""
        latest = self._latest.get(event.token)
        if latest is None or latest.at <= event.at:
            self._latest[event.token] = event
        self._latest.move_to_end(event.token)
        while len(self._latest) > _LATEST_KEPT:
            self._latest.popitem(last=False)

    async def _bury(self, entry: Entry, error: Exception) -> None:
        what = f"{type(error).__name__} at {entry.item.token}"
        self._telemetry.failed("matching", what, now=self._clock.now())
        await self._events.bury(Buried(reason=f"matching: {type(error).__name__}", sample=str(entry.item)[:2_000]))
        await self._events.acknowledge(entry)
