"""Instants, numbers and names in stored forms: exact, and in one spelling only."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.evidence import gather
from tokenfilter.domain.plain.event import (
    call_from_plain,
    call_to_plain,
    event_from_plain,
    event_to_plain,
    item_from_plain,
    item_to_plain,
)
from tokenfilter.domain.plain.evidence import evidence_from_plain, evidence_to_plain
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.measures import instant, iso, micros, optional_iso_instant
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.testing import examples
from tokenfilter.testing.strategies import evidence, instants

IN_UTC = st.datetimes(timezones=st.just(UTC))
ANY_INSTANT = IN_UTC | instants().map(lambda at: at.astimezone(timezone(timedelta(hours=-7))))
HEX = "0xabcdef0123456789abcdef0123456789abcdef01"


@given(ANY_INSTANT)
def test_every_instant_comes_back_to_the_microsecond_and_in_utc(at):
    for back in (instant({"at": micros(at)}, "at"), optional_iso_instant({"at": iso(at)}, "at")):
        assert back == at
        assert back.tzinfo is UTC


@given(ANY_INSTANT, ANY_INSTANT)
def test_instants_are_kept_in_their_order(one, other):
    assert (micros(one) < micros(other)) == (one < other) == (iso(one) < iso(other))


@pytest.mark.parametrize("spelt", ["2026-03-02T12:00:00Z", "2026-03-02T12:00:00.000000+00:00", "20260302T120000Z", "Z"])
def test_an_instant_has_one_spelling_for_people(spelt):
    with pytest.raises(NotStoredFormError):
        optional_iso_instant({"at": spelt}, "at")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "sNaN", "1e999", "1e-999", "", "one", 1, 1.5, True, None, "--1"])
def test_what_is_no_exact_number_is_refused(number):
    plain = call_to_plain(examples.call(market_cap_usd="5"))
    event = event_to_plain(examples.stamped(examples.heard(mcap=5)))
    event["heard"]["market"]["mcap"] = number
    with pytest.raises(NotStoredFormError, match=r"mcap|market"):
        event_from_plain(event)
    if number is not None:
        with pytest.raises(NotStoredFormError, match="mcap"):
            call_from_plain({**plain, "mcap": number})


@pytest.mark.parametrize("number", ["0", "1E+30", "1.23456789012345E-30", "164197.2", "-99.5", "1E+80"])
def test_a_number_comes_back_with_all_its_digits(number):
    call = replace(examples.call(), market_cap_usd=Decimal(number))
    assert str(call_from_plain(loads(dumps(call_to_plain(call)))).market_cap_usd) == number


@pytest.mark.parametrize("name", ["sol:{}", "Solana:{}", "{}", "solana:{} ", "base:{}", f"base:{HEX.upper()}", "", ":"])
def test_a_token_has_one_spelling(name):
    plain = event_to_plain(examples.stamped(examples.heard()))
    plain["heard"]["token"] = name.format(examples.token().address)
    with pytest.raises(NotStoredFormError, match="token"):
        event_from_plain(plain)


@pytest.mark.parametrize("name", ["alpha", "@Alpha", " @alpha", "@al pha", "\ud800", ""])
def test_a_channel_has_one_spelling(name):
    with pytest.raises(NotStoredFormError, match="channel"):
        call_from_plain({**call_to_plain(examples.call()), "channel": name})


def test_an_event_and_a_price_of_a_stream_are_told_apart():
    for item in (examples.stamped(examples.heard()), examples.stamped_tick(examples.tick(mcap=1))):
        assert item_from_plain(item_to_plain(item)) == item
    with pytest.raises(NotStoredFormError, match="event, tick"):
        item_from_plain({**item_to_plain(item), "type": "news"})


@given(evidence())
def test_what_follows_from_evidence_is_not_kept_but_gathered_again(seen):
    plain = evidence_to_plain(seen)
    assert set(plain) == {"event", "calls", "stats"}
    assert evidence_from_plain(plain) == gather(seen.event, seen.calls, seen.stats) == seen


@given(evidence())
def test_a_call_that_the_event_tells_is_kept_once(seen):
    alone = replace(seen, event=replace(seen.event, heard=replace(seen.event.heard, calls=())))
    assert all(isinstance(kept["first"], int) for kept in evidence_to_plain(seen)["calls"])
    assert all(isinstance(kept["first"], dict) for kept in evidence_to_plain(alone)["calls"])
    assert evidence_from_plain(evidence_to_plain(alone)).calls == seen.calls


@pytest.mark.parametrize("number", [1, -1, 2**70])
def test_a_call_that_the_event_does_not_tell_is_refused(number):
    plain = evidence_to_plain(examples.evidence_of(examples.stamped(examples.heard(calls=[examples.call()]))))
    plain["calls"][0]["first"] = number
    with pytest.raises(NotStoredFormError, match="first"):
        evidence_from_plain(plain)


def test_the_error_names_the_field_and_what_it_should_be():
    with pytest.raises(NotStoredFormError, match=r"^seen: expected microseconds since 1970, found 'noon'$"):
        event_from_plain({"heard": {"token": str(examples.token()), "flags": {}, "seen": "noon"}})


def test_instants_far_away_are_refused_not_overflown():
    for far in (2**62, -(2**62), 10**40):
        with pytest.raises(NotStoredFormError):
            instant({"at": far}, "at")
