"""The simulated market as feeds: past and present are one course, and the stage plays scenes."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from random import Random

import pytest

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.simulator.market import Market
from tokenfilter.adapters.simulator.stage import burst, late_data, passing_token
from tokenfilter.adapters.simulator.token_feed import SimulatorFeed, StageFeed
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Heard
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.ports.failures import UnavailableError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PRE_ROLL = timedelta(minutes=30)
WANTED = [parse_filter("mcap 10k..200k, win >= 50")]


@pytest.fixture
def clock():
    return HandClock(NOW)


@pytest.fixture
def feed(clock):
    return SimulatorFeed(clock=clock, seed=7, pre_roll=PRE_ROLL, rate=0.3)


async def told(feed, clock, *, span):
    """The lines of a live feed while the clock moves on in steps of a second, with the instant each came at."""
    came = []

    async def listen():
        async for line in feed.lines():
            came.append((clock.now(), line))  # noqa: PERF401 - read while it grows

    listener = asyncio.create_task(listen())
    for _ in range(int(span.total_seconds())):
        for _ in range(40):
            await asyncio.sleep(0)
        clock.advance(timedelta(seconds=1))
    for _ in range(40):
        await asyncio.sleep(0)
    listener.cancel()
    return came


async def test_past_and_present_together_are_the_one_market(feed, clock):
    past = [line async for line in feed.past.lines()]
    live = await told(feed, clock, span=timedelta(minutes=2))
    market = Market(seed=7, start=NOW - PRE_ROLL, dense_from=NOW, rate=0.3)
    expected = [d.line for d in takewhile(lambda d: d.at <= NOW + timedelta(minutes=2), market.lines())]
    assert past + [line for _, line in live] == expected
    assert past
    assert live


async def test_the_past_keeps_its_own_time_and_ends_at_now(feed):
    past = [line async for line in feed.past.lines() if not isinstance(line, ChannelStats)]
    assert feed.past.recorded
    assert not feed.recorded
    assert all(NOW - PRE_ROLL <= line.observed_at <= NOW for line in past)


async def test_no_live_line_comes_before_its_time(feed, clock):
    async for _ in feed.past.lines():
        pass
    live = await told(feed, clock, span=timedelta(minutes=2))
    assert all(at >= (line.as_of if isinstance(line, ChannelStats) else line.observed_at) for at, line in live)


async def test_where_the_past_was_not_read_only_its_statistics_are_told(feed):
    course = feed.lines()
    channels, line = set(), await anext(course)
    while isinstance(line, ChannelStats):
        channels.add(line.channel)
        line = await anext(course)
    assert channels == set(feed.truth())
    assert line.observed_at >= NOW - timedelta(minutes=5, seconds=90)
    await course.aclose()


async def test_the_truth_names_every_channel_the_feed_tells_of(feed):
    told_of = {line.channel async for line in feed.past.lines() if isinstance(line, ChannelStats)}
    assert told_of == set(feed.truth())


async def test_a_scene_is_told_at_its_delays_with_stamps_of_the_moment(clock):
    stage = StageFeed(clock=clock)
    scene = late_data(WANTED, at=NOW - timedelta(hours=3), random=Random(1))
    await stage.play(scene)
    came = await told(stage, clock, span=timedelta(seconds=8))
    assert [(at - NOW).total_seconds() for at, _ in came] == [0, 0, 5]
    assert all(at == (line.as_of if isinstance(line, ChannelStats) else line.observed_at) for at, line in came)
    first, second = (line for _, line in came if isinstance(line, Heard))
    assert first.calls == second.calls, "a call must stay the same call"


async def test_a_scene_that_begins_later_does_not_wait_for_the_end_of_an_earlier_one(clock):
    stage = StageFeed(clock=clock)
    listener = asyncio.create_task(told(stage, clock, span=timedelta(seconds=6)))
    await stage.play(late_data(WANTED, at=NOW, random=Random(1)))
    await clock.sleep_until(NOW + timedelta(seconds=2))
    await stage.play(passing_token(WANTED, at=NOW, random=Random(2)))
    tokens = [line.token for _, line in await listener if isinstance(line, Heard)]
    assert tokens[0] == tokens[2] != tokens[1]


async def test_a_stage_with_too_much_to_play_refuses_the_scene_whole(clock):
    stage = StageFeed(clock=clock)
    scene = burst(WANTED, at=NOW, random=Random(1), count=1_500)
    for _ in range(6):
        await stage.play(scene)
    with pytest.raises(UnavailableError):
        await stage.play(scene)
    lines = stage.lines()
    clock.advance(timedelta(seconds=3))
    assert len([line async for line in aislice(lines, 6 * 1_501)]) == 6 * 1_501
    await stage.play(scene)


async def aislice(lines, count):
    for _ in range(count):
        yield await anext(lines)


def test_a_market_without_end_goes_on():
    market = Market(seed=1, start=NOW, dense_from=NOW, rate=0.1)
    assert len(list(islice(market.lines(), 3_000))) == 3_000
