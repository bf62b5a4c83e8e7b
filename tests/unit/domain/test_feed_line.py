import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Heard, Tick
from tokenfilter.domain.feed_line import (
    MAX_FRAME,
    Ignored,
    UnreadableLineError,
    decode,
    decode_object,
    encode,
    parse_frame,
    unknown_fields,
)
from tokenfilter.domain.ids import parse_token
from tokenfilter.testing.strategies import feed_lines, heard, ticks

ADDRESS = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"
HEX = "0xAbCdEf0123456789aBcDeF0123456789ABCDEF01"
LAMB = parse_token(ADDRESS)
SEEN = "2026-11-23T10:04:02.120Z"
AT = datetime(2026, 11, 23, 10, 4, 2, 120_000, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(SEEN) | st.just(ADDRESS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def event_line(**changes):
    """A least event with some members put in or, where None, taken out."""
    line = {"type": "token", "token": {"address": ADDRESS}, "observed_at": SEEN, **changes}
    return json.dumps({key: value for key, value in line.items() if value is not None})


def stats_line(**stats):
    return json.dumps({"type": "channel", "channel": "@alpha", "stats": stats, "as_of": SEEN})


def refusal(raw):
    with pytest.raises(UnreadableLineError) as refused:
        decode(raw)
    return refused.value.reason, refused.value.field


@given(feed_lines())
def test_a_line_parsed_by_others_is_read_the_same(line):
    assert decode_object(json.loads(encode(line))) == line


def test_the_example_of_the_format_is_read_field_by_field():
    line = decode(
        event_line(
            id="01J9",
            token={
                "chain": "solana",
                "address": ADDRESS,
                "symbol": "LAMB",
                "name": "Lamb Coin",
                "created_at": "2026-11-23T10:00:00Z",
                "dex": "pumpswap",
                "launchpad": "pump.fun",
            },
            market={"price_usd": "0.000164", "market_cap_usd": "164197.20", "holders": 612, "top10_pct": 21.4},
            flags={"mint_revoked": True, "lp_burned": False, "twitter": None},
            calls=[
                {
                    "channel": "@Alpha",
                    "called_at": "2026-11-23T11:04:00+01:00",
                    "market_cap_usd": "121000",
                    "message_url": "https://t.me/alpha/812",
                }
            ],
        )
    )
    assert isinstance(line, Heard)
    assert (line.token, line.id, line.observed_at) == (LAMB, "01J9", AT)
    assert (line.facts.symbol, line.facts.name, line.facts.dex) == ("LAMB", "Lamb Coin", "pumpswap")
    assert (line.facts.created_at, line.facts.launchpad) == (datetime(2026, 11, 23, 10, tzinfo=UTC), "pump.fun")
    assert line.market == {
        "price": Decimal("0.000164"),
        "mcap": Decimal("164197.2"),
        "holders": 612,
        "top10": Decimal("21.4"),
    }
    assert line.flags == {"mint": True, "lp": False}
    (call,) = line.calls
    assert (call.channel, call.called_at) == ("@alpha", datetime(2026, 11, 23, 10, 4, tzinfo=UTC))
    assert (call.market_cap_usd, call.fdv_usd, call.message_url) == (121_000, None, "https://t.me/alpha/812")


def test_prices_and_statistics_are_read():
    price = {"type": "price", "address": HEX, "chain": "bnb", "price_usd": 2, "volume_1h_usd": 9, "observed_at": SEEN}
    assert decode(json.dumps(price)) == Tick(
        token=parse_token(HEX, "bsc"), observed_at=AT, market={"price": Decimal(2)}
    )
    assert decode(stats_line(win_rate_pct="64", avg_gain_pct=-3, calls=None)) == ChannelStats(
        channel="@alpha", as_of=AT, values={"win": Decimal(64), "gain": Decimal(-3)}
    )


def test_a_least_event_knows_nothing_and_is_named_by_its_token_and_time():
    line = decode(event_line(market={"holders": None}, flags=None, calls=None))
    assert line == Heard(token=LAMB, observed_at=AT, id=f"solana:{ADDRESS}@2026-11-23T10:04:02.120000Z")


@given(ticks())
def test_what_a_price_says_beyond_its_metrics_is_passed_over(tick):
    spelt = json.loads(encode(tick)) | {"volume_1h_usd": "nonsense", "market": 5}
    assert decode(json.dumps(spelt)) == tick


def test_a_duplicated_key_counts_as_last_said():
    line = decode(event_line(market={"holders": 1})[:-1] + ', "market": {"holders": 2}}')
    assert line.market == {"holders": 2}


def test_a_byte_order_mark_does_no_harm():
    assert decode(b"\xef\xbb\xbf" + event_line().encode()) == decode(event_line())


@pytest.mark.parametrize(
    ("raw", "reason", "field"),
    [
        ("", "not_json", None),
        ("{", "not_json", None),
        ("{} {}", "not_json", None),
        (b"\xff\xfe", "not_utf8", None),
        pytest.param("[" * 100_000, "too_deep", None, id="lists"),
        pytest.param('{"a":' * 40_000 + "1" + "}" * 40_000, "too_deep", None, id="objects"),
        ("5", "not_an_object", None),
        ("[]", "not_an_object", None),
        ("{}", "missing_field", "type"),
        ('{"type": 5}', "bad_text", "type"),
        (event_line(observed_at=None), "missing_field", "observed_at"),
        (event_line(token=None), "missing_field", "token.address"),
        (event_line(token=[]), "bad_object", "token"),
        (event_line(token={"address": "nonsense"}), "bad_address", "token.address"),
        (event_line(token={"address": HEX}), "bad_address", "token.address"),
        (event_line(token={"address": ADDRESS, "chain": "dogechain"}), "bad_address", "token.address"),
        (event_line(token={"address": ADDRESS, "symbol": 5}), "bad_text", "token.symbol"),
        (event_line(token={"address": ADDRESS, "created_at": "soon"}), "bad_instant", "token.created_at"),
        (event_line(id="x" * 257), "bad_id", "id"),
        (event_line(id="a\nb"), "bad_id", "id"),
        (event_line(id="\ud800"), "bad_id", "id"),
        (event_line(market=5), "bad_object", "market"),
        (event_line(flags={"mint_revoked": 1}), "bad_flag", "flags.mint_revoked"),
        (event_line(flags={"website": "https://lamb.fun"}), "bad_flag", "flags.website"),
        (event_line(calls={}), "bad_list", "calls"),
        (event_line(calls=[None]), "bad_object", "calls[0]"),
        (event_line(calls=[{"called_at": SEEN}]), "missing_field", "calls[0].channel"),
        (event_line(calls=[{"channel": "a b", "called_at": SEEN}]), "bad_channel", "calls[0].channel"),
        (event_line(calls=[{"channel": "a"}]), "missing_field", "calls[0].called_at"),
        (event_line(calls=[{"channel": "a", "called_at": SEEN, "fdv_usd": -1}]), "bad_number", "calls[0].fdv_usd"),
        (json.dumps({"type": "price", "observed_at": SEEN}), "missing_field", "address"),
        ('{"type":"channel","channel":"@a"}', "missing_field", "as_of"),
        (json.dumps({"type": "channel", "as_of": SEEN}), "missing_field", "channel"),
        (stats_line(win_rate_pct="many"), "bad_number", "stats.win_rate_pct"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_the_reason_and_the_field(raw, reason, field):
    assert refusal(raw) == (reason, field)


def test_a_frame_of_up_to_256_kib_is_read_and_a_longer_one_refused():
    padding = MAX_FRAME - len(event_line(note=""))
    whole = event_line(note="x" * padding)
    assert len(whole) == MAX_FRAME
    assert decode(whole) == decode(whole.encode()) == decode(event_line())
    for longer in (whole + " ", whole.encode() + b" ", whole.replace("x", "é", 1)):
        assert refusal(longer) == ("too_large", None)


@given(st.binary() | st.text())
def test_arbitrary_bytes_and_texts_raise_nothing_but_the_readers_own_error(raw):
    with suppress(UnreadableLineError):
        decode(raw)
    with suppress(UnreadableLineError):
        unknown_fields(parse_frame(raw))


@given(
    feed_lines(),
    st.sampled_from(["token", "market", "flags", "calls", "stats", "observed_at", "id", "address", "as_of"]),
    json_values,
)
def test_any_value_in_any_place_is_read_or_refused_by_the_readers_own_error(line, key, value):
    broken = json.loads(encode(line)) | {key: value}
    with suppress(UnreadableLineError):
        again = decode_object(broken)
        assert decode(encode(again)) == again


@given(
    heard(),
    st.sampled_from(["market", "token", "flags"]),
    st.sampled_from(["holders", "name", "mint_revoked", "address"]),
    json_values,
)
def test_any_value_in_any_field_is_read_or_refused_by_the_readers_own_error(line, part, field, value):
    broken = json.loads(encode(line))
    broken[part][field] = value
    with suppress(UnreadableLineError):
        decode(json.dumps(broken))


def test_a_line_of_a_type_we_do_not_know_is_ignored_and_says_what_it_called_itself():
    assert decode('{"type":"hello","token":5}') == Ignored(reason="unknown_type", said="hello")
    assert decode(json.dumps({"type": "x" * 100})).said == "x" * 40


def test_fields_we_do_not_know_are_named_wherever_they_stand():
    call = {"channel": "a", "called_at": SEEN, "views": 3}
    raw = event_line(
        token={"address": ADDRESS, "logo": "x"},
        market={"holders": 1, "foo": 1},
        flags={"nice": True},
        calls=[call] * 2,
        v=2,
    )
    assert unknown_fields(json.loads(raw)) == ("calls[].views", "flags.nice", "market.foo", "token.logo", "v")
    assert decode(raw).market == {"holders": 1}
    assert unknown_fields(json.loads(stats_line(foo=1))) == ("stats.foo",)


def test_a_number_too_long_to_hold_does_no_harm_in_a_field_we_do_not_know():
    raw = event_line(market={"foo": "@"}).replace('"@"', "9" * 5_000)
    assert decode(raw) == decode(event_line())


@pytest.mark.parametrize("line", [None, [], {}, {"type": []}, {"type": "hello", "x": 1}])
def test_what_is_no_known_line_has_no_unknown_fields(line):
    assert unknown_fields(line) == ()


def test_unknown_fields_are_told_apart_only_so_far_as_counting_them_is_safe():
    crowd = {f"{number:03}" + "x" * 100: 1 for number in range(100)}
    named = unknown_fields({"type": "channel", **crowd, "calls": 5, "stats": []})
    assert len(named) == 20
    assert max(map(len, named)) == 64
