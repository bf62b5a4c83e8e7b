"""Recorded feeds through the whole pipeline tell just what judging every destination alone tells."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tokenfilter import judge
from tokenfilter.container import Container
from tokenfilter.domain.event import Heard, StampedTick, Tick, overlaid
from tokenfilter.domain.feed_line import decode
from tokenfilter.domain.filter import Recheck
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.matching import Matched
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.offline import as_event
from tokenfilter.past import drained
from tokenfilter.settings import load

FILTERS = {
    1: ["mcap 20k..100k", "mcap >= 1m, graduated yes"],
    2: ["age <= 10m, mcap >= 30k unknown pass"],
    3: ["quorum 2 in 1h"],
    4: ["mcap >= 300k, recheck always"],
    5: ["channel only @b_gem @a_snipelog, mcap >= 50k", "twitter yes, telegram yes, website yes"],
    6: ["word moon dog cat, socials yes\nor\nmcap >= 5m"],
    7: [""],
}


def named(text: str) -> str:
    return text[:8].strip() or "all"


@pytest.mark.recorded
@pytest.mark.timeout(240)
@pytest.mark.parametrize("feed", ["detections_2026", "coins_raw", "launches_15.11.2024", "launches_17.11.2024"])
def test_the_alerts_of_a_recorded_feed_are_those_of_every_destination_judged_alone(recorded_feeds, feed):
    told = asyncio.run(through_the_pipeline(recorded_feeds[feed]))
    assert told
    assert told == judged_alone(recorded_feeds[feed])


async def through_the_pipeline(feed: Path) -> set[tuple[str, int, tuple[str, ...]]]:
    kept = {"use__state": "memory", "use__history": "memory", "use__messenger": "memory"}
    options = {**kept, "use__feeds": ["replay"], "feeds__replay__file": str(feed)}
    container = Container(settings=load(None, {**options, "feeds__replay__speed": "max"}, environ={}))
    for chat, texts in FILTERS.items():
        reader = Subscriber(chat=ChatId(chat))
        for text in texts:
            reader = with_filter(reader, named(text), parse_filter(text))
        await container.subscribers().save(reader, now=container.clock().now())
    loops = [asyncio.create_task(container.match_events().run()), asyncio.create_task(container.relay_journal().run())]
    await container.ingest_events().follow(container.replay())
    await drained(container)
    for loop in loops:
        loop.cancel()
    owed = await container.outbox().take(10**6)
    assert container.figures().failures == {}
    return {(n.body.evidence.event.id, n.destination.chat, n.body.filters) for n in owed}


def judged_alone(feed: Path) -> set[tuple[str, int, tuple[str, ...]]]:
    """One plain record a token and destination, one filter after the other; written without the program's own dedup."""
    told = set()
    lines = [decode(line) for line in feed.read_bytes().splitlines()]
    for chat, texts in FILTERS.items():
        wanted = [(named(text), parse_filter(text)) for text in texts]
        memory: dict[object, Alone] = {}
        ids: set[object] = set()
        for line in lines:
            token = line.token
            alone = memory.setdefault(token, Alone())
            if isinstance(line, Tick):
                names = alone.price(line, wanted)
                event_id = f"{token}@{line.observed_at.isoformat()}"
            elif isinstance(line, Heard) and line.id not in ids:
                ids.add(line.id)
                names, event_id = alone.event(line, wanted), line.id
            else:
                continue
            if names:
                told.add((event_id, chat, names))
    return told


class Alone:
    """What one destination remembers of one token."""

    def __init__(self) -> None:
        self.accepted_at = self.refused_at = self.last = None
        self.first, self.latest, self.checked = {}, {}, {}
        self.missing = set()

    def event(self, heard, wanted):
        self.last = as_event(heard)
        at = heard.observed_at
        for call in heard.calls:
            if call.channel not in self.first or call.called_at < self.first[call.channel].called_at:
                self.first[call.channel] = call
            self.latest[call.channel] = max(call.called_at, self.latest.get(call.channel, call.called_at))
        for channel in [c for c, when in self.latest.items() if at >= when + timedelta(hours=24)]:
            del self.first[channel], self.latest[channel]
        if self.accepted_at and at < self.accepted_at + timedelta(days=14):
            return ()
        known = self._known(self.last)
        live = self.refused_at is not None and not self.accepted_at and at < self.refused_at + timedelta(hours=1)
        fresh = {c for c, when in self.latest.items() if c not in self.checked or when > self.checked[c]}
        everything = not live or bool(self.missing & known)
        names = []
        for name, one in wanted:
            if everything or one.recheck is Recheck.ALWAYS:
                names += [name] if self._wants(one, at) else []
            elif fresh and self._wants(one, at, frozenset(fresh)):
                names.append(name)
        if names:
            self.accepted_at = at
        elif everything or fresh:
            self.refused_at, self.accepted_at = at, None
            self.checked = {**(self.checked if live else {}), **self.latest}
            self.missing = self._everything() - known
        return tuple(names)

    def price(self, tick, wanted):
        if self.last is None:
            return ()
        at = tick.observed_at
        if self.accepted_at and at < self.accepted_at + timedelta(days=14):
            return ()
        before = self.last
        self.last = overlaid(before, StampedTick(tick=tick, at=at, settings_seq=0, received_at=at))
        always = [(name, one) for name, one in wanted if one.recheck is Recheck.ALWAYS]
        names = tuple(name for name, one in always if self._wants(one, at))
        self.last = before
        if names:
            self.accepted_at = at
        return names

    def _wants(self, one, at, fresh=None):
        calls = tuple(self.first.values())
        again = tuple(replace(self.first[c], called_at=when) for c, when in self.latest.items())
        event = replace(self.last, heard=replace(self.last.heard, calls=calls + again), at=at)
        return isinstance(judge(one, event, {}, fresh), Matched)

    def _known(self, event):
        facts, heard = set(event.heard.market), event.heard
        facts |= {f"flag {name}" for name in heard.flags}
        facts |= {"age"} if heard.facts.created_at else set()
        facts |= {"called"} if self.latest else set()
        facts |= {"mcap at call"} if any(c.market_cap_usd is not None for c in self.first.values()) else set()
        return facts

    def _everything(self):
        names = ("mcap", "fdv", "liq", "price", "age", "called", "mcap at call", "flag graduated", "flag website")
        return {*names, "flag twitter", "flag telegram", "flag socials"}
