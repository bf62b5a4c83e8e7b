"""Numbers: three digits, a unit, and the unknown as what it is."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.telegram import figures
from tokenfilter.domain.market import METRICS
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing.strategies import values

NUMBERS = st.decimals(min_value=Decimal("-1e30"), max_value=Decimal("1e30"), allow_nan=False).map(rounded)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000))
SIZES = {"": 1, "k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def read(shown: str) -> Decimal:
    """The number a person reads from `$164k` or `$0.0₄164`."""
    digits = shown.replace("−", "-").replace("$", "").replace("+", "").rstrip("%x")
    if found := re.fullmatch(r"(-?)0\.0([₀-₉]+)(\d+)", digits):
        zeros = int(found[2].translate(SUBSCRIPTS))
        return Decimal(f"{found[1]}0.{'0' * zeros}{found[3]}")
    found = re.fullmatch(r"(-?[\d.]+)([kMBT]?)", digits)
    assert found, shown
    return Decimal(found[1]) * SIZES[found[2]]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("164197.2", "$164k"),
        ("1210000", "$1.21M"),
        ("870", "$870"),
        ("0.0000164", "$0.0₄164"),
        ("0.00164", "$0.0₂164"),
        ("0.0164", "$0.0164"),
        ("999.6", "$1k"),
        ("999600", "$1M"),
        ("0", "$0"),
        ("-5", "−$5"),
        ("1e30", "$999T+"),
    ],
)
def test_money_reads_as_the_style_guide_says(number, shown):
    assert figures.money(Decimal(number)) == shown


def test_changes_multiples_and_rates_read_as_the_style_guide_says():
    assert figures.change(Decimal(47)) == "+47%"
    assert figures.change(Decimal(-12)) == "−12%"
    assert figures.change(Decimal("0.04")) == "+0%"
    assert figures.change(Decimal(1034)) == "+1,030%"
    assert figures.multiple(Decimal(2)) == "2.0x"
    assert figures.multiple(Decimal("12.4")) == "12x"
    assert figures.multiple(Decimal("0.01")) == "under 0.1x"
    assert figures.rate(Decimal(64), Decimal(41)) == "64% (n=41, 49–77%)"
    assert figures.rate(Decimal(64), None) == "64% (n=–)"
    assert [figures.duration(timedelta(seconds=s)) for s in (2.14, 45, 240, 10_800, 172_800)] == [
        "2.1 s",
        "45 s",
        "4 min",
        "3 h",
        "2 d",
    ]


@pytest.mark.parametrize("metric", METRICS)
def test_an_unknown_value_is_an_en_dash_whatever_its_unit(metric):
    assert figures.value(metric, None) == "–"


@given(st.sampled_from(sorted(METRICS)), NUMBERS)
def test_every_number_can_be_shown_with_at_most_three_digits_that_count(metric, number):
    shown = figures.value(metric, number)
    digits = re.sub(r"₀|₁|₂|₃|₄|₅|₆|₇|₈|₉|/100|999T\+", "", shown)
    counting = re.sub(r"[^0-9]", "", digits).strip("0")
    assert len(counting) <= 6 if METRICS[metric].unit.value == "seconds" else len(counting) <= 3


@given(NUMBERS.filter(lambda n: 0 < n < Decimal("9e14")))
def test_what_is_read_from_money_is_within_half_a_percent_of_it(number):
    assert abs(read(figures.money(number)) - number) <= number * Decimal("0.005")


@given(NUMBERS, NUMBERS)
def test_more_money_never_reads_as_less(one, other):
    low, high = sorted((one, other))
    if abs(low) < Decimal("9e14") and abs(high) < Decimal("9e14"):
        assert read(figures.money(low)) <= read(figures.money(high))


@given(st.sampled_from(sorted(METRICS)).flatmap(lambda m: st.tuples(st.just(m), values(m), values(m))))
def test_a_number_beside_its_bound_never_reads_as_if_it_stood_on_the_other_side(case):
    metric, number, bound = case
    shown, limit = figures.beside(metric, number, [bound]), figures.limit(metric, bound)
    if (
        METRICS[metric].unit.value not in ("seconds", "score")
        and "<" not in shown
        and "under" not in shown
        and 0 < number < 10**14
        and bound > 0
    ):
        seen = read(shown.replace(",", ""))
        assert (number > bound) == (seen > bound) or number == bound, (shown, limit)


@given(SPANS, SPANS)
def test_a_longer_time_never_reads_as_a_shorter_one(one, other):
    units = {"s": 1, "min": 60, "h": 3600, "d": 86_400}

    def seconds(shown: str) -> float:
        amount, unit = shown.split()
        return float(amount) * units[unit]

    low, high = sorted((one, other))
    assert seconds(figures.duration(low)) <= seconds(figures.duration(high))
    assert seconds(figures.duration(high)) <= high.total_seconds() + 0.001


@given(st.text(max_size=30))
def test_a_zone_that_is_none_is_utc(name):
    at = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)
    assert re.fullmatch(r"\d\d:\d\d|\d+ [A-Z][a-z]{2} \d\d:\d\d", figures.instant(at, name, now=at))


def test_a_time_is_the_persons_own_and_names_the_day_only_where_it_is_another():
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert figures.instant(at, "Europe/Berlin", now=at) == "00:30"
    assert figures.instant(at, "Europe/Berlin", now=at + timedelta(days=1)) == "24 Nov 00:30"
