"""Each event is judged by the settings that counted when it was heard, and whoever is concerned is told once."""

from dataclasses import replace
from datetime import timedelta

from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.app.match_events import ALERT_USEFUL_FOR
from tokenfilter.domain.dedup import Accepted, Rejected
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.ports.failures import StaleOwnerError
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)
ANNE, BERT = Destination(ChatId(1)), Destination(ChatId(2))


def told(settled):
    """Who was told, event by event."""
    return [{n.destination.chat for n in s.queued} if s else set() for s in settled]


def several(number, **market):
    """Events a second apart about one token, each with a call of its own."""
    return [
        examples.heard(f"e{n}", at=NOON + n * SECOND, calls=[examples.call(f"@c{n}", NOON + n * SECOND)], **market)
        for n in range(number)
    ]


async def test_who_wants_an_event_is_told_and_who_does_not_is_not(process):
    await process.subscribe(1, "mcap >= 5")
    await process.subscribe(2, "mcap >= 6")
    await process.hear(examples.heard(mcap=5))
    assert told(await process.judge()) == [{1}]
    (alert,) = await process.outbox.take(9)
    assert alert.queued_at == NOON
    assert alert.useful_until == NOON + ALERT_USEFUL_FOR


async def test_a_token_is_told_once_however_often_it_is_heard(process):
    await process.subscribe(1, "mcap >= 5", "mcap >= 4")
    await process.hear(*several(4, mcap=5))
    assert told(await process.judge()) == [{1}, set(), set(), set()]


async def test_a_changed_filter_counts_for_the_next_event_ingested_and_for_none_before(process):
    subscriber = await process.subscribe(1, "mcap >= 6")
    before, after = several(2, mcap=5)
    await process.hear(before)
    await process.edits.change_filter(ChatId(1), subscriber.filters[0].id, parse_filter("mcap >= 5"))
    await process.hear(after)
    assert told(await process.judge()) == [set(), {1}]


async def test_a_deleted_filter_still_judges_what_was_ingested_before(process):
    subscriber = await process.subscribe(1, "mcap >= 5")
    await process.hear(examples.heard("e1", mcap=5))
    await process.edits.delete_filter(ChatId(1), subscriber.filters[0].id)
    await process.hear(examples.heard("e2", about=examples.token(2), mcap=5))
    assert told(await process.judge()) == [{1}, set()]


async def test_an_edit_forgets_the_refusals_of_its_destination_and_no_acceptance(process):
    await process.subscribe(1, "mcap >= 6")
    same = [examples.heard(f"e{n}", at=NOON + n * SECOND, calls=[examples.call()], mcap=5) for n in range(3)]
    await process.hear(*same[:2])
    subscriber = await process.subscribe(1)
    await process.edits.change_filter(ChatId(1), subscriber.filters[0].id, parse_filter("mcap >= 5"))
    await process.hear(same[2])
    assert told(await process.judge()) == [set(), set(), {1}]
    await process.edits.change_filter(ChatId(1), subscriber.filters[0].id, parse_filter("mcap >= 4"))
    await process.hear(examples.heard("e9", at=NOON + 9 * SECOND, calls=[examples.call("@new")], mcap=5))
    assert told(await process.judge()) == [set()]


async def test_statistics_that_hold_at_the_event_are_judged(process):
    await process.subscribe(1, "win >= 50")
    await process.hear(examples.stats(as_of=NOON, win=60), examples.stats(as_of=NOON + 9 * SECOND, win=10))
    await process.hear(examples.heard("e1", at=NOON + SECOND, calls=[examples.call()]))
    assert told(await process.judge()) == [{1}]


async def test_calls_that_came_one_by_one_count_together(process):
    await process.subscribe(1, "quorum 3")
    await process.hear(*several(3))
    assert told(await process.judge()) == [set(), set(), {1}]


async def test_an_event_with_nothing_fresh_writes_nothing(process):
    await process.subscribe(1, "mcap >= 6")
    await process.hear(examples.heard("e1", mcap=5), examples.heard("e2", at=NOON + SECOND, mcap=5))
    before = await process.journal.length()
    assert [s is None for s in await process.judge()] == [False, True]
    assert await process.journal.length() == before + 1


async def test_the_record_of_a_token_says_who_was_told_and_who_was_refused(process):
    await process.subscribe(1, "mcap >= 5")
    await process.subscribe(2, "mcap >= 6")
    await process.hear(examples.heard(mcap=5))
    await process.judge()
    records = await process.tokens.records(examples.token())
    assert records.record(ANNE, since=process.index.since(ANNE), now=NOON) == Accepted(at=NOON)
    assert isinstance(records.record(BERT, since=process.index.since(BERT), now=NOON), Rejected)


class Poisoned(MemoryProcessedTokens):
    """Breaks over one token."""

    async def records(self, token):
        if token == examples.token(13):
            raise ZeroDivisionError
        return await super().records(token)


async def test_an_event_that_cannot_be_judged_is_buried_and_the_rest_goes_on(process):
    process.tokens = Poisoned(outbox=process.outbox, journal=process.journal, events=process.events)
    match = process.matcher()
    await process.subscribe(1, "mcap >= 5")
    await process.hear(*(examples.heard(f"e{n}", about=examples.token(n), mcap=5) for n in (12, 13, 14)))
    async with process.running(match.run()):
        await process.wait()
    assert await process.events.length() == 0
    assert await process.outbox.length() == 2
    (buried,) = await process.dead.newest(9)
    assert buried.reason == "matching: ZeroDivisionError"
    assert examples.token(13).address in buried.sample
    assert [what for what, _ in process.telemetry.failures] == ["matching"]


class Contested(MemoryProcessedTokens):
    """Lets another worker settle the same token just before each of the next settlings."""

    def __init__(self, *, times, **more):
        super().__init__(**more)
        self.times = times

    async def settle(self, decision, alerts, entry=None):
        if self.times:
            self.times -= 1
            token = decision.evidence.event.token
            self._records[token] = replace(await self.records(token), version=decision.records.version + 1)
            raise StaleOwnerError("changed meanwhile")
        return await super().settle(decision, alerts, entry)


async def test_a_stale_decision_is_taken_again_on_what_is_remembered_now(process):
    process.tokens = Contested(times=2, outbox=process.outbox, journal=process.journal, events=process.events)
    process.match = process.matcher()
    await process.subscribe(1, "mcap >= 5")
    await process.hear(examples.heard(mcap=5))
    assert told(await process.judge()) == [{1}]
    assert await process.outbox.length() == 1
    assert process.telemetry.settled_total == 1


async def test_records_that_keep_changing_are_told_of_and_the_event_is_left_to_their_owner(process):
    process.tokens = Contested(times=99, outbox=process.outbox, journal=process.journal, events=process.events)
    await process.hear(examples.heard(mcap=5))
    async with process.running(process.matcher().run()):
        await process.wait()
    assert [what for what, _ in process.telemetry.failures] == ["matching"]
    await process.events.redeliver()
    assert len(await process.judge()) == 1


async def test_an_event_that_is_delivered_again_after_a_crash_tells_nobody_again(process):
    await process.subscribe(1, "mcap >= 5")
    await process.hear(examples.heard(mcap=5))
    (entry,) = await process.events.read(9)
    await process.match.settle(entry)
    await process.events.append(entry.item)
    assert told(await process.judge()) == [set()]
    assert await process.outbox.length() == 1


ALWAYS = "mcap >= 10, recheck always"


async def test_a_filter_that_is_always_checked_again_is_judged_at_a_price(process):
    await process.subscribe(1, ALWAYS)
    await process.subscribe(2, "mcap >= 10")
    await process.hear(examples.heard(mcap=5), examples.tick(NOON + SECOND, mcap=9))
    await process.hear(examples.tick(NOON + 2 * SECOND, mcap=10), examples.tick(NOON + 3 * SECOND, mcap=11))
    assert told(await process.judge()) == [set(), set(), {1}, set()]
    (alert,) = await process.outbox.take(9)
    assert alert.body.evidence.values["mcap"] == 10


async def test_a_price_keeps_what_the_last_event_said_and_changes_what_it_says_itself(process):
    await process.subscribe(1, "mcap >= 10, liq >= 7, mint revoked, win >= 50, recheck always")
    await process.hear(examples.stats(win=60))
    await process.hear(
        examples.heard(calls=[examples.call()], flags={"mint": True}, mcap=5, liq=7),
        examples.tick(NOON + SECOND, mcap=10),
    )
    assert told(await process.judge()) == [set(), {1}]


async def test_a_late_event_does_not_take_the_place_of_a_newer_one(process):
    await process.subscribe(1, "mcap >= 10, liq >= 7, recheck always")
    await process.hear(
        examples.heard("e2", at=NOON + SECOND, mcap=5, liq=7),
        examples.heard("e1", at=NOON, mcap=5, liq=1),
        examples.tick(NOON + 2 * SECOND, mcap=10),
    )
    assert told(await process.judge()) == [set(), set(), {1}]


async def test_a_price_of_a_token_that_nobody_called_tells_nobody(process):
    await process.subscribe(1, ALWAYS)
    await process.hear(examples.tick(mcap=10))
    assert await process.judge() == [None]


async def test_a_price_that_nobody_wants_to_be_judged_is_not(process):
    await process.subscribe(1, "mcap >= 10")
    await process.hear(examples.heard(mcap=5), examples.tick(NOON + SECOND, mcap=10))
    assert told(await process.judge()) == [set(), set()]


async def test_the_events_behind_prices_are_given_up_with_age(process, monkeypatch):
    monkeypatch.setattr("tokenfilter.adapters.memory.event_stream.LATEST_KEPT", 1)
    await process.subscribe(1, ALWAYS)
    one, two = examples.token(1), examples.token(2)
    await process.hear(examples.heard("e1", about=one, mcap=5), examples.heard("e2", about=two, mcap=5))
    await process.hear(
        examples.tick(NOON + SECOND, about=one, mcap=10), examples.tick(NOON + SECOND, about=two, mcap=10)
    )
    assert told(await process.judge()) == [set(), set(), set(), {1}]
