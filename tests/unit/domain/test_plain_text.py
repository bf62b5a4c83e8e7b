"""Plain values as text: exact, one line, and without what PostgreSQL's JSONB refuses."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.text import SIGN, dumps, loads
from tokenfilter.testing.strategies.stored import any_text

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(any_text(), inner), max_leaves=10)


@given(values)
def test_every_value_comes_back_from_its_text_and_from_its_bytes(value):
    assert loads(dumps(value)) == loads(dumps(value).encode()) == value


@given(values)
def test_the_text_is_one_line_of_json_that_utf_8_and_jsonb_can_hold(value):
    text = dumps(value)
    read = json.loads(text)
    assert len(text.encode().splitlines()) == len(text.splitlines()) == 1
    assert "\0" not in json.dumps(read, ensure_ascii=False)
    assert r"\u0000" not in json.dumps(read).replace(r"\\", "")
    assert json.dumps(read, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\0b", f'"a{SIGN}0000b"'),
        (r"\u0000", r'"\\u0000"'),
        ("\\\0", rf'"\\{SIGN}0000"'),
        ("\ud83d\ude00", f'"{SIGN}d83d{SIGN}de00"'),
        ("\U0001f600", '"\U0001f600"'),
        (f"{SIGN}0000", f'"{SIGN}241b0000"'),
        ("\u2028\x85\n", r'"\u2028\u0085\n"'),
        ({"\0": ["é", 1, True, None]}, f'{{"{SIGN}0000":["é",1,true,null]}}'),
    ],
)
def test_what_no_store_takes_is_written_as_a_sign_and_four_digits(value, text):
    assert dumps(value) == text
    assert loads(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", '{"a":1}}', "NaN", "[Infinity]", "-Infinity", "1" * 5_000, "[" * 100_000),
        *(b"\xff", b'"\xed\xa0\xbd"', f'"{SIGN}"', f'"{SIGN}0001"', f'"{SIGN}D83D"', f'"{SIGN}d7ff"'),
    ],
)
def test_what_was_never_written_is_refused(text):
    with pytest.raises(NotStoredFormError):
        loads(text)


@given(
    st.text() | st.binary() | any_text(max_size=40) | st.builds(lambda v, n: dumps(v)[:n], values, st.integers(0, 40))
)
def test_any_text_is_read_or_refused_and_nothing_else(text):
    with suppress(NotStoredFormError):
        loads(text)


def test_a_float_that_is_no_number_is_not_written():
    with pytest.raises(ValueError, match="JSON"):
        dumps({"delay": float("nan")})
