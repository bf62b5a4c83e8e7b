import io
import os
import sys
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.replay.feed_file import spool
from tokenfilter.adapters.replay.token_feed import ReplayFeed
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Tick
from tokenfilter.domain.feed_line import encode
from tokenfilter.domain.ids import parse_token
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import Unreadable
from tokenfilter.testing.strategies import feed_lines
from tokenfilter.testing.strategies.names import EPOCH

LAMB = parse_token("6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN")
STATS = ChannelStats(channel="@alpha", as_of=EPOCH, values={})


class SkippingClock(Clock):
    """A clock that is at once where a sleeper wants it."""

    def __init__(self):
        self._now = EPOCH + timedelta(days=400)

    def now(self):
        return self._now

    async def sleep_until(self, instant):
        self._now = max(self._now, instant)


def tick(seconds):
    return Tick(token=LAMB, observed_at=EPOCH + timedelta(seconds=seconds), market={})


def replay(path, *, speed=None, clock=None):
    return ReplayFeed(path, speed=speed, clock=clock or SkippingClock())


async def told(feed):
    return [line async for line in feed.lines()]


@pytest.fixture
def feed_file(tmp_path):
    def write(*lines):
        path = tmp_path / "feed.jsonl"
        path.write_bytes(b"\n".join(line if isinstance(line, bytes) else encode(line).encode() for line in lines))
        return path

    return write


@pytest.fixture
def standard_input(monkeypatch):
    """Make what is written the standard input, as a pipe gives it."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe, os.fdopen(reading, "rb") as source:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(source))
        yield pipe


@given(st.lists(feed_lines(), max_size=8))
async def test_every_line_is_told_once_statistics_first_and_each_kind_in_the_order_of_the_file(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("feed") / "feed.jsonl"
    path.write_text("".join(f"{encode(line)}\n" for line in lines), encoding="utf-8")
    statistics = [line for line in lines if isinstance(line, ChannelStats)]
    assert await told(replay(path)) == statistics + [line for line in lines if not isinstance(line, ChannelStats)]


async def test_a_statistics_line_comes_first_however_its_type_is_written(feed_file):
    escaped = encode(STATS).replace('"channel"', '"ch\\u0061nnel"', 1).encode()
    spaced = encode(STATS).replace('"type":', '"type" :\t').encode()
    assert await told(replay(feed_file(tick(0), escaped, spaced))) == [STATS, STATS, tick(0)]


async def test_a_line_that_is_not_understood_is_told_with_its_reason_and_a_short_sample_and_stops_nothing(feed_file):
    long = ('{"type":"price","x":"' + "é" * 500 + '"}').encode()
    lines = await told(replay(feed_file(b"nonsense", long, b"\xff", tick(1))))
    assert [line.reason for line in lines[:-1]] == ["not_json", "missing_field", "not_utf8"]
    assert lines[0].sample == "nonsense"
    assert lines[1].sample == '{"type":"price","x":"' + "é" * 179
    assert lines[-1] == tick(1)


@pytest.mark.parametrize("length", [256 * 1024 + 1, 256 * 1024 + 2, 3 * 1024 * 1024])
async def test_a_line_that_is_too_long_is_told_as_such_once_and_the_next_is_read(feed_file, length):
    lines = await told(replay(feed_file(b"{" + b" " * (length - 1), tick(1), b"[" * length)))
    assert [line.reason for line in lines if isinstance(line, Unreadable)] == ["too_large", "too_large"]
    assert lines[1] == tick(1)


async def test_blank_lines_and_windows_line_ends_say_nothing(feed_file):
    assert await told(replay(feed_file(b"", encode(tick(1)).encode() + b"\r", b"   \r", b""))) == [tick(1)]


async def test_what_is_passed_over_is_counted(feed_file):
    surplus = encode(tick(1)).replace("{", '{"foo":1,', 1).encode()
    feed = replay(feed_file(b'{"type":"hello"}', surplus, surplus, encode(STATS).replace("{", '{"bar":1,', 1).encode()))
    assert await told(feed) == [STATS, tick(1), tick(1)]
    assert feed.ignored == {"unknown_type": 1, "field:foo": 2, "field:bar": 1}


async def test_names_of_unknown_fields_are_told_apart_only_up_to_a_bound(feed_file):
    lines = [encode(tick(1)).replace("{", f'{{"x{number}":1,', 1).encode() for number in range(300)]
    feed = replay(feed_file(*lines))
    await told(feed)
    assert len(feed.ignored) == 201
    assert feed.ignored["field:others"] == 100


async def test_progress_goes_from_0_to_1_and_never_back(feed_file):
    feed = replay(feed_file(STATS, *map(tick, range(600))))
    seen = [feed.progress, *[feed.progress async for _ in feed.lines()]]
    assert seen == sorted(seen)
    assert (seen[0], feed.progress) == (0.0, 1.0)
    assert 0.4 < seen[300] < 0.6


async def test_an_empty_file_is_done_at_once(feed_file):
    feed = replay(feed_file())
    assert await told(feed) == []
    assert feed.progress == 1.0


async def test_at_a_speed_the_clock_passes_between_lines_that_much_faster(feed_file):
    clock = SkippingClock()
    begun = clock.now()
    feed = replay(feed_file(STATS, b"nonsense", tick(0), tick(60), tick(30), tick(90)), speed=10, clock=clock)
    seen = [(clock.now() - begun).total_seconds() async for line in feed.lines() if isinstance(line, Tick)]
    assert seen == [0, 6, 6, 9]


async def test_without_a_speed_no_time_passes(feed_file):
    clock = SkippingClock()
    begun = clock.now()
    await told(replay(feed_file(tick(0), tick(600)), clock=clock))
    assert clock.now() == begun


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_is_none_is_refused(tmp_path, speed):
    with pytest.raises(ValueError, match="speed"):
        replay(tmp_path, speed=speed)


async def test_a_file_that_cannot_be_read_is_unavailable(tmp_path):
    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(UnavailableError, match="cannot read"):
            await told(replay(path))


async def test_standard_input_is_read_to_its_end_before_the_first_line(standard_input):
    standard_input.write(f"{encode(tick(1))}\n{encode(STATS)}".encode())
    standard_input.close()
    assert await told(replay("-")) == [STATS, tick(1)]


async def test_a_file_that_can_be_read_only_once_is_played_too(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, f"{encode(tick(1))}\n{encode(STATS)}".encode())
    os.close(writing)
    try:
        assert await told(replay(type(tmp_path)(f"/dev/fd/{reading}"))) == [STATS, tick(1)]
    finally:
        os.close(reading)


async def test_leaving_off_in_the_middle_closes_the_file(feed_file):
    feed = replay(feed_file(tick(0), tick(1)))
    async with aclosing(feed.lines()) as lines:
        assert await anext(lines) == tick(0)
    assert feed.progress < 1


async def test_a_feed_can_be_played_again(feed_file):
    feed = replay(feed_file(tick(0), STATS))
    assert await told(feed) == await told(feed)


async def test_it_is_a_recorded_feed_whose_lines_keep_their_time(feed_file):
    old = replace(tick(0), observed_at=EPOCH - timedelta(days=800))
    feed = replay(feed_file(old))
    assert (feed.name, feed.recorded, await told(feed)) == ("replay", True, [old])


def test_a_silent_source_is_not_taken_for_its_end():
    reading, writing = os.pipe()
    copy = io.BytesIO()
    assert spool(reading, copy, patience_s=0)
    os.write(writing, b"late")
    assert spool(reading, copy, patience_s=0)
    os.close(writing)
    assert not spool(reading, copy, patience_s=0)
    os.close(reading)
    assert copy.getvalue() == b"late"
