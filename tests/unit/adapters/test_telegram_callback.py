"""Button data: written by us, read like anything from outside."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.telegram.callback import (
    LONGEST_CHANNEL,
    MOST_BYTES,
    Action,
    InvalidPressError,
    Press,
    decode,
    encode,
)
from tokenfilter.domain.ids import Chain, ChatId, Destination, Token
from tokenfilter.domain.market import METRICS
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing.strategies import channels, tokens

FIELDS = {
    "token": tokens(),
    "number": st.integers(0, 999_999_999),
    "part": st.integers(0, 3),
    "key": st.sampled_from(sorted(METRICS)),
    "word": st.from_regex(r"[A-Za-z0-9_+/-]{1,32}", fullmatch=True),
    "value": st.decimals(Decimal("-1e30"), Decimal("1e30"), allow_nan=False)
    .map(rounded)
    .filter(lambda v: v == 0 or abs(v) >= Decimal("1e-30")),
    "destination": st.builds(Destination, st.integers(-(2**52) + 1, -1).map(ChatId), st.none() | st.integers(1, 2**31)),
    "channel": channels().filter(lambda c: len(c) <= LONGEST_CHANNEL),
}


@st.composite
def presses(draw: st.DrawFn) -> Press:
    """Any press that can be made: the fields that its action carries are found by asking."""
    action = draw(st.sampled_from(Action))
    for size in range(6):
        for names in _subsets(size):
            try:
                return Press(action=action, **{name: draw(FIELDS[name]) for name in names})
            except InvalidPressError as error:
                if "carries" not in str(error):
                    raise
    raise AssertionError(action)


def _subsets(size: int):
    known = {
        0: [()],
        1: [("token",), ("number",), ("word",), ("destination",), ("channel",)],
        2: [("token", "number"), ("number", "part"), ("number", "destination"), ("number", "key")],
        3: [("number", "part", "key"), ("number", "part", "word"), ("number", "part", "value")],
        4: [("number", "part", "key", "word")],
        5: [("number", "part", "key", "word", "value")],
    }
    return known[size]


@given(presses())
def test_what_is_written_is_read_back(press):
    assert decode(encode(press)) == press


@given(presses())
def test_button_data_never_exceeds_what_telegram_takes(press):
    longest = encode(press).encode()
    assert 1 <= len(longest) <= MOST_BYTES


@given(st.binary(max_size=80) | st.text(max_size=80))
def test_arbitrary_data_is_refused_or_is_exactly_what_we_write(data):
    try:
        press = decode(data)
    except InvalidPressError:
        return
    assert encode(press) == (data.decode() if isinstance(data, bytes) else data)


@given(presses(), st.integers(0, 63), st.characters(codec="ascii"))
def test_a_changed_letter_is_refused_or_means_something_else(press, at, letter):
    data = encode(press)
    changed = data[: at % len(data)] + letter + data[at % len(data) + 1 :]
    try:
        assert (decode(changed) == press) == (changed == data)
    except InvalidPressError:
        assert changed != data


@pytest.mark.parametrize("data", ["", "1", "2fl", "1zz", "1fl:", "1fo", "1fo:01", "1fo:-1", "1why", "1fo:" + "9" * 60])
def test_data_of_another_version_or_shape_is_refused(data):
    with pytest.raises(InvalidPressError):
        decode(data)


def test_a_press_without_its_fields_cannot_be_made():
    with pytest.raises(InvalidPressError):
        Press(action=Action.WHY)
    with pytest.raises(InvalidPressError):
        Press(action=Action.FILTERS, number=1)


def test_the_longest_address_leaves_room_for_a_filter():
    token = Token(Chain.SOLANA, "9" * 43)
    assert len(encode(Press(action=Action.MUTE, token=token))) <= MOST_BYTES
