"""Keep back what a person wants to hear later, and tell it in one digest then."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from tokenfilter.app.deliver_notifications.hand import Hand
from tokenfilter.app.deliver_notifications.insist import Insistence
from tokenfilter.app.deliver_notifications.readers import Readers
from tokenfilter.app.deliver_notifications.waiting import Waiting
from tokenfilter.domain.delivery import digest_of, is_foldable
from tokenfilter.domain.held import FOLDED_FOR, Held
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.mute import Withheld, reader_among
from tokenfilter.domain.notification import Digest, FoldReason, Notification
from tokenfilter.domain.quiet import Told
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import PortError
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.telemetry import Telemetry

LOOK_EVERY = timedelta(seconds=1)


class Holding:
    """Looks every second at some of the places for which something is held, at each in its turn.

    So the end of a snooze, of quiet hours or of an hour is noticed, and so is a person who changes their mind.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        hand: Hand,
        waiting: Waiting,
        readers: Readers,
        told: Told,
        insist: Insistence,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._outbox = outbox
        self._hand = hand
        self._waiting = waiting
        self._readers = readers
        self._told = told
        self._insist = insist
        self._clock = clock
        self._telemetry = telemetry
        self._held = Held()

    async def keep(self, notification: Notification, reason: Withheld) -> None:
        """Hold it back; where it is one too many, what is held for its destination becomes one digest, held as well."""
        self._held.keep(notification, reason)
        crowd = self._held.crowded(notification.destination)
        if crowd:
            digest = digest_of(crowd, FOLDED_FOR[reason], now=self._clock.now())
            self._hand.accept(digest)
            await self._owe(digest)
            self._held.let_go(crowd)
            self._held.keep(digest, reason)
            self._end(crowd)

    def drop(self, chat: ChatId) -> tuple[Notification, ...]:
        """Take out everything that is held for a chat."""
        return self._held.drop(chat)

    async def run(self) -> None:
        """Look every second until cancelled; who cannot be looked up now is so the next time."""
        while True:
            await self._clock.sleep_until(self._clock.now() + LOOK_EVERY)
            self._telemetry.gauge("held", len(self._held))
            try:
                await self._look()
            except PortError as error:
                self._telemetry.failed("looking at what is held", str(error), now=self._clock.now())

    async def _look(self) -> None:
        places = self._held.next(self._readers.most)
        owners = await self._readers.all(o for p in places for k in self._held.at(p) for o in k.notification.owners)
        for place in places:
            await self._look_at(place, owners)

    async def _look_at(self, place: Destination, owners: Mapping[ChatId, Subscriber | None]) -> None:
        """Some is wanted now, some was muted meanwhile, some stays."""
        wanted: list[Notification] = []
        reason, now = FoldReason.SNOOZED, self._clock.now()
        for kept in self._held.at(place):
            notification = kept.notification
            if any(owner not in owners for owner in notification.owners):
                continue
            there = [s for owner in notification.owners if (s := owners[owner]) is not None]
            match reader_among(there, notification, now=now, told=self._told, is_held=True):
                case Withheld() as why if why.is_held:
                    self._held.keep(notification, why)
                case Withheld():
                    self._held.let_go([notification])
                    self._hand.end(notification, DeliveryOutcome.MUTED)
                case _:
                    wanted.append(notification)
                    reason = FOLDED_FOR[kept.reason]
        await self._release(wanted, reason)

    async def _release(self, wanted: Sequence[Notification], reason: FoldReason) -> None:
        """Tell in one digest what can be told so; a digest that is all there is goes as it is, and so do notices."""
        self._held.let_go(wanted)
        foldable = tuple(n for n in wanted if is_foldable(n))
        if len(foldable) == 1 and isinstance(foldable[0].body, Digest):
            foldable = ()
        for notification in wanted:
            if notification not in foldable:
                self._waiting.put(notification)
        if foldable:
            await self._owe(digest_of(foldable, reason, now=self._clock.now()))
            self._end(foldable)  # only once the digest is owed

    async def _owe(self, digest: Notification) -> None:
        await self._insist.until_done("folding", lambda: self._outbox.put(digest))

    def _end(self, folded: Iterable[Notification]) -> None:
        for notification in folded:
            self._hand.end(notification, DeliveryOutcome.IN_DIGEST)
