import json
from dataclasses import replace

from hypothesis import given

from tokenfilter.domain.feed_line import (
    decode,
    encode,
    parse_frame,
    unknown_fields,
)
from tokenfilter.testing.strategies import feed_lines, heard

ADDRESS = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"
SEEN = "2026-11-23T10:04:02.120Z"


def event_line(**changes):
    """A least event with some members put in or, where None, taken out."""
    line = {"type": "token", "token": {"address": ADDRESS}, "observed_at": SEEN, **changes}
    return json.dumps({key: value for key, value in line.items() if value is not None})


@given(feed_lines())
def test_every_line_is_read_back_from_its_spelling(line):
    assert decode(encode(line)) == decode(encode(line).encode()) == line


@given(feed_lines())
def test_a_line_is_spelt_as_one_line_whatever_reads_it(line):
    assert len(encode(line).splitlines()) == 1
    assert unknown_fields(parse_frame(encode(line))) == ()


def test_counts_are_spelt_as_json_numbers_and_everything_else_as_decimal_strings():
    line = decode(event_line(market={"holders": "612", "buys_5m": "1.5", "txns_1h": "1e20", "price_usd": 2}))
    market = json.loads(encode(line))["market"]
    assert market == {"holders": 612, "buys_5m": "1.5", "txns_1h": "1" + "0" * 20, "price_usd": "2"}


def test_a_number_too_small_to_be_spelt_plainly_in_40_digits_has_an_exponent():
    line = decode(event_line(market={"price_usd": "1.23456789012345e-29"}))
    assert json.loads(encode(line))["market"] == {"price_usd": "1.23456789012345E-29"}
    assert decode(encode(line)) == line


@given(heard())
def test_what_is_unknown_is_left_out_not_spelt_as_null(line):
    bare = replace(line, facts=type(line.facts)(), market={}, flags={}, calls=())
    spelt = json.loads(encode(bare))
    assert spelt["token"].keys() == {"chain", "address"}
    assert (spelt["market"], spelt["flags"], spelt["calls"]) == ({}, {}, [])
    assert "null" not in encode(bare)
