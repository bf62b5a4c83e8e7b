from tokenfilter.domain.filter import SET_FIELDS
from tokenfilter.domain.market import (
    FLAG_OF_FIELD,
    FLAGS,
    METRIC_OF_FIELD,
    METRIC_OF_WORD,
    METRICS,
    Scope,
    Source,
)

# Names of FORMATS 2, written out so that none can be lost or renamed unseen.
TOKEN_METRICS = {
    "mcap",
    "fdv",
    "liq",
    "price",
    "age",
    "vol5m",
    "vol1h",
    "vol6h",
    "vol24h",
    "chg5m",
    "chg1h",
    "chg6h",
    "chg24h",
    "buys5m",
    "sells5m",
    "buys1h",
    "sells1h",
    "txns1h",
    "buyers1h",
    "holders",
    "top1",
    "top10",
    "dev",
    "snipers",
    "bundlers",
    "insiders",
    "fresh",
    "lpburned",
    "bonding",
    "risk",
    "tax",
    "offpeak",
    "liqpct",
    "callers",
    "mcap_at_call",
    "fdv_at_call",
    "rise",
    "since",
}
CHANNEL_METRICS = {"win", "hit", "gain", "median", "best", "record", "perday", "winlow", "streak", "orig", "subs"}
FLAG_NAMES = {
    "mint",
    "freeze",
    "lp",
    "socials",
    "website",
    "twitter",
    "telegram",
    "graduated",
    "dexpaid",
    "cto",
    "honeypot",
    "renounced",
}
DERIVED = {"age", "liqpct", "callers", "mcap_at_call", "fdv_at_call", "rise", "since", "winlow"}
FIELDS = {
    "mcap": "market_cap_usd",
    "vol24h": "volume_24h_usd",
    "chg6h": "price_change_6h_pct",
    "buys5m": "buys_5m",
    "fresh": "fresh_wallets_pct",
    "offpeak": "off_peak_pct",
    "win": "win_rate_pct",
    "record": "calls",
    "orig": "originality_pct",
}


def test_the_catalogue_names_every_public_metric_and_flag_and_no_other():
    assert {m.name for m in METRICS.values() if m.scope is Scope.TOKEN} == TOKEN_METRICS
    assert {m.name for m in METRICS.values() if m.scope is Scope.CHANNEL} == CHANNEL_METRICS
    assert FLAGS.keys() == FLAG_NAMES


def test_metrics_without_a_field_are_those_that_are_derived():
    assert {m.name for m in METRICS.values() if m.source is Source.DERIVED} == DERIVED


def test_each_field_leads_back_to_its_metric_or_flag():
    assert {name: METRICS[name].field for name in FIELDS} == FIELDS
    assert all(METRIC_OF_FIELD[m.scope, m.field] is m for m in METRICS.values() if m.field)
    assert len(METRIC_OF_FIELD) == len(METRICS) - len(DERIVED)
    assert all(FLAG_OF_FIELD[flag.field] is flag for flag in FLAGS.values())


def test_no_word_means_two_things():
    words = [word for m in METRICS.values() for word in (m.name, *m.aliases)]
    others = [*FLAGS, *SET_FIELDS, "channel", "quorum", "unknown", "recheck", "or"]
    assert len(words) == len(set(words)) == len(METRIC_OF_WORD)
    assert not set(words) & set(others)
    assert METRIC_OF_WORD["channels"].name == "callers"
    assert METRIC_OF_WORD["calls"].name == "record"


def test_a_sensible_range_is_a_range_and_below_zero_only_where_the_metric_may_be():
    for metric in METRICS.values():
        assert metric.low < metric.high
        assert metric.low >= 0 or metric.signed


def test_the_two_words_of_a_flag_differ():
    assert all(flag.yes != flag.no for flag in FLAGS.values())
