"""The simulated market as its lines tell it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

import pytest

from tokenfilter.adapters.simulator.market import Market
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Heard, Tick
from tokenfilter.domain.feed_line import decode, encode
from tokenfilter.domain.ids import Chain, is_public_key, parse_token
from tokenfilter.domain.market import FLAGS, METRICS, Scope, Source

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPAN = timedelta(hours=3)
LONGEST_NAME = 256


def played(*, seed=1, dense_from=START, span=SPAN, rate=0.25):
    market = Market(seed=seed, start=START, dense_from=dense_from, rate=rate)
    return list(takewhile(lambda due: due.at < START + span, market.lines()))


@pytest.fixture(scope="module")
def dues():
    return played()


@pytest.fixture(scope="module")
def heard(dues):
    return [due.line for due in dues if isinstance(due.line, Heard)]


def test_the_same_seed_gives_the_same_lines_and_another_seed_others(dues):
    assert played() == dues
    assert played(seed=2) != dues


def test_lines_come_in_the_order_of_their_delivery_and_never_before_they_were_observed(dues):
    assert all(a.at <= b.at for a, b in pairwise(dues))
    assert all(
        due.at >= (due.line.as_of if isinstance(due.line, ChannelStats) else due.line.observed_at) for due in dues
    )


def test_thinning_the_ticks_of_the_past_changes_nothing_else(dues):
    thin = played(dense_from=START + SPAN)
    assert [d for d in thin if not isinstance(d.line, Tick)] == [d for d in dues if not isinstance(d.line, Tick)]
    assert len(thin) < len(dues)


def test_every_line_can_be_spelt_and_read_back(dues):
    for due in dues:
        line = decode(encode(due.line))
        if not isinstance(line, Heard) or len(due.line.facts.name) <= LONGEST_NAME:
            assert line == due.line


def test_addresses_are_valid_and_no_two_launches_share_one(heard):
    created = {}
    for line in heard:
        assert parse_token(line.token.address, line.token.chain.value) == line.token
        assert line.token.chain is not Chain.SOLANA or is_public_key(line.token.address)
        assert created.setdefault(line.token, line.facts.created_at) == line.facts.created_at


def test_every_metric_and_flag_a_feed_can_tell_is_told_of_some_token(heard):
    of_tokens = {m.name for m in METRICS.values() if m.scope is Scope.TOKEN and m.source is Source.FEED}
    assert {name for line in heard for name in line.market} == of_tokens
    assert {name for line in heard for name in line.flags} == set(FLAGS)


def test_figures_of_one_event_agree_with_one_another(heard):
    for line in heard:
        told = line.market
        assert told.get("vol5m", 0) <= told.get("vol1h", told.get("vol5m", 0))
        if "mcap" in told:
            assert told["vol1h"] <= told["vol6h"] <= told["vol24h"]
            assert told["buys5m"] <= told["buys1h"]
            assert told["sells5m"] <= told["sells1h"]
            assert told["txns1h"] == told["buys1h"] + told["sells1h"]
            assert told["top1"] <= told["top10"]
            assert told["price"] * 10**9 == told["mcap"]
            assert 0 <= told["offpeak"] <= 100


def test_the_feed_has_the_flaws_of_a_real_one(dues, heard):
    ids = Counter(line.id for line in heard)
    same = Counter((line.token, line.observed_at, line.calls) for line in heard)
    observed = [due.line.observed_at for due in dues if isinstance(due.line, Heard)]
    assert max(ids.values()) > 1, "no event came twice"
    assert len(same) < len(ids), "no event came again under another id"
    assert any(a > b for a, b in pairwise(observed)), "no event was overtaken"
    assert any("mcap" not in line.market for line in heard), "nothing was missing"
    assert any(not line.calls for line in heard), "no launch was told without a call"
    assert any(due.at - due.line.observed_at > timedelta(seconds=5) for due in dues if isinstance(due.line, Heard))
    assert any(due.line.market["liq"] < 10 for due in dues if isinstance(due.line, Tick)), "no dust wick"


def test_what_is_missing_after_a_launch_arrives_half_a_minute_later(heard):
    late = {line.token: line.observed_at for line in heard if line.calls and "holders" not in line.market}
    full = {(line.token, line.observed_at) for line in heard if "holders" in line.market}
    enough = START + SPAN - timedelta(minutes=4)
    for token, at in late.items():
        assert at > enough or (token, at + timedelta(seconds=30)) in full


def test_copycats_repeat_what_they_follow_ten_to_sixty_seconds_later(heard):
    market = Market(seed=1, start=START, dense_from=START, rate=0.25)
    truth = market.truth()
    first, delays = {}, []
    for line in heard:
        for call in line.calls:
            first.setdefault((line.token, call.channel), call.called_at)
    for (token, channel), at in first.items():
        followed = [first[token, c] for c in truth[channel].follows if (token, c) in first]
        delays += [(at - min(followed)).total_seconds()] if followed else []
    copied = sum(10 <= d <= 60 for d in delays)
    assert copied > 100
    assert copied > 0.8 * len(delays)


@pytest.mark.parametrize("seed", range(4))
def test_at_least_a_fifth_of_the_channels_is_dishonest_and_skills_span_ten_to_sixty_percent(seed):
    truth = Market(seed=seed, start=START, dense_from=START).truth().values()
    assert sum(not c.honest for c in truth) >= len(truth) / 5
    assert all(0.10 <= c.skill <= 0.60 for c in truth)
    assert max(c.skill for c in truth) - min(c.skill for c in truth) > 0.4


def test_every_channel_that_calls_has_statistics_told_before(dues):
    told = set()
    for due in dues:
        if isinstance(due.line, ChannelStats):
            told.add(due.line.channel)
        elif isinstance(due.line, Heard):
            assert {call.channel for call in due.line.calls} <= told


def test_the_peak_of_a_called_token_is_among_the_ticks_of_the_thinned_past():
    span, day = timedelta(hours=27), timedelta(days=1)
    thin, dense = (played(dense_from=START + wait, span=span, rate=0.05) for wait in (span, timedelta(0)))
    followed = {t.token for t in prices(dense) if t.observed_at < START + span - day - timedelta(minutes=5)}
    found, expected = highest(thin), highest(dense)
    assert len(followed) > 30
    assert {token: found[token] for token in followed} == {token: expected[token] for token in followed}


def prices(dues):
    """Ticks with a pool behind them: a dust swap's price is no peak."""
    return [due.line for due in dues if isinstance(due.line, Tick) and due.line.market["liq"] >= 1_000]


def highest(dues):
    found = {}
    for tick in prices(dues):
        found[tick.token] = max(found.get(tick.token, 0), tick.market["mcap"])
    return found
