"""The bot says by itself when one unknown fact keeps a filter silent, and takes the pass back once it is known."""

from datetime import timedelta

from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.app.notice_silence import EVERY, TOLD_AGAIN
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.notification import BlindSpotNotice, KnownAgain, Lane
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.subscribers import ConflictError
from tokenfilter.testing import examples

ANNE, WANTED = ChatId(1), "mcap <= 50k, tax <= 5"
MOMENT = timedelta(seconds=1)


async def judged(process, number, *, first=1, **market):
    """So many events about tokens of their own, judged a moment ago."""
    at = process.clock.now() - MOMENT
    said = [examples.heard(f"e{n}", about=examples.token(n), at=at, **market) for n in range(first, first + number)]
    await process.history.record(
        [EventSettled(evidence=examples.evidence_of(examples.stamped(heard)), told=()) for heard in said]
    )


async def owed(process):
    """What is owed and was not taken yet."""
    return await process.outbox.take(100) if await process.outbox.length() else ()


async def told(process):
    """The bodies of what is owed, which then is done with."""
    found = await owed(process)
    await process.outbox.finish([examples.ended(n) for n in found])
    return [n.body for n in found]


async def lenient(process):
    """Anne has let the tax pass until known."""
    made = (await process.subscribe(ANNE, WANTED)).filters[0]
    await process.edits.pass_until_known(ANNE, made.id, "tax")
    return made


async def test_a_filter_that_refuses_for_one_unknown_fact_is_told_of_once_a_day(process):
    made = (await process.subscribe(ANNE, WANTED)).filters[0]
    await judged(process, 30, mcap=20_000)
    await process.silence.look()
    (notice,) = await owed(process)
    assert notice.body == BlindSpotNotice(
        filter_id=made.id, filter_name="Filter", criterion="tax", unknown=30, refusals=30
    )
    assert (notice.destination.chat, notice.lane, notice.owners) == (ANNE, Lane.REPORTS, (ANNE,))
    await process.outbox.finish([examples.ended(notice)])
    await process.silence.look()
    process.clock.advance(TOLD_AGAIN - MOMENT)
    await judged(process, 30, first=101, mcap=20_000)
    await process.silence.look()
    assert await told(process) == []
    process.clock.advance(MOMENT)
    await process.silence.look()
    assert [type(body) for body in await told(process)] == [BlindSpotNotice]


async def test_it_looks_by_itself_every_minute(process):
    await process.subscribe(ANNE, WANTED)
    await judged(process, 30, mcap=20_000)
    async with process.running(process.silence.run()):
        await process.wait(EVERY - MOMENT, step=MOMENT)
        assert await process.outbox.length() == 0
        await process.wait(2 * MOMENT, step=MOMENT)
    assert await process.outbox.length() == 1


async def test_nothing_is_said_while_the_filter_matches_as_often_as_it_is_refused_for_the_unknown(process):
    await process.subscribe(ANNE, WANTED)
    await judged(process, 25, mcap=20_000)
    await judged(process, 25, first=101, mcap=20_000, tax=1)
    await process.silence.look()
    assert await told(process) == []


async def test_nothing_is_said_of_what_is_old_paused_stopped_or_snoozed(process):
    made = (await process.subscribe(ANNE, WANTED)).filters[0]
    await judged(process, 30, mcap=20_000)
    await process.edits.pause_filter(ANNE, made.id)
    await process.silence.look()
    await process.edits.resume_filter(ANNE, made.id)
    await process.edits.stop(ANNE)
    await process.silence.look()
    await process.edits.resume(ANNE)
    await process.edits.snooze(ANNE, timedelta(hours=1))
    await process.silence.look()
    await process.edits.snooze(ANNE, None)
    process.clock.advance(timedelta(minutes=31))
    await process.silence.look()
    assert await told(process) == []


async def test_what_passes_until_known_refuses_again_by_itself_and_that_is_said(process):
    made = await lenient(process)
    await judged(process, 30, mcap=20_000)
    await process.silence.look()
    assert (await process.edits.subscriber(ANNE)).filters[0].until_known == ("tax",)
    process.clock.advance(timedelta(minutes=31))
    await judged(process, 30, first=101, mcap=20_000, tax=3)
    await process.silence.look()
    assert await told(process) == [KnownAgain(filter_id=made.id, filter_name="Filter", criterion="tax")]
    assert (await process.edits.subscriber(ANNE)).filters[0] == made
    await process.silence.look()
    assert await told(process) == []


async def test_what_would_be_told_again_at_once_still_passes(process):
    await lenient(process)
    await judged(process, 30, mcap=20_000)
    await judged(process, 10, first=101, mcap=90_000, tax=3)
    await judged(process, 25, first=201, mcap=20_000, tax=3)
    await process.silence.look()
    assert (await process.edits.subscriber(ANNE)).filters[0].until_known == ("tax",)
    assert await told(process) == []


async def test_everybody_has_their_turn_though_a_look_takes_only_some(process, monkeypatch):
    monkeypatch.setattr("tokenfilter.app.notice_silence.MOST_SUBSCRIBERS", 2)
    for chat in (1, 2, 3, 4, 5):
        await process.subscribe(chat, WANTED)
    await judged(process, 30, mcap=20_000)
    heard_by = []
    for _ in range(3):
        await process.silence.look()
        found = await owed(process)
        heard_by.append([n.destination.chat for n in found])
        await process.outbox.finish([examples.ended(n) for n in found])
    assert heard_by == [[1, 2], [3, 4], [5]]


async def test_a_history_that_cannot_be_read_is_told_and_ends_nothing(new_process):
    process = new_process(history=Unread())
    await process.subscribe(ANNE, WANTED)
    await judged(process, 30, mcap=20_000)
    await process.silence.look()
    assert process.telemetry.failures
    process.history.is_back = True
    await process.silence.look()
    assert [type(body) for body in await told(process)] == [BlindSpotNotice]


class Unread(MemoryHistory):
    """A history that cannot be reached until it is back."""

    is_back = False

    def judged(self, since, until):
        if not self.is_back:
            raise UnavailableError("not reached")
        return super().judged(since, until)


class Contested(MemorySubscribers):
    """Somebody else's edit comes between, so many times."""

    conflicts = 0

    async def save(self, subscriber, *, now):
        if self.conflicts:
            self.conflicts -= 1
            raise ConflictError("changed meanwhile")
        return await super().save(subscriber, now=now)


async def test_a_conflicting_edit_is_met_by_reading_again(new_process):
    process = new_process(subscribers_of=Contested)
    made = await lenient(process)
    await judged(process, 30, mcap=20_000, tax=3)
    process.subscribers.conflicts = 2
    await process.silence.look()
    assert (await process.edits.subscriber(ANNE)).filters[0] == made
    assert [type(body) for body in await told(process)] == [KnownAgain]


async def test_who_edited_the_criterion_by_hand_is_left_alone(process):
    made = await lenient(process)
    chosen = parse_filter("mcap <= 50k, tax <= 9 unknown pass")
    await process.edits.change_filter(ANNE, made.id, chosen)
    await judged(process, 30, mcap=20_000, tax=3)
    await process.silence.look()
    assert (await process.edits.subscriber(ANNE)).filters[0].wanted == chosen
    assert await told(process) == []
