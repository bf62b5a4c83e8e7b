"""The text form of filters: what is understood, what is refused and how, and that printing loses nothing."""

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
    InvalidFilterError,
    OneOf,
    Range,
    Recheck,
    Unknown,
)
from tokenfilter.domain.filter_pieces import WORDS
from tokenfilter.domain.filter_print import channels_text, criterion_name
from tokenfilter.domain.filter_text import (
    MAX_TEXT,
    InvalidFilterTextError,
    canonical,
    criterion_text,
    format_filter,
    limit_text,
    parse_filter,
    value_text,
)
from tokenfilter.domain.filter_values import can_be_member, read_window, spell_window
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.market import METRICS, Unit
from tokenfilter.domain.numbers import rounded
from tokenfilter.domain.presets import PRESETS
from tokenfilter.testing import strategies as some

ADDRESS = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"
HEX_ADDRESS = "0xABCDEF0123456789abcdef0123456789ABCDEF01"
SPECIFIED = """
mcap 10k..200k, liq >= 5k, age <= 30m, win >= 55, record >= 10, quorum 2 in 30m, mint revoked, freeze revoked, top10 <= 25 unknown pass,
channel only @alpha @beta, channel not @spam, word not inu, chain solana, recheck always
"""  # noqa: E501 - as it stands in FORMATS 3

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


def one_range(text):
    (criteria,) = parse_filter(text).any_of
    (bound,) = criteria.ranges or criteria.channel.ranges
    return bound.low, bound.high


def read(text):
    try:
        return parse_filter(text)
    except InvalidFilterTextError as error:
        return error


def refusal(text):
    with pytest.raises(InvalidFilterTextError) as caught:
        parse_filter(text)
    return caught.value


# Round trips


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
    .filter(lambda n: not n or Decimal("1e-30") <= abs(n) <= Decimal("1e30"))
)


@given(st.sampled_from(list(METRICS.values())), _SIZES, _SIZES, st.sampled_from(Unknown))
@example(METRICS["age"], Decimal(0), Decimal("6e29"), Unknown.PASS)
@example(METRICS["age"], Decimal("0.000001"), Decimal("90.5"), Unknown.PASS)
@example(METRICS["price"], Decimal("1.23456789012345e-30"), Decimal("1.23456789012345e-9"), Unknown.PASS)
@example(METRICS["chg1h"], Decimal("-99.9999999999999"), Decimal("-0.1"), Unknown.REFUSE)
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


# What is understood


def test_the_specified_example_means_what_it_says():
    assert parse_filter(SPECIFIED) == Filter(
        any_of=(
            Criteria(
                ranges=(
                    Range(metric="mcap", low=Decimal(10_000), high=Decimal(200_000)),
                    Range(metric="liq", low=Decimal(5_000)),
                    Range(metric="age", high=Decimal(1_800)),
                    Range(metric="top10", high=Decimal(25), unknown=Unknown.PASS),
                ),
                flags=(FlagIs(flag="mint", wanted=True), FlagIs(flag="freeze", wanted=True)),
                sets=(
                    OneOf(field="chain", only=frozenset({"solana"})),
                    OneOf(field="word", exclude=frozenset({"inu"})),
                ),
                channel=ChannelRule(
                    ranges=(Range(metric="win", low=Decimal(55)), Range(metric="record", low=Decimal(10))),
                    only=frozenset({ChannelId("@alpha"), ChannelId("@beta")}),
                    exclude=frozenset({ChannelId("@spam")}),
                    quorum=2,
                    window=timedelta(minutes=30),
                ),
            ),
        ),
        recheck=Recheck.ALWAYS,
    )


def test_the_specified_example_prints_in_catalogue_order():
    assert format_filter(parse_filter(SPECIFIED)) == (
        "mcap 10k..200k, liq >= 5k, age <= 30m, top10 <= 25 unknown pass, mint revoked, freeze revoked, "
        "chain only solana, word not inu, win >= 55, record >= 10, channel only @alpha @beta not @spam, "
        "quorum 2 in 30m, recheck always"
    )


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("mcap 10k-200k", "10000", "200000"),
        ("mcap 10K – 200K", "10000", "200000"),
        ("mcap 10k … 200k", "10000", "200000"),
        ("mcap>$10k", "10000", None),
        ("MCAP ≥ $1.5m", "1500000", None),
        ("mcap over 2b", "2000000000", None),
        ("mcap under 10", None, "10"),
        ("mcap < .5", None, "0.5"),
        ("mcap ≤+5", None, "5"),
        ("mcap <= 0." + "9" * 40, None, "1"),
        ("mcap <= " + "0" * 900 + "5", None, "5"),
        ("win >= 55%", "55", None),
        ("gain >= 1k%", "1000", None),
        ("median >= 1.8x", "1.8", None),
        ("chg1h -20--10", "-20", "-10"),
        ("chg1h −20..−10", "-20", "-10"),
        ("gain -20-50", "-20", "50"),
        ("holders 1.5..2.5", "1.5", "2.5"),
        ("age 90..2h", "90", "7200"),
        ("age 30s..5m", "30", "300"),
        ("age <= 7D", None, "604800"),
        ("vol5m >= 5m", "5000000", None),
        ("calls >= 3", "3", None),
        ("channels >= 3", "3", None),
        ("price >= 1.234567890123455", "1.23456789012346", None),
    ],
)
def test_a_range_is_read_liberally(text, low, high):
    assert one_range(text) == (low and Decimal(low), high and Decimal(high))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("mcap >= 10000", "mcap >= 10k"),
        ("mcap >= 5700", "mcap >= 5.7k"),
        ("mcap >= 12345", "mcap >= 12345"),
        ("mcap >= 1250000", "mcap >= 1.25m"),
        ("mcap >= 999", "mcap >= 999"),
        ("holders >= 1000", "holders >= 1k"),
        ("holders >= 1500", "holders >= 1500"),
        ("gain >= 1000", "gain >= 1000"),
        ("age <= 5400", "age <= 90m"),
        ("age <= 90", "age <= 90s"),
        ("age <= 172800", "age <= 2d"),
        ("age >= 0", "age >= 0s"),
        ("age <= 0.5", "age <= 0.5s"),
        ("price <= 0.000000100", "price <= 0.0000001"),
        ("quorum 2 in 90", "quorum 2 in 90s"),
        ("quorum 1", "quorum 1"),
        ("quorum 1 in 1d", "quorum 1"),
        ("win >= 5, quorum 1", "win >= 5"),
        ("chain sol, chain eth", "chain only ethereum solana"),
        ("channel alpha not -100123", "channel only @alpha not -100123"),
        (f"token {HEX_ADDRESS} {ADDRESS}", f"token only {HEX_ADDRESS.lower()} {ADDRESS}"),
        ("word not INU not dog", "word not dog inu"),
        ('word "not" "Moon"', 'word only moon "not"'),
        ("lp no, mint yes, honeypot NO", "mint revoked, lp unburned, honeypot no"),
        ("mcap any, mint any, quorum any, channel any, chain any, any", ""),
        ("unknown pass, recheck new", ""),
        ("unknown refuse\nmcap > 1", "mcap >= 1"),
        ("unknown pass, mcap > 1, liq > 1 unknown refuse", "mcap >= 1 unknown pass, liq >= 1"),
        ("unknown pass, win > 2, mint yes, dex orca",
         "mint revoked unknown pass, dex only orca unknown pass, win >= 2 unknown pass"),
        ("word a unknown pass, word not b", "word only a not b unknown pass"),
        ("liq > 1 unknown pass\nor\nmcap > 1", "liq >= 1 unknown pass\nor\nmcap >= 1"),
        ("mcap > 1, or, liq > 1", "liq >= 1\nor\nmcap >= 1"),
        ("mcap > 1, recheck always\nor\nany", "any\nor\nmcap >= 1, recheck always"),
        ("unknown pass, any\nor\nmcap > 1", "any\nor\nmcap >= 1"),
    ],
)  # fmt: skip
def test_a_filter_prints_canonically(text, printed):
    assert format_filter(parse_filter(text)) == printed


@pytest.mark.parametrize("text", ["", " \n,, \r\n", "unknown pass", "recheck new", "any"])
def test_without_criteria_a_filter_matches_everything(text):
    assert parse_filter(text) == Filter()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_can_be_read_and_printed(preset):
    assert parse_filter(format_filter(preset.wanted)) == preset.wanted


# What is refused


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("liq > 5k, mcapp 1..2", 10, "mcapp 1..2 (character 11): no criterion of that name; did you mean mcap?"),
        ("zzz", 0, "zzz (character 1): no criterion of that name"),
        (">= 5", 0, ">= 5 (character 1): no criterion of that name"),
        ("channel only @a, @b", 17, "the values of a set stand with blanks between, not commas"),
        ("liq > 1, mcap >= 10,000", 9, "mcap >= 10,000 (character 10): a comma separates criteria: write 10k"),
        ("mcap 1,250,000..2m", 0, "write 1.25m"),
        ("mcap >= 1,5", 0, "write 1.5 for 1,5"),
        ("mcap >= 111,222,333,444,555,666,777,888", 0, "write 1.5 for 1,5"),
        ("mcap >= 10s", 0, "mcap is not counted in s: expected an amount such as 10k, 1.5m or 2b"),
        ("mcap >= 5%", 0, "mcap is not counted in %"),
        ("age <= 10k", 0, "age is not counted in k: expected a time such as 30s, 5m, 2h or 7d"),
        ("age <= 1.8x", 0, "age is not counted in x"),
        ("win >= $5", 0, "win is not counted in $"),
        ("win >= 5x", 0, "win is not counted in x"),
        ("median >= 5%", 0, "median is not counted in %"),
        ("risk <= 5%", 0, "risk is not counted in %"),
        ("mcap -5..3", 0, "mcap is never negative"),
        ("mcap >= 1e5", 0, "expected a range such as mcap 1k..100m"),
        ("mcap 10k", 0, "expected a range such as mcap 1k..100m"),
        ("mcap", 0, "expected a range such as mcap 1k..100m"),
        ("mcap > 1 or liq > 2", 0, "(`or` stands on a line of its own)"),
        ("mcap >= 0." + "9" * 41, 0, "a number has at most 40 digits"),
        ("mcap >= 0." + "0" * 31 + "1", 0, "out of range"),
        ("mcap >= 1" + "0" * 31, 0, "out of range"),
        ("mcap 200k..10k", 0, "the lower bound comes first: write mcap 10k..200k"),
        ("mcap >= 10k, mcap <= 200k", 13, "mcap is given twice: write mcap 10k..200k"),
        ("record <= 9, calls >= 3", 13, "record is given twice: write record 3..9"),
        ("mcap >= 10k, mcap >= 20k", 13, "mcap is given twice: write one range, mcap a..b"),
        ("mcap >= 10k, mcap <= 2k", 13, "mcap is given twice: write one range, mcap a..b"),
        ("mcap >= 10k <= 200k", 0, "two bounds are written mcap 10k..200k"),
        ("mint revokd", 0, "expected `mint revoked` or `mint active`; did you mean mint revoked?"),
        ("mint", 0, "expected `mint revoked` or `mint active`"),
        ("mint yes, mint yes", 10, "mint is given twice"),
        ("quorum 0", 0, "quorum must be at least 1"),
        ("quorum 2.5", 0, "expected a whole number of channels"),
        ("quorum 2, quorum 3", 10, "quorum is given twice"),
        ("quorum 2 in 25h", 0, "at most 24h"),
        ("quorum 2 in 1" + "0" * 29, 0, "at most 24h"),
        ("quorum 2 in 0.0000001s", 0, "longer than nothing"),
        ("quorum 2 in -5m", 0, "longer than nothing"),
        ("quorum 2 in 5k", 0, "a window is not counted in k"),
        ("quorum 2 in soon", 0, "expected a time such as 30s"),
        ("quorum 2 unknown pass", 0, "who called is never unknown"),
        ("channel @a unknown pass", 0, "who called is never unknown"),
        ("channel @a!", 0, "not a channel name"),
        ("chain dogechain", 0, "unknown chain 'dogechain'"),
        ("token abc", 0, "not a token address"),
        ("token 0x12", 0, "expected 0x and 40 hex digits"),
        ("word", 0, "expected values: word only cat"),
        ("word only", 0, "expected values: word only cat"),
        ("word only not a", 0, "expected values: word only cat"),
        ("word a not", 0, "expected values: word only cat"),
        ("word a or mint yes", 0, 'or is a word of the filter language: write "or"'),
        ('word "shiba inu"', 0, "a value has no blanks and no commas"),
        ('word "', 0, "a value has no blanks and no commas"),
        ("word " + "x" * 65, 0, "at most 64 visible characters"),
        ("word a\u200bb", 0, "at most 64 visible characters"),
        ('word ""', 0, "a value has no blanks and no commas"),
        ("word a unknown pass, word b unknown refuse", 21, "`unknown pass` and `unknown refuse` are both given"),
        ("mcap > 1 unknown", 0, "expected `unknown pass` or `unknown refuse` at the end"),
        ("mcap > 1 unknown maybe", 0, "expected `unknown pass` or `unknown refuse` at the end"),
        ("unknown", 0, "expected `unknown refuse` or `unknown pass`"),
        ("unknown pass, unknown refuse", 14, "unknown is given twice"),
        ("unknown unknown pass", 0, "expected `unknown refuse` or `unknown pass`"),
        ("recheck often", 0, "expected `recheck new` or `recheck always`"),
        ("recheck new unknown pass", 0, "expected `recheck new` or `recheck always`"),
        ("recheck new\nmcap > 1\nor\nliq > 1, recheck new", 33, "recheck is given twice"),
        ("any thing", 0, "expected nothing after `any`"),
        ("any unknown pass", 0, "expected nothing after `any`"),
        ("or", 0, "expected criteria on both sides of `or`"),
        ("mcap > 1\nor\n", 9, "expected criteria on both sides of `or`"),
        ("mcap > 1\nor\nunknown pass, recheck new", 9, "expected criteria on both sides of `or`"),
        ("any\nor\n" * 4 + "any", 25, "expected at most 4 alternatives"),
        ("x" * 4_001, 0, "expected at most 4000 characters"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_place_and_what_was_expected(text, position, message):
    error = refusal(text)
    assert message in str(error)
    assert error.position == position


def test_a_refusal_carries_its_parts():
    error = refusal("mint yes,  HOLDRS > 5")
    assert (error.criterion, error.position, error.nearest) == ("HOLDRS > 5", 11, "holders")
    assert isinstance(error, InvalidFilterError)


def test_a_refusal_shows_foreign_text_short_and_clean():
    message = str(refusal("\u202emcap" + "\x00" * 500))
    assert message.isprintable()
    assert len(message) < 200


def test_a_filter_has_at_most_64_criteria():
    names = [name for name, metric in METRICS.items() if metric.unit is not Unit.SECONDS][:33]
    ranges = ", ".join(f"{name} >= 1" for name in names)
    assert refusal(f"{ranges}\nor\n{ranges}").expected == "expected at most 64 criteria"


def test_a_filter_has_at_most_500_set_members():
    words = [f"{n}x" for n in range(501)]
    assert len(parse_filter("word " + " ".join(words[:-1])).any_of[0].sets[0].only) == 500
    assert refusal("word " + " ".join(words)).expected == "expected at most 500 set members"


def test_a_text_that_grows_past_the_limit_in_print_is_refused_at_once():
    words = " ".join(f"{n:02}{'x' * 60}" for n in range(62))
    text = f"unknown pass, mint yes, freeze yes, word {words} "
    text += "y" * (MAX_TEXT - len(text))
    assert "written out" in refusal(text).expected
    assert isinstance(read(text.removeprefix("unknown pass, mint yes")), Filter)


# Single criteria


def test_criteria_and_limits_print_alone():
    bound = Range(metric="mcap", low=Decimal(10_000), high=Decimal(200_000), unknown=Unknown.PASS)
    flag = FlagIs(flag="freeze", wanted=False)
    words = OneOf(field="word", only=frozenset({"cat"}), exclude=frozenset({"inu", "dog"}))
    rule = ChannelRule(
        ranges=(Range(metric="win", low=Decimal(55)),), only=frozenset({ChannelId("@a")}), window=timedelta(hours=1)
    )
    assert [(criterion_name(c), limit_text(c), criterion_text(c)) for c in (bound, flag, words, rule)] == [
        ("mcap", "10k..200k", "mcap 10k..200k unknown pass"),
        ("freeze", "active", "freeze active"),
        ("word", "only cat not dog inu", "word only cat not dog inu"),
        ("quorum", "1 in 1h", "win >= 55, channel only @a, quorum 1 in 1h"),
    ]
    assert channels_text(ChannelRule()) == "channel any"


def test_observed_values_print_exactly_and_plainly():
    assert value_text("mcap", Decimal("164197.20")) == "164197.2"
    assert value_text("price", Decimal("1.5E-10")) == "0.00000000015"
    assert value_text("age", Decimal(1_800)) == "1800"
    assert (value_text("mint", True), value_text("lp", False)) == ("revoked", "unburned")
    assert (value_text("chain", "solana"), value_text("word", ("lamb", "lamb coin"))) == ("solana", "lamb lamb coin")
