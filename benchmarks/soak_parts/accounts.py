"""What was to be told, what was, and what became of the rest: three accounts that must agree at the end of a soak."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from matching_parts.events import statistics
from through_redis import heard, moved
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.container import Container
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import decide
from tokenfilter.domain.event import Event, Heard
from tokenfilter.domain.history import DeliveryOutcome
from tokenfilter.domain.ids import Token
from tokenfilter.domain.notification import CallAlert, Digest, Notification
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.messenger import Messenger, Sent
from tokenfilter.ports.subscribers import Change

Pair = tuple[str, int]


@dataclass
class Telegram(Messenger):
    """Answers at once and remembers what it was told: cards, and in digests of how many."""

    told: Counter[Pair] = field(default_factory=Counter)
    digests: int = 0
    folded: int = 0

    async def send(self, notification: Notification, *, reader: Subscriber | None) -> Sent:
        del reader
        chat = notification.destination.chat
        match notification.body:
            case CallAlert() as alert:
                self.told[alert.evidence.event.id, chat] += 1
            case Digest() as digest:
                self.digests += 1
                self.folded += digest.number
            case _:
                pass
        return Sent(chat=chat, message_id=self.told.total() + self.digests)


@dataclass
class Log:
    """What happened in its order: every change of settings, and of every event its stamp.

    What the events say can be drawn again, so that what is kept here does not grow as the program's memory might.
    """

    repeats: float
    changes: list[Change] = field(default_factory=list)
    stamps: list[tuple[datetime, datetime, int]] = field(default_factory=list)

    def events(self) -> Iterator[Event]:
        """Every event as it was stamped."""
        for line, (now, at, seq) in zip(lines(len(self.stamps), self.repeats), self.stamps, strict=True):
            yield Event(heard=moved(line, now), at=at, settings_seq=seq, received_at=now)

    def expected(self) -> set[Pair]:
        """Who is to be told of which event, by the rule alone."""
        index, known, stats = NumpyFilterIndex(), dict[Token, TokenRecords](), statistics()
        changes, told = iter(sorted(self.changes, key=lambda c: c.seq)), set[Pair]()
        waiting = next(changes, None)
        for event in self.events():
            while waiting and waiting.seq <= event.settings_seq:
                index.replace(waiting.owner, waiting.routes, renewed=waiting.renewed, seq=waiting.seq)
                waiting = next(changes, None)
            decision = decide(event, known.get(event.token, TokenRecords()), stats, index)
            known[event.token] = decision.records
            told.update((event.id, t.destination.chat) for t in decision.told)
        return told


def lines(count: int, repeats: float) -> Iterator[Heard]:
    """Events, some of which repeat what was said of a token."""
    return heard(count, repeats, Random(3))


@dataclass
class Ends:
    """How many alerts ended and how, and how many digests are owed that stand for some of them."""

    alerts: Counter[DeliveryOutcome] = field(default_factory=Counter)
    digests: int = 0

    def follow(self, container: Container) -> None:
        """Count from now on."""
        figures, outbox = container.figures(), container.outbox()
        told, owed = figures.delivered, outbox.put

        def delivered(notification: Notification, outcome: DeliveryOutcome, *, asked_at: datetime) -> None:
            told(notification, outcome, asked_at=asked_at)
            if isinstance(notification.body, CallAlert):
                self.alerts[outcome] += 1
            self.digests -= isinstance(notification.body, Digest)

        async def put(notification: Notification) -> bool:
            is_new: bool = await owed(notification)
            self.digests += is_new and isinstance(notification.body, Digest)
            return is_new

        figures.delivered, outbox.put = delivered, put
