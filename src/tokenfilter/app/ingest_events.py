"""Hear a feed: stamp what it says once, drop what it repeats, and queue the rest for matching."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from datetime import timedelta

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, FeedLine, Heard, StampedTick, Tick, sameness, stamp_of
from tokenfilter.domain.history import StatsHeard, price_seen
from tokenfilter.ports.channels import Channels
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.event_stream import EventStream
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.subscribers import Subscribers
from tokenfilter.ports.telemetry import Telemetry
from tokenfilter.ports.token_feed import TokenFeed, Unreadable

_REMEMBERED = 100_000
_PAUSE = timedelta(milliseconds=250)


class IngestEvents:
    """One for all feeds of a process: what one feed said and another repeats is processed once (R3)."""

    def __init__(
        self,
        *,
        events: EventStream,
        dead: DeadLetters,
        channels: Channels,
        journal: Journal,
        subscribers: Subscribers,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._events = events
        self._dead = dead
        self._channels = channels
        self._journal = journal
        self._subscribers = subscribers
        self._clock = clock
        self._telemetry = telemetry
        self._known: OrderedDict[Hashable, None] = OrderedDict()

    async def follow(self, feed: TokenFeed) -> None:
        """Take everything a feed says until it ends. While the queue is full the feed is held back."""
        self._telemetry.feed_state(feed.name, "opening")
        try:
            async for line in feed.lines():
                self._telemetry.feed_state(feed.name, "live")
                await self._take_at_last(line, feed)
        except UnavailableError as error:
            self._telemetry.feed_state(feed.name, "failed")
            self._telemetry.failed(f"feed {feed.name}", str(error), now=self._clock.now())
            raise
        self._telemetry.feed_state(feed.name, "ended")

    async def _take_at_last(self, line: FeedLine | Unreadable, feed: TokenFeed) -> None:
        """Take a line however long the stores are away: meanwhile the feed is held back, and nothing is lost."""
        while True:
            try:
                return await self.take(line, feed=feed.name, recorded=feed.recorded)
            except UnavailableError as error:
                now = self._clock.now()
                self._telemetry.failed(f"feed {feed.name}", str(error), now=now)
                await self._clock.sleep_until(now + _PAUSE)

    async def take(self, line: FeedLine | Unreadable, *, feed: str, recorded: bool) -> None:
        """Take one line; a line that cannot be understood is counted and kept, and stops nothing."""
        now = self._clock.now()
        match line:
            case Unreadable():
                self._telemetry.unreadable(feed, line.reason)
                await self._dead.bury(DeadLetter(reason=line.reason, sample=line.sample, at=now))
                return
            case Heard():
                if self._is_repeated(line):
                    self._telemetry.duplicate(feed)
                    return
                at = stamp_of(line.observed_at, received_at=now, recorded=recorded)
                seq = await self._subscribers.seq()
                await self._events.append(Event(heard=line, at=at, settings_seq=seq, received_at=now))
                self._remember(line)
            case Tick():
                at = stamp_of(line.observed_at, received_at=now, recorded=recorded)
                await self._journal.note(price_seen(replace(line, observed_at=at)))
                seq = await self._subscribers.seq()
                await self._events.append(StampedTick(tick=line, at=at, settings_seq=seq, received_at=now))
            case ChannelStats():
                await self._channels.put(line)
                await self._journal.note(StatsHeard(stats=line))
        self._telemetry.heard(feed, now=now)

    def _is_repeated(self, heard: Heard) -> bool:
        """Whether the event was heard before."""
        return any(key in self._known for key in sameness(heard))

    def _remember(self, heard: Heard) -> None:
        """Only what was queued counts as heard: what failed on the way may be told again."""
        self._known.update(dict.fromkeys(sameness(heard)))
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
