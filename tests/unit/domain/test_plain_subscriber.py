"""How a subscriber is kept: filters as the text people know, each once, and exactly."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, OneOf, Range, Recheck, Unknown
from tokenfilter.domain.filter_text import MAX_TEXT, format_filter, parse_filter
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.filter import filter_from_plain, filter_to_plain
from tokenfilter.domain.plain.subscriber import subscriber_from_plain, subscriber_to_plain
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.domain.presets import PRESETS
from tokenfilter.domain.subscriber import UNDO_STEPS, Subscriber, passing_until_known, undone, with_changed, with_filter
from tokenfilter.testing.examples import NOON, token
from tokenfilter.testing.strategies import filters
from tokenfilter.testing.strategies.stored import stored_filters

ONE = Decimal(1)
ANNE = Subscriber(chat=ChatId(1), name="Anne")


@given(filters())
def test_a_filter_as_it_is_written_is_kept_as_its_canonical_text(wanted):
    assert filter_to_plain(wanted) == format_filter(wanted)
    assert filter_from_plain(format_filter(wanted)) == wanted


@given(stored_filters())
def test_the_order_of_alternatives_and_what_passes_until_known_come_back(wanted):
    assert filter_from_plain(loads(dumps(filter_to_plain(wanted)))) == wanted


def test_a_filter_that_outgrew_its_text_by_passing_until_known_comes_back():
    words = " ".join(f"word{n:04}" for n in range(438))
    named = with_filter(ANNE, "Long", parse_filter(f"word only {words}, {'liq >= 1'}, {'holders >= 123456'}")).filters[
        0
    ]
    for criterion in ("liq", "holders"):
        named = passing_until_known(named, criterion)
    assert len(format_filter(named.wanted)) > MAX_TEXT
    kept = with_changed(with_filter(ANNE, "Long", named.wanted), replace(named, wanted=named.wanted))
    assert subscriber_from_plain(loads(dumps(subscriber_to_plain(kept)))) == kept


def test_a_filter_that_no_text_says_is_kept_criterion_by_criterion():
    rule = ChannelRule(ranges=(Range(metric="win", low=None, high=ONE),), only=frozenset({ChannelId("@a")}), quorum=2)
    odd = Filter(
        any_of=(
            Criteria(ranges=(Range(metric="liq", low=ONE), Range(metric="mcap", high=ONE, unknown=Unknown.PASS))),
            Criteria(sets=(OneOf(field="word", only=frozenset({"a", "b"}), exclude=frozenset({"c"})),), channel=rule),
        ),
        recheck=Recheck.ALWAYS,
    )
    plain = filter_to_plain(odd)
    assert isinstance(plain, dict)
    assert filter_from_plain(loads(dumps(plain))) == odd


@pytest.mark.parametrize(
    "plain",
    [
        *("mcap >= ", "nothing >= 1", "mcap >= 1\nor\n", 5, None, [], {}),
        {"any_of": [], "recheck": "new"},
        {"any_of": [{"ranges": [], "flags": [], "sets": []}] * 5, "recheck": "new"},
        {"any_of": [{"ranges": [], "flags": [], "sets": []}], "recheck": "never"},
        {"any_of": [{"ranges": [{"metric": "mcap", "unknown": "pass"}], "flags": [], "sets": []}], "recheck": "new"},
        {
            "any_of": [
                {"ranges": [{"metric": "mood", "low": "1", "unknown": "pass"}], "flags": [], "sets": []},
            ],
            "recheck": "new",
        },
        {
            "any_of": [
                {
                    "ranges": [],
                    "flags": [],
                    "sets": [],
                    "channel": {"ranges": [], "only": [], "exclude": [], "quorum": 1, "window": 10**30},
                },
            ],
            "recheck": "new",
        },
    ],
)
def test_what_is_no_filter_is_refused(plain):
    with pytest.raises(NotStoredFormError):
        filter_from_plain(plain)


def test_a_filter_that_undo_brings_back_is_kept_once():
    subscriber = ANNE
    for preset in PRESETS:
        subscriber = with_filter(subscriber, preset.name, preset.wanted)
    for number in range(UNDO_STEPS):
        subscriber = with_changed(subscriber, replace(subscriber.filters[0], paused=number % 2 == 0))
    plain = subscriber_to_plain(subscriber)
    assert len(plain["versions"]) == len(PRESETS) + 1
    assert len(plain["past"]) == UNDO_STEPS
    back = subscriber_from_plain(plain)
    assert back == subscriber
    assert undone(back) == undone(subscriber)


def test_a_subscriber_can_be_read_by_people():
    mutes = replace(ANNE.mutes, tokens={token(): None}, everything_until=NOON)
    kept = with_filter(ANNE, "Early", parse_filter("mcap <= 50k"))
    kept = replace(kept, places={Destination(ChatId(-5), 2): "Friends"}, mutes=mutes, past=(), version=3)
    assert subscriber_to_plain(kept) == {
        "chat": 1,
        "name": "Anne",
        "standing": "active",
        "versions": [
            {
                "id": "1.1",
                "name": "Early",
                "filter": "mcap <= 50k",
                "destinations": ["1"],
                "paused": False,
                "until_known": [],
            }
        ],
        "filters": [0],
        "past": [],
        "places": {"-5/2": "Friends"},
        "mutes": {"tokens": {str(token()): None}, "channels": {}, "everything_until": "2026-03-02T12:00:00.000000Z"},
        "silent": False,
        "zone": "UTC",
        "next_filter": 2,
        "version": 3,
    }


@pytest.mark.parametrize("place", [1, -1, 2**70])
def test_a_filter_at_a_place_that_is_not_there_is_refused(place):
    plain = subscriber_to_plain(with_filter(ANNE, "Early", parse_filter("mcap <= 50k")))
    for damaged in ({**plain, "filters": [place]}, {**plain, "past": [[], [place]]}):
        with pytest.raises(NotStoredFormError):
            subscriber_from_plain(damaged)
