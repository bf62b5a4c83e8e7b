"""Scenes of the stage, for any filters a person may have."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tokenfilter.adapters.simulator.scene import Impossible, Scene, shifted
from tokenfilter.adapters.simulator.stage import (
    burst,
    hostile_name,
    late_data,
    near_miss,
    passing_token,
    second_caller,
)
from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.feed_line import decode, encode
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.matching import Matched, Refused, judge
from tokenfilter.domain.presets import PRESETS
from tokenfilter.testing.strategies import filters

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SCENES = (passing_token, near_miss, second_caller, late_data, burst, hostile_name)
several = st.lists(filters(), min_size=1, max_size=2)
seeds = st.integers(0, 2**32)


def verdicts(wanted, scene):
    """What a filter says of each event of a scene, in order, as live matching would see it."""
    stats = {line.channel: line for _, line in scene.lines if isinstance(line, ChannelStats)}
    kept, found = (), []
    for _, line in scene.lines:
        if isinstance(line, Heard):
            kept = merge_calls(kept, line.calls, at=line.observed_at)
            event = Event(heard=line, at=line.observed_at, settings_seq=0, received_at=line.observed_at)
            found.append(judge(wanted, gather(event, kept, stats)))
    return found


def is_told(wanted, scene):
    """Whether any filter wants each event of a scene."""
    return [
        any(isinstance(v, Matched) for v in each) for each in zip(*(verdicts(w, scene) for w in wanted), strict=True)
    ]


def made(scene):
    assume(isinstance(scene, Scene))
    return scene


@settings(max_examples=40)
@given(several, seeds)
def test_a_passing_token_is_wanted_by_one_of_the_filters(wanted, seed):
    assert is_told(wanted, made(passing_token(wanted, at=AT, random=Random(seed)))) == [True]


@settings(max_examples=40)
@given(several, seeds)
def test_a_near_miss_is_wanted_by_none_and_fails_one_criterion_of_one(wanted, seed):
    scene = made(near_miss(wanted, at=AT, random=Random(seed)))
    found = [verdict for w in wanted for verdict in verdicts(w, scene)]
    assert all(isinstance(v, Refused) for v in found)
    assert min(sum(not f.holds for f in v.by.findings) for v in found) == 1


@settings(max_examples=40)
@given(several, seeds)
def test_with_a_second_caller_a_token_passes_in_the_end(wanted, seed):
    scene = made(second_caller(wanted, at=AT, random=Random(seed)))
    first, second = (line for _, line in scene.lines if isinstance(line, Heard))
    assert {c.channel for c in first.calls} < {c.channel for c in second.calls}
    told = is_told(wanted, scene)
    assert any(told)
    assert ("refused" in scene.said) is (not told[0])


@settings(max_examples=40)
@given(several, seeds)
def test_late_data_are_refused_first_and_pass_five_seconds_later(wanted, seed):
    scene = made(late_data(wanted, at=AT, random=Random(seed)))
    assert is_told(wanted, scene) == [False, True]
    assert scene.lines[-1][0] == timedelta(seconds=5)


@settings(max_examples=40)
@given(several, seeds)
def test_a_hostile_name_passes(wanted, seed):
    assert is_told(wanted, made(hostile_name(wanted, at=AT, random=Random(seed)))) == [True]


@settings(max_examples=40)
@given(several, seeds, st.integers(1, 20))
def test_a_burst_is_of_different_tokens_that_all_pass(wanted, seed, count):
    scene = made(burst(wanted, at=AT, random=Random(seed), count=count))
    assert len({line.token for _, line in scene.lines if isinstance(line, Heard)}) == count
    assert is_told(wanted, scene) == [True] * count
    assert all(delay <= timedelta(seconds=2) for delay, _ in scene.lines)


@settings(max_examples=40)
@given(several, seeds, st.sampled_from(SCENES))
def test_every_line_of_a_scene_can_be_spelt_and_read_and_statistics_never_look_ahead(wanted, seed, make):
    scene = (
        make(wanted, at=AT, random=Random(seed))
        if make is not burst
        else passing_token(wanted, at=AT, random=Random(seed))
    )
    made(scene)
    for delay, line in scene.lines:
        assert type(decode(encode(line))) is type(line)
        if isinstance(line, ChannelStats):
            assert line.as_of <= AT
        else:
            assert line.observed_at == AT + delay


@settings(max_examples=40)
@given(several, seeds, st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_a_scene_played_later_means_the_same(wanted, seed, by):
    scene = made(passing_token(wanted, at=AT, random=Random(seed)))
    moved = Scene(
        at=scene.at + by,
        lines=tuple((delay, shifted(line, by=by)) for delay, line in scene.lines),
        token=scene.token,
        said=scene.said,
    )
    assert is_told(wanted, moved) == [True]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.name)
@pytest.mark.parametrize("make", SCENES, ids=lambda m: m.__name__)
def test_every_scene_can_be_made_for_every_preset(preset, make):
    assert isinstance(make([preset.wanted], at=AT, random=Random(1)), Scene)


@pytest.mark.parametrize(
    "text",
    [
        "liqpct 5..10, liq <= 900",
        "rise -90..-80, mcap >= 1m",
        "since 30m..1h, quorum 3 in 10m",
        "winlow 40..45, record <= 30, win <= 70",
        "channel only @a @b, channel not @a, gain >= 500",
        "word pepe, word not inu, chain only bsc",
        "callers >= 5, quorum 2, hit >= 90",
        "mint active, honeypot yes, age >= 20d",
        "token only 6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN",
        "mcap <= 10 unknown pass\nor\nholders 7..7",
    ],
)
def test_demanding_filters_get_a_passing_token_and_a_near_miss(text):
    wanted = [parse_filter(text)]
    assert isinstance(passing_token(wanted, at=AT, random=Random(1)), Scene)
    assert isinstance(near_miss(wanted, at=AT, random=Random(1)), Scene)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("channel only @a, quorum 2", "allows only 1"),
        ("callers <= 1, quorum 2", "callers"),
        ("holders 10.2..10.7", "whole number"),
        ("dex only raydium, dex not raydium", "dex"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(text, why):
    refused = passing_token([parse_filter(text)], at=AT, random=Random(1))
    assert isinstance(refused, Impossible)
    assert why in refused.reason


@pytest.mark.parametrize("make", SCENES, ids=lambda m: m.__name__)
def test_without_filters_no_scene_is_made(make):
    assert isinstance(make([], at=AT, random=Random(1)), Impossible)


def test_a_filter_that_takes_everything_cannot_be_missed():
    assert isinstance(near_miss([parse_filter("")], at=AT, random=Random(1)), Impossible)
