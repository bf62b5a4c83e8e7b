import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tokenfilter.domain.feed_line import (
    UnreadableLineError,
    decode,
    decode_object,
)
from tokenfilter.testing.strategies import instants

ADDRESS = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"
SEEN = "2026-11-23T10:04:02.120Z"
AT = datetime(2026, 11, 23, 10, 4, 2, 120_000, tzinfo=UTC)


def event_line(**changes):
    """A least event with some members put in or, where None, taken out."""
    line = {"type": "token", "token": {"address": ADDRESS}, "observed_at": SEEN, **changes}
    return json.dumps({key: value for key, value in line.items() if value is not None})


def refusal(raw):
    with pytest.raises(UnreadableLineError) as refused:
        decode(raw)
    return refused.value.reason, refused.value.field


@given(instants())
def test_one_instant_in_several_spellings_names_one_event(at):
    spellings = (at.isoformat(), at.isoformat().replace("+00:00", "Z"), at.isoformat().replace("T", " "))
    assert len({decode(event_line(observed_at=spelt)).id for spelt in spellings}) == 1


@pytest.mark.parametrize(
    "text", ["2026-11-23T10:04:02.120999999Z", "2026-11-23t10:04:02,120999z", "2026-11-23T11:04:02.120999+0100"]
)
def test_instants_are_read_in_any_zone_and_kept_to_the_microsecond(text):
    assert decode(event_line(observed_at=text)).observed_at == AT.replace(microsecond=120_999)


@given(st.decimals(0, 10**20, allow_nan=False, places=6))
def test_a_json_number_is_as_exact_as_a_decimal_string(number):
    raw = event_line(market={"market_cap_usd": "@"})
    assert decode(raw.replace('"@"', str(number))) == decode(raw.replace("@", str(number)))


def test_numbers_keep_the_15_digits_that_floats_would_blur():
    line = decode(event_line(market={"market_cap_usd": 1}).replace(": 1}", ": 0.100000000000000055511151231257827}"))
    assert str(line.market["mcap"]) == "0.1"
    assert str(decode_object(json.loads(event_line(market={"price_usd": 0.1}))).market["price"]) == "0.1"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://t.me/alpha/812", True),
        ("http://example.org/a?b=c", True),
        ("javascript:alert(1)", False),
        ("https://t.me/a b", False),
        ('https://t.me/"><b>', False),
        ("https://", False),
        ("https://t.me/\ud800", False),
        ("https://t.me/" + "a" * 2_048, False),
        ("", False),
        (5, False),
    ],
)
def test_a_message_address_that_is_no_web_address_is_unknown(url, kept):
    line = decode(event_line(calls=[{"channel": "a", "called_at": SEEN, "message_url": url}]))
    assert line.calls[0].message_url == (url if kept else None)


def test_names_are_kept_as_they_are_but_for_what_cannot_be_stored_or_shown():
    line = decode(event_line(token={"address": ADDRESS, "symbol": " <b>\u202e ", "name": "a\ud800b\x00c", "dex": ""}))
    assert (line.facts.symbol, line.facts.name, line.facts.dex) == (" <b>\u202e ", "a\ufffdb\ufffdc", None)


@given(st.integers(1, 10_000))
@example(256)
@example(257)
def test_a_long_name_is_cut_and_the_cut_can_be_seen(length):
    name = decode(event_line(token={"address": ADDRESS, "name": "x" * length})).facts.name
    assert name == ("x" * length if length <= 256 else "x" * 255 + "…")


@pytest.mark.parametrize(
    "number",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "-1",
        "1e999",
        "1e-999",
        "1e99999999999999999999",
        "1" * 41,
        "true",
        "[]",
        '"ten"',
        '"1,000"',
        '""',
    ],
)
def test_what_is_no_number_is_refused_never_made_zero(number):
    raw = event_line(market={"market_cap_usd": "@"}).replace('"@"', number)
    assert refusal(raw) == ("bad_number", "market.market_cap_usd")


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(10**5_000, id="5001 digits"),
        -(10**41),
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("1e9999999"),
        True,
        -1,
    ],
)
def test_a_number_parsed_by_others_is_held_to_the_same(number):
    with pytest.raises(UnreadableLineError, match=r"market\.holders"):
        decode_object(json.loads(event_line()) | {"market": {"holders": number}})


def test_only_metrics_with_a_sign_may_be_negative():
    assert decode(event_line(market={"price_change_1h_pct": "-60.5"})).market == {"chg1h": Decimal("-60.5")}
    assert refusal(event_line(market={"holders": -1})) == ("bad_number", "market.holders")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T10:04:02",
        "2026-11-23",
        "1795428242",
        "2026-11-23T10:04.5Z",
        "2026-02-30T10:04:02Z",
        "2026-11-23T25:00:00Z",
        "2026-11-23T10:04:02+99:00",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+12:00",
        "٢026-11-23T10:04:02Z",
        "",
    ],
)
def test_an_instant_without_a_zone_or_that_cannot_be_is_refused(text):
    assert refusal(event_line(observed_at=text)) == ("bad_instant", "observed_at")
