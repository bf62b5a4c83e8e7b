"""What people may write in a filter, and the one way it is printed."""

from datetime import timedelta
from decimal import Decimal

import pytest

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
from tokenfilter.domain.filter_print import channels_text, criterion_name
from tokenfilter.domain.filter_text import (
    criterion_text,
    format_filter,
    limit_text,
    parse_filter,
    value_text,
)
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.presets import PRESETS

ADDRESS = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"
HEX_ADDRESS = "0xABCDEF0123456789abcdef0123456789ABCDEF01"
SPECIFIED = """
mcap 10k..200k, liq >= 5k, age <= 30m, win >= 55, record >= 10, quorum 2 in 30m, mint revoked, freeze revoked, top10 <= 25 unknown pass,
channel only @alpha @beta, channel not @spam, word not inu, chain solana, recheck always
"""  # noqa: E501 - as it stands in FORMATS 3


def one_range(text):
    (criteria,) = parse_filter(text).any_of
    (bound,) = criteria.ranges or criteria.channel.ranges
    return bound.low, bound.high


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
