"""The same feed file gives the same notifications, however many processes judge it and whatever becomes of them."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count, islice
from uuid import uuid4

import pytest
from tests.faults.programs import until
from tests.servers import connected

from tokenfilter.adapters.simulator.market import Market
from tokenfilter.container import Container
from tokenfilter.domain.feed_line import encode
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber, with_filter
from tokenfilter.past import drained
from tokenfilter.settings import load

LINES = 3_000
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
WANTED = (
    "mcap 20k..200k, liq >= 5k",
    "mcap >= 80k, recheck always",
    "rise >= 40, recheck always",
    "quorum 2 in 1h",
    "quorum 3, mcap <= 2m",
    "win >= 55, record >= 20, age <= 4h",
    "holders >= 200, top10 <= 25",
    "vol1h >= 20k unknown pass, dev <= 10 unknown pass, mint revoked",
    "liqpct >= 12, chg5m >= 5",
    "mcap <= 60k, win >= 60\nor\nquorum 2, vol5m >= 5k",
)
LISTED = "SELECT split_part(notification, ':', 3) AS address, chat FROM notifications WHERE notification LIKE 'alert:%'"


def feed(path):
    """A day of a market with calls, repeats, prices and statistics."""
    market = Market(seed=11, start=BEGAN, dense_from=BEGAN + timedelta(days=9))
    path.write_text("".join(f"{encode(due.line)}\n" for due in islice(market.lines(), LINES)), encoding="utf-8")
    return path


def people():
    return {ChatId(n): text for n, text in zip(count(1), WANTED * 4, strict=False)}


@cache
def by_one_in_memory(path):
    """Who is told of what when one process judges alone, and nothing goes wrong."""
    memory = {"use__state": "memory", "use__history": "memory", "use__messenger": "memory", "use__feeds": ["replay"]}
    replay = {"feeds__replay__file": str(path), "feeds__replay__speed": "max"}
    container = Container(settings=load(None, memory | replay, environ={}))

    async def play():
        for chat, text in people().items():
            reader = with_filter(Subscriber(chat=chat), "One", parse_filter(text))
            await container.subscribers().save(reader, now=container.clock().now())
        judging = [asyncio.create_task(loop.run()) for loop in (container.match_events(), container.relay_journal())]
        await container.ingest_events().follow(container.replay())
        await drained(container)
        for task in judging:
            task.cancel()
        await asyncio.wait(judging)
        owed = await container.outbox().take(await container.outbox().length())
        return frozenset((n.token.address, n.destination.chat) for n in owed)

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(play())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    path = feed(tmp_path_factory.mktemp("feed") / "feed.jsonl")
    return path, by_one_in_memory(path)


async def hearing(scene, path):
    """A process that plays the feed and tells history; it judges nothing."""
    feeds = {"TOKENFILTER_USE__FEEDS": "replay", "TOKENFILTER_FEEDS__REPLAY__FILE": str(path)}
    feeds["TOKENFILTER_FEEDS__REPLAY__SPEED"] = "max"
    return await scene.started(instance="hears", environment=feeds, roles=("ingest", "relay"))


async def judging(scene, number):
    return [await scene.started(instance=f"judges-{n}-{uuid4().hex}", roles=("match",)) for n in range(number)]


async def told(scene):
    async with connected(scene.database) as connection:
        return {(row["address"], ChatId(row["chat"])) for row in await connection.fetch(LISTED)}


async def are_told(scene, expected):
    """Exactly these are told, and nothing is to be judged or relayed any more."""
    try:
        await until(lambda: _holds(scene, expected), "everybody is told")
    except AssertionError as late:
        found = await told(scene)
        missing, unwanted = sorted(expected - found), sorted(found - expected)
        raise AssertionError(
            f"{late}: {len(missing)} of {len(expected)} missing, {len(unwanted)} unwanted: "
            f"{Counter(WANTED[(chat - 1) % len(WANTED)] for _, chat in missing)}, {unwanted[:5]}\n{scene.complaints()}"
        ) from None
    await scene.until_nothing_is_judged_or_relayed()
    assert await told(scene) == expected


async def _holds(scene, expected):
    return expected <= await told(scene)


async def test_one_process_that_judges_tells_what_the_rule_tells(scene, recorded):
    path, expected = recorded
    await scene.seed(people())
    await judging(scene, 1)
    await hearing(scene, path)
    await are_told(scene, expected)


async def test_four_that_judge_tell_the_same_though_one_is_killed_and_one_stands_still(scene, recorded):
    path, expected = recorded
    await scene.seed(people())
    first, second, *_ = await judging(scene, 4)
    await hearing(scene, path)

    async def share(part):
        return len(await told(scene)) >= part * len(expected)

    await until(lambda: share(0.15), "some are told")
    await first.killed()
    await until(lambda: share(0.3), "more are told")
    second.pause()
    await are_told(scene, expected)
    second.resume()
    for program in scene.programs[1:]:
        assert await program.stopped() == 0, scene.complaints()
    assert await told(scene) == expected
