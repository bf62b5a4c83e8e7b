from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.numbers import DIGITS, InvalidNumberError, parse_number, plain, ratio, rounded

LARGEST, SMALLEST = Decimal("1e30"), Decimal("1e-30")
finite = st.builds(lambda n, places: Decimal(n).scaleb(places), st.integers(-(10**20), 10**20), st.integers(-45, 8))
sized = finite.filter(lambda n: n == 0 or SMALLEST <= abs(n) <= LARGEST)


@given(finite)
def test_rounding_keeps_15_digits_and_rounding_again_changes_nothing(number):
    once = rounded(number)
    assert len(once.as_tuple().digits) <= DIGITS
    assert rounded(once) == once
    assert abs(once - number) <= abs(number) * Decimal("5e-15")


@given(sized, sized)
def test_a_float64_orders_rounded_numbers_exactly_as_the_domain_does(one, other):
    one, other = rounded(one), rounded(other)
    assert (one < other) == (float(one) < float(other))
    assert rounded(Decimal(repr(float(one)))) == one


@given(sized)
def test_neighbours_in_the_last_digit_stay_apart_as_floats(number):
    number = rounded(number)
    if number:
        neighbour = rounded(number + Decimal(1).scaleb(number.adjusted() - DIGITS + 1))
        assert float(number) < float(neighbour)


@pytest.mark.parametrize(
    ("half", "even"),
    [("1.000000000000005", "1"), ("1.000000000000015", "1.00000000000002"), ("1.000000000000025", "1.00000000000002")],
)
def test_halves_go_to_the_even_neighbour(half, even):
    assert rounded(Decimal(half)) == Decimal(even)


def test_equal_values_look_equal_and_there_is_one_zero():
    assert str(rounded(Decimal(1000))) == str(rounded(Decimal("1e3")))
    assert str(rounded(Decimal("-0.000"))) == "0"


@given(sized)
def test_a_number_is_read_back_from_its_plain_spelling(number):
    spelt = plain(number)
    assert "E" not in spelt
    assert Decimal(spelt) == rounded(number)
    assert len(spelt) > 40 or parse_number(spelt) == rounded(number)


@pytest.mark.parametrize(
    ("text", "number"), [("1e5", "100000"), (" 5 ", "5"), ("-0", "0"), ("+.5", "0.5"), ("1e-30", "1e-30")]
)
def test_common_spellings_are_read(text, number):
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not a number"),
        ("ten", "not a number"),
        ("1_000", "not a number"),
        ("٣", "not a number"),
        ("sNaN", "not a number"),
        ("1e999999999", "not a number"),
        ("1e-9999999", "not a number"),
        ("nan", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("1.1e30", "out of range"),
        ("9e-31", "out of range"),
        ("0" * 41, "at most 40 digits"),
    ],
)
def test_what_is_no_number_we_can_hold_is_refused_never_made_zero(text, expected):
    with pytest.raises(InvalidNumberError, match=expected):
        parse_number(text)


@given(st.text(max_size=50))
def test_any_text_is_a_number_in_range_or_meets_the_readers_own_error(text):
    try:
        number = parse_number(text)
    except InvalidNumberError:
        return
    assert number == 0 or SMALLEST <= abs(number) <= LARGEST


@given(sized, sized)
def test_a_ratio_is_exact_to_15_digits_and_unknown_over_zero(one, other):
    share = ratio(one, other)
    if other == 0:
        assert share is None
    else:
        assert abs(share * other - one) <= abs(one) * Decimal("1e-14")
