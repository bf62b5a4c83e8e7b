"""What became of a token: from confirmed prices only, on the basis known at the event."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.history import (
    CONFIRMED_AFTER,
    CONFIRMED_WITHIN,
    EventSettled,
    entry_of,
    peak_since,
    price_seen,
)
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.examples import NOON

SECOND = timedelta(seconds=1)


def called(**market):
    """A token with this market at noon."""
    return examples.evidence_of(examples.stamped(examples.heard(**market)))


def prices(*seen, every=10 * SECOND, start=NOON + SECOND, liq=9_000):
    """Market caps one after the other."""
    return [price_seen(examples.tick(start + n * every, mcap=cap, liq=liq)) for n, cap in enumerate(seen)]


def peak(*seen, **more):
    """The peak of a token of 100 that went so."""
    return peak_since(called(mcap=100), prices(*seen, **more)).peak


@pytest.mark.parametrize(
    ("market", "entry"),
    [
        ({"fdv": 3, "mcap": 2, "price": 1}, ("fdv", 3)),
        ({"mcap": 2, "price": 1}, ("mcap", 2)),
        ({"fdv": 0, "price": 1}, ("price", 1)),
        ({"fdv": 0, "liq": 5}, None),
        ({}, None),
    ],
)
def test_the_basis_of_an_entry_is_the_first_of_fdv_market_cap_and_price_above_zero(market, entry):
    assert entry_of(called(**market)) == entry


def test_an_entry_that_is_unknown_has_no_outcome():
    assert peak_since(called(liq=5), prices(100, 200)) is None


def test_prices_on_another_basis_say_nothing():
    assert peak_since(called(fdv=100), prices(100, 200)) is None


def test_only_prices_after_the_event_count():
    before = prices(900, 900, 900, start=NOON - 20 * SECOND)
    assert peak_since(called(mcap=100), before) is None
    assert peak_since(called(mcap=100), [*before, *prices(100)]).peak == 100


def test_a_rise_that_lasts_is_a_peak():
    found = peak_since(called(mcap=100), prices(150, 300, 300, 120))
    assert (found.basis, found.entry, found.peak, found.multiple) == ("mcap", 100, 300, 3)
    assert found.peak_at == NOON + 21 * SECOND
    assert found.seen_until == NOON + 31 * SECOND


def test_a_wick_is_no_peak():
    assert peak(100, 100, 900, 100, 100) == 100
    assert peak(100, 120, 900, 130, 130) == 130


def test_a_price_is_confirmed_by_an_earlier_one_of_at_least_four_fifths():
    assert peak(80, 100) == 100
    assert peak(160, 200) == 200
    assert peak(159, 200) == 100


@pytest.mark.parametrize(
    ("gap", "confirmed"),
    [
        (CONFIRMED_AFTER, True),
        (CONFIRMED_AFTER - timedelta(microseconds=1), False),
        (CONFIRMED_WITHIN, True),
        (CONFIRMED_WITHIN + timedelta(microseconds=1), False),
    ],
)
def test_a_price_is_confirmed_by_one_from_two_seconds_to_five_minutes_before(gap, confirmed):
    assert (peak(200, 200, every=gap) == 200) is confirmed


def test_two_ticks_of_one_instant_do_not_confirm_each_other():
    assert peak(200, 200, 200, every=timedelta(0)) == 100


def test_a_price_without_liquidity_behind_it_is_no_peak_and_one_of_unknown_liquidity_may_be():
    assert peak(200, 200, liq=999) == 100
    assert peak(200, 200, liq=1_000) == 200
    unknown = [price_seen(examples.tick(NOON + n * 10 * SECOND, mcap=200)) for n in (1, 2)]
    assert peak_since(called(mcap=100), unknown).peak == 200


def test_a_token_that_only_fell_peaked_at_its_entry():
    found = peak_since(called(mcap=100), prices(90, 50, 10))
    assert (found.peak, found.peak_at, found.multiple) == (100, NOON, 1)


def as_seen(path):
    """An event at the first tick of a path, and the prices after it."""
    first, *rest = path
    said = examples.heard(about=first.token, at=first.observed_at)
    values = {name: value for name, value in first.market.items() if name != "liq"}
    event = examples.stamped(type(said)(token=said.token, observed_at=said.observed_at, id=said.id, market=values))
    return examples.evidence_of(event), [price_seen(t) for t in rest]


@given(strategies.price_paths(), st.randoms(use_true_random=False))
def test_the_order_in_which_prices_are_known_does_not_matter(path, random):
    evidence, seen = as_seen(path)
    assert peak_since(evidence, random.sample(seen, len(seen))) == peak_since(evidence, seen)


@given(strategies.price_paths())
def test_a_peak_is_the_entry_or_one_of_the_prices_and_never_below_the_entry(path):
    evidence, seen = as_seen(path)
    found = peak_since(evidence, seen)
    if found is not None:
        later = [p.values[found.basis] for p in seen if found.basis in p.values]
        assert found.peak in (found.entry, *later)
        assert found.peak >= found.entry > 0
        assert evidence.at <= found.peak_at <= found.seen_until


@given(strategies.price_paths())
def test_more_prices_never_lower_a_peak(path):
    evidence, seen = as_seen(path)
    peaks = [found.peak for n in range(len(seen) + 1) if (found := peak_since(evidence, seen[:n]))]
    assert peaks == sorted(peaks)


def test_a_tick_is_kept_with_its_bases_and_its_liquidity_alone():
    kept = price_seen(examples.tick(price=1, mcap=2, fdv=3, liq=4))
    assert kept.values == {"price": Decimal(1), "mcap": Decimal(2), "fdv": Decimal(3)}
    assert kept.liquidity == 4
    assert price_seen(examples.tick(mcap=2)).liquidity is None


def test_an_event_has_one_row():
    assert EventSettled(evidence=called(), told=()).id == "event:e1"
