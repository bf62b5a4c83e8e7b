import json
from collections import Counter

import pytest

from tokenfilter.adapters.replay.token_feed import ReplayFeed
from tokenfilter.domain.event import Heard, Tick
from tokenfilter.domain.feed_line import decode, encode, unknown_fields
from tokenfilter.ports.token_feed import Unreadable

pytestmark = pytest.mark.recorded
FILES = ["detections_2026", "coins_raw", "launches_15.11.2024", "launches_17.11.2024"]


@pytest.fixture(params=FILES)
def feed(request, recorded_feeds):
    return recorded_feeds[request.param]


def test_every_recorded_line_is_read_and_is_read_back_from_its_own_spelling(feed):
    for raw in feed.read_bytes().splitlines():
        line = decode(raw)
        assert isinstance(line, Heard | Tick)
        assert decode(encode(line)) == line


def test_nothing_of_a_recorded_line_is_lost_on_the_way(feed):
    for raw in feed.read_bytes().splitlines():
        said, line = json.loads(raw), decode(raw)
        told = said.get("token", said)
        assert line.token.address == told["address"]
        if isinstance(line, Heard):
            assert (line.facts.symbol, line.facts.name) == (told.get("symbol") or None, told.get("name") or None)
            assert len(line.calls) == len(said.get("calls", ()))
            assert len(line.flags) == sum(value is not None for value in said["flags"].values())


async def test_the_replay_tells_every_line_in_the_order_of_the_file(feed):
    replay = ReplayFeed(feed, speed=None, clock=None)
    told = [line async for line in replay.lines()]
    assert not [line for line in told if isinstance(line, Unreadable)]
    assert [line.token.address for line in told] == [
        json.loads(raw).get("token", json.loads(raw))["address"] for raw in feed.read_bytes().splitlines()
    ]
    assert replay.progress == 1.0


def test_the_detections_are_all_there_with_the_peaks_that_came_after_them(recorded_feeds):
    lines = [decode(raw) for raw in recorded_feeds["detections_2026"].read_bytes().splitlines()]
    heard = [line for line in lines if isinstance(line, Heard)]
    assert len(heard) == 2_087  # the recorded data's own description says 2,097; ten of them have no time
    assert len({line.id for line in heard}) == 2_087
    assert len({(line.token, line.observed_at) for line in heard}) == 1_794
    assert {call.channel for line in heard for call in line.calls} == {"@a_snipelog", "@b_fastgrad", "@c_floor"}
    assert all(line.market["mcap"] == line.calls[0].market_cap_usd > 0 for line in heard)
    first = {line.token: line.observed_at for line in reversed(heard)}
    assert all(line.observed_at > first[line.token] for line in lines if isinstance(line, Tick))


def test_fields_the_format_does_not_have_are_passed_over_and_named(recorded_feeds):
    raws = recorded_feeds["coins_raw"].read_bytes().splitlines()
    named = Counter(name for raw in raws for name in unknown_fields(json.loads(raw)))
    assert named == {"market.total_supply": len(raws)}
