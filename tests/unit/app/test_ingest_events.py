"""What is heard is stamped once, repeated things are dropped, and nothing that can be read is lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.token_feed import ListFeed
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED
from tokenfilter.domain.history import price_seen
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import Unreadable
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

JUST_OVER = CLOCK_SKEW_ALLOWED + timedelta(microseconds=1)


async def stamps(process):
    """The items in the stream, as they were stamped."""
    entries = await process.events.read(100)
    for entry in entries:
        await process.events.acknowledge(entry)
    return [entry.item for entry in entries]


@pytest.mark.parametrize("said", [examples.heard, examples.tick], ids=["event", "price"])
@pytest.mark.parametrize("sign", [-1, 1], ids=["late", "early"])
async def test_a_line_counts_as_of_its_own_time_up_to_five_minutes_off_ours(process, said, sign):
    await process.hear(said(at=NOON + sign * CLOCK_SKEW_ALLOWED), recorded=False)
    assert [item.at for item in await stamps(process)] == [NOON + sign * CLOCK_SKEW_ALLOWED]


@pytest.mark.parametrize("said", [examples.heard, examples.tick], ids=["event", "price"])
@pytest.mark.parametrize("sign", [-1, 1], ids=["late", "early"])
async def test_a_line_further_off_counts_as_of_its_receipt(process, said, sign):
    await process.hear(said(at=NOON + sign * JUST_OVER), recorded=False)
    assert [(item.at, item.received_at) for item in await stamps(process)] == [(NOON, NOON)]


async def test_a_recorded_line_keeps_its_time_however_old_it_is(process):
    long_ago = NOON - timedelta(days=400)
    await process.hear(examples.heard(at=long_ago), recorded=True)
    assert [(item.at, item.received_at) for item in await stamps(process)] == [(long_ago, NOON)]


async def test_a_line_carries_the_settings_that_counted_when_it_was_heard(process):
    await process.hear(examples.heard("e1"))
    await process.subscribe(1, "mcap >= 1")
    await process.hear(examples.heard("e2", about=examples.token(2)), examples.tick())
    assert [item.settings_seq for item in await stamps(process)] == [0, 1, 1]


async def test_the_same_id_is_processed_once_whatever_it_says(process):
    await process.hear(examples.heard("e1"), examples.heard("e1", about=examples.token(2), at=NOON, mcap=3))
    assert len(await stamps(process)) == 1
    assert process.telemetry.duplicates == 1


async def test_the_same_token_instant_and_calls_are_processed_once_under_any_id(process):
    alpha, beta = examples.call("@alpha"), examples.call("@beta")
    first = examples.heard("e1", calls=[alpha, beta], mcap=1)
    await process.hear(first, examples.heard("e2", calls=[beta, alpha], mcap=2))
    assert [item.heard for item in await stamps(process)] == [first]


async def test_what_differs_in_id_and_in_token_instant_or_calls_is_no_repetition(process):
    first = examples.heard("e1", calls=[examples.call("@alpha")])
    others = [
        replace(first, id="e2", token=examples.token(2)),
        replace(first, id="e3", observed_at=NOON + timedelta(microseconds=1)),
        replace(first, id="e4", calls=()),
    ]
    await process.hear(first, *others)
    assert [item.heard for item in await stamps(process)] == [first, *others]


async def test_what_one_feed_said_and_another_repeats_is_processed_once(process):
    for name in ("one", "two"):
        await process.ingest.follow(ListFeed([examples.heard("e1")], name=name))
    assert await process.events.length() == 1


async def test_what_cannot_be_read_is_kept_for_inspection_and_stops_nothing(process):
    broken = Unreadable(reason="not JSON", sample='{"a":')
    said = [examples.heard("e1"), broken, examples.heard("e2", at=NOON + timedelta(seconds=1))]
    await process.ingest.follow(ListFeed(said))
    assert [(b.reason, b.sample) for b in await process.dead.newest(9)] == [("not JSON", '{"a":')]
    assert process.telemetry.unreadable_by_reason == {"memory: not JSON": 1}
    assert [item.id for item in await stamps(process)] == ["e1", "e2"]


async def test_a_full_stream_holds_the_feed_back_and_loses_nothing(new_process):
    process, told = new_process(capacity=2), []

    class Watched(ListFeed):
        async def lines(self):
            async for line in super().lines():
                told.append(line.id)
                yield line

    said = [examples.heard(f"e{n}", about=examples.token(n)) for n in range(1, 8)]
    following = asyncio.create_task(process.ingest.follow(Watched(said)))
    await process.wait()
    assert told == ["e1", "e2", "e3"], "the third is held, the fourth was not asked for"
    seen = []
    while len(seen) < len(said):
        (entry,) = await process.events.read(1)
        seen.append(entry.item.id)
        await process.events.acknowledge(entry)
        await process.wait()
        assert await process.events.length() <= 2
    await following
    assert seen == [h.id for h in said]


async def test_a_price_reaches_history_even_of_a_token_nobody_called(process):
    price = examples.tick(mcap=5, liq=9)
    await process.hear(price)
    (noted,) = await process.journal.read(9)
    assert noted.entry == price_seen(price)


async def test_channels_statistics_count_for_the_events_after_them_and_enter_no_queue(process):
    await process.hear(examples.stats(win=60))
    assert await process.events.length() == 0
    assert (await process.channels.as_of(["@alpha"], NOON))["@alpha"].values == {"win": 60}
    assert process.telemetry.feeds["memory"].total == 1


async def test_a_feed_that_ends_is_told_to_have_ended(process):
    await process.ingest.follow(ListFeed([examples.heard()], name="one"))
    assert process.telemetry.feeds["one"].state == "ended"


async def test_a_feed_that_fails_is_told_to_have_failed_and_what_it_said_before_counts(process):
    class Failing(ListFeed):
        async def lines(self):
            async for line in super().lines():
                yield line
            raise UnavailableError("no such file")

    with pytest.raises(UnavailableError):
        await process.ingest.follow(Failing([examples.heard()], name="one"))
    assert process.telemetry.feeds["one"].state == "failed"
    assert list(process.telemetry.failures) == [("feed one", "no such file")]
    assert await process.events.length() == 1


async def test_what_was_heard_very_long_ago_is_forgotten_and_may_be_repeated(process, monkeypatch):
    monkeypatch.setattr("tokenfilter.app.ingest_events._REMEMBERED", 4)
    said = [examples.heard(f"e{n}", about=examples.token(n)) for n in range(1, 5)]
    await process.hear(*said, said[3], said[0])
    assert [item.id for item in await stamps(process)] == ["e1", "e2", "e3", "e4", "e1"]
