"""Texts that are no filter: where the reader stops, and what it says it expected."""

import pytest

from tokenfilter.domain.filter import (
    Filter,
    InvalidFilterError,
)
from tokenfilter.domain.filter_text import (
    MAX_TEXT,
    InvalidFilterTextError,
    parse_filter,
)
from tokenfilter.domain.market import METRICS, Unit


def read(text):
    try:
        return parse_filter(text)
    except InvalidFilterTextError as error:
        return error


def refusal(text):
    with pytest.raises(InvalidFilterTextError) as caught:
        parse_filter(text)
    return caught.value


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
        ("mcap >= 0." + "0" * 80 + "1", 0, "between 1E-80 and 1E+80"),
        ("mcap >= 1" + "0" * 81, 0, "between 1E-80 and 1E+80"),
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
        ("quorum 1001", 0, "quorum must be at most 1,000: so many channels never call one token"),
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
