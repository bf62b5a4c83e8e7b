"""The text form of filters: printing loses nothing, order and case mean nothing, no text breaks the reader."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tokenfilter.domain.filter import (
    ChannelRule,
    Criteria,
    Filter,
    FlagIs,
    OneOf,
    Range,
    Recheck,
    Unknown,
)
from tokenfilter.domain.filter_pieces import WORDS
from tokenfilter.domain.filter_text import (
    MAX_TEXT,
    InvalidFilterTextError,
    canonical,
    criterion_text,
    format_filter,
    parse_filter,
)
from tokenfilter.domain.filter_values import can_be_member, read_window, spell_window
from tokenfilter.domain.market import METRICS, Unit
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing import strategies as some

garbage = (
    st.text(max_size=200)
    | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
    | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
)
_FRAGMENTS = (
    *WORDS,
    *'0123456789.-−$%"@,\n',
    "..",
    ">=",
    "<",
    "≤",
    "over",
    "under",
    "10k",
    "2h",
    "1.8x",
    "only",
    "not",
    "in",
)
nearly_filters = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=3), max_size=40).map(" ".join)


def read(text):
    try:
        return parse_filter(text)
    except InvalidFilterTextError as error:
        return error


def refusal(text):
    with pytest.raises(InvalidFilterTextError) as caught:
        parse_filter(text)
    return caught.value


@given(some.filters())
@example(Filter())
@example(Filter(recheck=Recheck.ALWAYS))
@example(Filter(any_of=(Criteria(), Criteria(flags=(FlagIs(flag="mint", wanted=True),)))))
@example(Filter(any_of=(Criteria(channel=ChannelRule()),)))
@example(Filter(any_of=(Criteria(channel=ChannelRule(window=timedelta(microseconds=1))),)))
@example(Filter(any_of=(Criteria(flags=(FlagIs(flag="lp", wanted=False),)), Criteria()), recheck=Recheck.ALWAYS))
def test_a_printed_filter_reads_back_as_itself(wanted):
    assert parse_filter(format_filter(wanted)) == canonical(wanted)


_UNITS = {
    Unit.USD: ("", "k", "m", "b"),
    Unit.PERCENT: ("", "%", "k", "k%"),
    Unit.COUNT: ("", "k", "m"),
    Unit.SECONDS: ("", "s", "m", "h", "d"),
    Unit.MULTIPLE: ("", "x"),
    Unit.SCORE: ("",),
}


@st.composite
def as_people_write(draw):
    """Filters in people's own spellings: any number, any unit the metric takes, policies and recheck anywhere."""
    pieces = []
    for metric in draw(st.lists(st.sampled_from(list(METRICS.values())), unique=True, max_size=6)):
        sign = draw(st.sampled_from(("", "+", "-") if metric.signed else ("", "+")))
        digits = draw(st.from_regex(r"[0-9]{1,18}(\.[0-9]{1,20})?|\.[0-9]{1,9}", fullmatch=True))
        unit = draw(st.sampled_from(_UNITS[metric.unit]))
        operator = draw(st.sampled_from((">=", "<=", ">", "<", "≥", "≤", "over", "under")))
        policy = draw(st.sampled_from(("", " unknown pass", " unknown refuse")))
        pieces.append(f"{metric.name} {operator} {sign}{digits}{unit}{policy}")
    pieces += draw(st.lists(st.sampled_from(("unknown pass", "recheck always", "mint no", "any")), unique=True))
    return draw(st.sampled_from((", ", "\n"))).join(pieces)


@given(as_people_write())
def test_what_people_write_reads_the_same_after_printing(text):
    wanted = parse_filter(text)
    assert parse_filter(format_filter(wanted)) == wanted


_SIZES = (
    st.decimals(allow_nan=False, allow_infinity=False, places=None)
    .map(rounded)
    .filter(lambda n: not n or Decimal("1e-80") <= abs(n) <= Decimal("1e80"))
)


@given(st.sampled_from(list(METRICS.values())), _SIZES, _SIZES, st.sampled_from(Unknown))
@example(METRICS["age"], Decimal(0), Decimal("6e79"), Unknown.PASS)
@example(METRICS["age"], Decimal("0.000001"), Decimal("90.5"), Unknown.PASS)
@example(METRICS["price"], Decimal("1.23456789012345e-30"), Decimal("1.23456789012345e-9"), Unknown.PASS)
@example(METRICS["chg1h"], Decimal("-99.9999999999999"), Decimal("-0.1"), Unknown.REFUSE)
@example(METRICS["rise"], Decimal("-1.09866898314863e30"), Decimal("9.99999999999999e79"), Unknown.PASS)
@example(METRICS["mcap"], Decimal("1e30"), Decimal("1e30"), Unknown.REFUSE)
@example(METRICS["since"], Decimal("12345678901236e16"), Decimal("12345678901236e16"), Unknown.REFUSE)
def test_no_bound_loses_a_digit_in_print(metric, one, other, policy):
    low, high = sorted((one, other) if metric.signed else (abs(one), abs(other)))
    bound = Range(metric=metric.name, low=low, high=high, unknown=policy)
    (criteria,) = parse_filter(criterion_text(bound)).any_of
    assert (criteria.ranges or criteria.channel.ranges) == (bound,)


@given(st.integers(1, 86_400_000_000).map(lambda n: timedelta(microseconds=n)))
def test_no_window_loses_a_microsecond_in_print(window):
    assert read_window(spell_window(window)) == window


_MEMBERS = st.text(min_size=1, max_size=64).map(str.lower).filter(can_be_member)


@given(st.frozensets(_MEMBERS | st.sampled_from(("only", "not", "or", "any", "unknown", '"', '"x"', "<3")), min_size=1))
def test_any_word_that_can_be_written_reads_back(words):
    wanted = Filter(any_of=(Criteria(sets=(OneOf(field="word", only=words, exclude=words),)),))
    if len(format_filter(wanted)) <= MAX_TEXT:
        assert parse_filter(format_filter(wanted)) == wanted


@given(some.filters(), st.randoms())
def test_case_order_and_separators_do_not_matter(wanted, random):
    texts = []
    for criteria in wanted.any_of:
        parts = [*criteria.ranges, *criteria.flags, *criteria.sets, *([criteria.channel] if criteria.channel else [])]
        pieces = [piece for part in parts for piece in criterion_text(part).split(", ")] or ["any"]
        random.shuffle(pieces)
        pieces = [p if p.startswith("token") else random.choice((p.upper(), p.title(), f" \t{p}  ")) for p in pieces]
        texts.append("".join(piece + random.choice((",", ", ", "\n", "\r\n", " ,\n\n,")) for piece in pieces))
    random.shuffle(texts)
    text = "\nOR\n".join(texts) + f"\nRecheck {wanted.recheck.upper()}"
    assert parse_filter(text) == canonical(wanted)


@given(st.one_of(garbage, nearly_filters))
def test_no_text_raises_anything_but_the_texts_own_error(text):
    result = read(text)
    assert isinstance(result, Filter | InvalidFilterTextError)


_IN_ONE_PIECE = st.characters(exclude_categories=["Nd", "Cc", "Cs", "Zl", "Zp"], exclude_characters=",")


@given(as_people_write(), st.text(_IN_ONE_PIECE, max_size=9))
def test_a_refusal_points_at_the_criterion_it_names(text, wrong):
    error = refusal(f"{text}, ?{wrong}")
    assert f"{text}, ?{wrong}".startswith(error.criterion, error.position)
    assert error.position == len(text) + 2


@given(some.filters())
def test_equal_filters_print_alike_whatever_their_order(wanted):
    other = Filter(
        any_of=tuple(
            Criteria(ranges=c.ranges[::-1], flags=c.flags[::-1], sets=c.sets[::-1], channel=c.channel)
            for c in reversed(wanted.any_of)
        ),
        recheck=wanted.recheck,
    )
    assert format_filter(other) == format_filter(wanted)
    assert canonical(canonical(other)) == canonical(wanted)
