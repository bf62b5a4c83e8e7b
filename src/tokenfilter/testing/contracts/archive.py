"""What any archive must give back."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import (
    ActivitySeen,
    DeliveryOutcome,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    PersonForgotten,
    StatsHeard,
    SubscriberSaved,
)
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import FoldReason
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.ports.archive import Archive
from tokenfilter.ports.history import History
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ANNE, BERT, GROUP = Destination(ChatId(1)), Destination(ChatId(2)), Destination(ChatId(-2), 3)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

_T = TypeVar("_T")


def judged(name: str, *told: Destination, about: int = 1, at: datetime = NOON) -> EventSettled:
    """An event that was queued for some."""
    said = examples.heard(name, about=examples.token(about), at=at, mcap=1_000, calls=[examples.call(at=at)])
    return EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=told)


def end_of(entry: EventSettled, to: Destination, *, at: datetime = NOON + MINUTE) -> DeliverySettled:
    """How its alert to a destination ended."""
    return examples.ended(examples.alert(to=to, about=entry.evidence.event), at=at)


def saved(
    subscriber: Subscriber, version: int, *, seq: int = 0, renewed: Sequence[Destination] = (), at: datetime = NOON
) -> SubscriberSaved:
    """A subscriber as stored under a version."""
    stored = replace(subscriber, version=version)
    return SubscriberSaved(subscriber=stored, seq=seq, renewed=frozenset(renewed), at=at)


def newcomer(chat: ChatId = ANNE.chat) -> Subscriber:
    """A subscriber with a name that tries to break things, a filter, a place and something muted."""
    named = Subscriber(chat=chat, name="A <b>\u2028'; --", places={GROUP: "The \N{GRINNING FACE} group"})
    return with_filter(named, "Cheap", parse_filter("mcap <= 50k, channel only @alpha"))


async def every(found: AsyncIterator[_T]) -> list[_T]:
    """All that is yielded."""
    return [one async for one in found]


class ArchiveContract:
    """Fixtures: `history`, empty; `archive`, which reads what that was told."""

    async def test_an_empty_archive_gives_nothing(self, archive: Archive) -> None:
        assert await archive.subscriber(ANNE.chat) is None
        assert await archive.told(examples.token(), NOON) == {}
        assert await archive.of_person(ANNE.chat) == {}
        assert await every(archive.newest_first()) == []
        assert await archive.ends([]) == await archive.ends([examples.alert()]) == []
        assert await archive.told_of([], NOON) == {}
        everything = (archive.told_of_all, archive.newest_of_all, archive.unfinished, archive.statistics)
        assert [await every(one(NOON)) for one in everything] == [[], [], [], []]
        assert await every(archive.subscribers()) == []

    async def test_a_subscriber_is_given_back_as_saved_last(self, history: History, archive: Archive) -> None:
        first = saved(newcomer(), 1, seq=3, renewed=[ANNE])
        changed = with_filter(first.subscriber, "Safe", parse_filter("mint revoked"))
        second = saved(changed, 2, seq=4, renewed=[ANNE, GROUP], at=NOON + MINUTE)
        other = saved(newcomer(BERT.chat), 1, seq=5)
        await history.record([first, second])
        await history.record([other])
        assert await archive.subscriber(ANNE.chat) == second
        assert sorted(await every(archive.subscribers()), key=lambda s: s.seq) == [second, other]

    async def test_an_older_version_changes_nothing(self, history: History, archive: Archive) -> None:
        first, second = saved(newcomer(), 1, seq=1), saved(replace(newcomer(), silent=True), 2, seq=2, at=NOON + MINUTE)
        for entries in ([second], [first], [first, second, first]):
            await history.record(entries)
            assert await archive.subscriber(ANNE.chat) == second

    async def test_the_last_change_to_what_is_judged_outlives_other_changes(
        self, history: History, archive: Archive
    ) -> None:
        await history.record([saved(newcomer(), 1, seq=7, renewed=[ANNE])])
        await history.record([saved(newcomer(), 2), saved(replace(newcomer(), silent=True), 3, at=NOON + MINUTE)])
        found = await archive.subscriber(ANNE.chat)
        assert found == saved(replace(newcomer(), silent=True), 3, seq=7, renewed=[ANNE], at=NOON + MINUTE)

    async def test_who_was_told_of_a_token_is_all_of_them_together(self, history: History, archive: Archive) -> None:
        for to in (ANNE, GROUP):
            await history.record([judged("e1", to)])
        await history.record([judged("e2", BERT, at=NOON + MINUTE), judged("other", BERT, about=2, at=NOON + DAY)])
        told = {ANNE: NOON, GROUP: NOON, BERT: NOON + MINUTE}
        assert await archive.told(examples.token(), NOON) == told
        assert await archive.told(examples.token(), NOON + MINUTE) == {BERT: NOON + MINUTE}
        of_all = await every(archive.told_of_all(NOON))
        assert dict(of_all) == {examples.token(): told, examples.token(2): {BERT: NOON + DAY}}
        assert len(of_all) == 2
        assert dict(await every(archive.told_of_all(NOON + DAY))) == {examples.token(2): {BERT: NOON + DAY}}

    async def test_who_was_told_of_some_tokens_is_who_was_told_of_each(
        self, history: History, archive: Archive
    ) -> None:
        entries = [judged("a", ANNE, GROUP), judged("b", BERT, about=2, at=NOON + DAY), judged("c", ANNE, about=3)]
        await history.record(entries)
        asked = [examples.token(number) for number in (1, 2, 4)]
        for since in (NOON, NOON + MINUTE):
            told = await archive.told_of(asked, since)
            assert {token: told.get(token, {}) for token in asked} == {t: await archive.told(t, since) for t in asked}
            assert set(told) <= set(asked)

    async def test_of_several_times_somebody_was_told_the_last_counts(self, history: History, archive: Archive) -> None:
        await history.record([judged("e1", ANNE), judged("e2", ANNE, at=NOON + DAY)])
        assert await archive.told(examples.token(), NOON) == {ANNE: NOON + DAY}

    async def test_whoever_was_sent_an_alert_was_told_before_its_event_is_known(
        self, history: History, archive: Archive
    ) -> None:
        await history.record([end_of(judged("e1", ANNE), ANNE)])
        assert await archive.told(examples.token(), NOON) == {ANNE: NOON + MINUTE}
        await history.record([judged("e1", ANNE)])
        assert await archive.told(examples.token(), NOON) == {ANNE: NOON}

    async def test_what_tells_of_no_event_makes_nobody_told(self, history: History, archive: Archive) -> None:
        milestone = replace(end_of(judged("e1"), ANNE), notification="milestone:1", event=None)
        await history.record([milestone, replace(milestone, notification="digest:1", token=None)])
        assert await archive.told(examples.token(), NOON) == {}
        assert await every(archive.told_of_all(NOON)) == []

    async def test_the_newest_event_of_each_token_is_given_back(self, history: History, archive: Archive) -> None:
        newest = [judged("b", at=NOON + MINUTE), judged("c", about=2, at=NOON + 2 * MINUTE)]
        await history.record([judged("a"), *newest, judged("old", about=3, at=NOON - MINUTE)])
        found = sorted(await every(archive.newest_of_all(NOON)), key=lambda e: e.at)
        assert found == [entry.evidence for entry in newest]

    async def test_judged_events_are_given_back_the_one_recorded_last_first(
        self, history: History, archive: Archive
    ) -> None:
        entries = [judged("a", at=NOON + MINUTE), judged("b", about=2), judged("c", at=NOON + 2 * MINUTE)]
        await history.record(entries[:2])
        await history.record(entries[2:])
        await history.record(entries[:1])
        assert [e.event.id for e in await every(archive.newest_first())] == ["c", "b", "a"]

    async def test_how_an_alert_ended_is_told_of_its_own_event_alone(self, history: History, archive: Archive) -> None:
        first, second = judged("e1", ANNE, BERT), judged("e2", ANNE, at=NOON + DAY)
        digest = DeliverySettled(
            notification="digest:1", token=None, destination=ANNE, outcome=DeliveryOutcome.SENT, at=NOON
        )
        await history.record([first, second, end_of(first, ANNE), digest])
        alerts = [
            examples.alert(to=to, about=e.evidence.event) for e, to in ((first, ANNE), (first, BERT), (second, ANNE))
        ]
        folded = replace(digest_of(alerts[:1], FoldReason.TOO_MANY, now=NOON), id="digest:1")
        found = await archive.ends([*alerts, folded, replace(folded, id="digest:2")])
        assert sorted(found, key=lambda end: end.notification) == [end_of(first, ANNE), digest]

    async def test_alerts_that_are_not_known_to_have_ended_are_unfinished(
        self, history: History, archive: Archive
    ) -> None:
        first, second = judged("e1", ANNE, GROUP), judged("e2", BERT, about=2)
        await history.record([first, second, judged("e3", about=3), judged("old", ANNE, about=4, at=NOON - MINUTE)])
        await history.record([end_of(first, GROUP), end_of(second, BERT)])
        unfinished = await every(archive.unfinished(NOON))
        assert [(u.evidence, u.destinations) for u in unfinished] == [(first.evidence, (ANNE,))]
        await history.record([replace(end_of(first, ANNE), outcome=DeliveryOutcome.IN_DOUBT)])
        assert await every(archive.unfinished(NOON)) == []

    async def test_an_alert_that_ended_before_its_event_was_recorded_is_finished(
        self, history: History, archive: Archive
    ) -> None:
        entry = judged("e1", ANNE)
        await history.record([end_of(entry, ANNE), entry])
        await history.record([entry])
        assert await every(archive.unfinished(NOON)) == []

    async def test_statistics_are_those_that_hold_from_an_instant_on(self, history: History, archive: Archive) -> None:
        lines = [examples.stats(at, NOON + n * MINUTE, win=n) for at in ("@alpha", "@beta") for n in range(3)]
        heard_again = examples.stats("@alpha", NOON + MINUTE, win=50)
        await history.record([StatsHeard(stats=line) for line in lines])
        await history.record([StatsHeard(stats=heard_again)])
        found = await every(archive.statistics(NOON + 2 * MINUTE))
        assert sorted(found, key=lambda s: (s.channel, s.as_of)) == [heard_again, lines[2], *lines[4:]]
        later = sorted(await every(archive.statistics(NOON + DAY)), key=lambda s: s.channel)
        assert later == [lines[2], lines[5]]

    async def test_everything_kept_of_a_person_is_told_and_nothing_of_others(
        self, history: History, archive: Archive
    ) -> None:
        await history.record(kept_of(ANNE) + kept_of(BERT))
        found = await archive.of_person(ANNE.chat)
        assert {"subscribers", "activity_log", "notifications"} <= found.keys()
        assert json.loads(json.dumps(found)) == found
        assert all(row["chat"] == ANNE.chat for rows in found.values() for row in rows)
        assert "Cheap" in json.dumps(found)

    async def test_nothing_is_left_of_a_forgotten_person_and_everything_of_others(
        self, history: History, archive: Archive
    ) -> None:
        entries = kept_of(ANNE)
        await history.record(entries + kept_of(BERT))
        bert = await archive.of_person(BERT.chat)
        await history.record([PersonForgotten(chat=ANNE.chat, at=NOON + 2 * MINUTE)])
        assert await archive.of_person(ANNE.chat) == {}
        assert await archive.subscriber(ANNE.chat) is None
        assert await archive.told(examples.token(), NOON - DAY) == {BERT: NOON}
        assert await history.delivery(examples.token(), ANNE) is None
        assert await archive.of_person(BERT.chat) == bert

    async def test_what_is_noted_late_of_a_forgotten_person_goes_when_it_is_forgotten_again(
        self, history: History, archive: Archive
    ) -> None:
        forgotten = PersonForgotten(chat=ANNE.chat, at=NOON + MINUTE)
        late = end_of(judged("e1"), ANNE, at=NOON + 2 * MINUTE)
        await history.record([*kept_of(ANNE), forgotten, late])
        assert await archive.of_person(ANNE.chat) != {}
        await history.record([forgotten])
        assert await archive.of_person(ANNE.chat) == {}

    async def test_whoever_comes_back_after_being_forgotten_is_kept(self, history: History, archive: Archive) -> None:
        forgotten = PersonForgotten(chat=ANNE.chat, at=NOON + MINUTE)
        back = saved(Subscriber(chat=ANNE.chat), 1, seq=9, at=NOON + 2 * MINUTE)
        await history.record([saved(newcomer(), 8, seq=5), forgotten, back])
        batches: list[list[JournalEntry]] = [[forgotten], [saved(newcomer(), 8, seq=5), forgotten, back]]
        for again in batches:
            await history.record(again)
            assert await archive.subscriber(ANNE.chat) == back
            assert "Cheap" not in json.dumps(await archive.of_person(ANNE.chat))


def kept_of(who: Destination) -> list[JournalEntry]:
    """What history is told of a person: settings, an alert told, a digest, a button."""
    entry = judged("e1", who)
    digest = DeliverySettled(
        notification=f"digest:{who}", token=None, destination=who, outcome=DeliveryOutcome.SENT, at=NOON
    )
    return [
        saved(newcomer(who.chat), 1, seq=who.chat),
        entry,
        end_of(entry, who),
        digest,
        ActivitySeen(chat=who.chat, what="/filters", at=NOON),
    ]
