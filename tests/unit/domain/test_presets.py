"""A newcomer's filters are ordinary filters, and each does what its line says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.event import TokenFacts
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter_text import format_filter, parse_filter
from tokenfilter.domain.matching import matches
from tokenfilter.domain.presets import PRESETS
from tokenfilter.domain.subscriber import checked_name
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

WANTED = {p.name: p.wanted for p in PRESETS}
SAFE = {"mint": True, "freeze": True}


def evidence(*channels, flags=None, age=timedelta(minutes=5), stats=(), **market):
    """A young token that these channels have just called."""
    calls = [examples.call(c) for c in channels]
    said = examples.heard(calls=calls, flags=flags, **market)
    event = examples.stamped(replace(said, facts=TokenFacts(created_at=NOON - age)))
    return gather(event, merge_calls((), calls, at=NOON), {s.channel: s for s in stats})


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.name)
def test_a_preset_can_be_shown_edited_and_read_again(preset):
    assert parse_filter(format_filter(preset.wanted)) == preset.wanted
    assert checked_name(preset.name) == preset.name
    assert preset.about


def test_presets_have_names_of_their_own():
    assert [p.name for p in PRESETS] == ["Proven", "Early", "Crowd", "Safer"]


def test_proven_wants_a_caller_with_a_record():
    market = {"mcap": 50_000, "liq": 9_000}
    assert matches(WANTED["Proven"], evidence("@a", stats=[examples.stats("@a", win=60, record=30)], **market))
    assert not matches(WANTED["Proven"], evidence("@a", stats=[examples.stats("@a", win=60, record=9)], **market))
    assert not matches(WANTED["Proven"], evidence("@a", stats=[examples.stats("@a", win=20, record=30)], **market))
    assert not matches(WANTED["Proven"], evidence("@a", **market))


def test_early_wants_a_young_token_and_bears_with_unknown_authorities():
    good, market = [examples.stats("@a", win=40, gain=60)], {"mcap": 50_000, "liq": 9_000}
    assert matches(WANTED["Early"], evidence("@a", stats=good, **market))
    assert matches(WANTED["Early"], evidence("@a", stats=good, flags=SAFE, **market))
    assert not matches(WANTED["Early"], evidence("@a", stats=good, flags={"mint": False}, **market))
    assert not matches(WANTED["Early"], evidence("@a", stats=good, age=timedelta(hours=3), **market))


def test_crowd_wants_two_channels():
    market = {"mcap": 50_000, "liq": 10_000}
    assert not matches(WANTED["Crowd"], evidence("@a", **market))
    assert matches(WANTED["Crowd"], evidence("@a", "@b", **market))


def test_safer_wants_the_authorities_known_to_be_given_up():
    market = {"mcap": 60_000, "liq": 20_000, "holders": 100, "top10": 30}
    assert matches(WANTED["Safer"], evidence("@a", flags=SAFE, **market))
    assert not matches(WANTED["Safer"], evidence("@a", **market))
    assert not matches(WANTED["Safer"], evidence("@a", flags={**SAFE, "lp": False}, **market))
    assert not matches(WANTED["Safer"], evidence("@a", flags=SAFE, **{**market, "top10": 31}))
