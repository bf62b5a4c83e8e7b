"""Price paths of the simulated market, and drawing from recorded tables."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.simulator import figures
from tokenfilter.adapters.simulator.launches import draw_coin
from tokenfilter.adapters.simulator.price_path import DAY, draw_path
from tokenfilter.adapters.simulator.sampling import from_table
from tokenfilter.adapters.simulator.snapshot import LEFT_AFTER_RUG, sight
from tokenfilter.testing.strategies import instants

entries = st.floats(5_000, 40e6)
ages = st.floats(25, 40 * DAY)
seeds = st.integers(0, 2**32)


@given(seeds, entries, ages, st.booleans())
def test_a_path_meets_its_entry_at_the_call_and_its_peak_when_it_should(seed, entry, age, hit):
    path = draw_path(Random(seed), entry=entry, age=age, hit=hit)
    assert abs(path.mcap(age) / entry - 1) < 1e-9
    assert abs(path.mcap(path.peak_at) / path.peak - 1) < 1e-9
    assert (path.multiple >= 2) is hit


@given(seeds, entries, ages, st.booleans(), st.lists(st.floats(0, 1), max_size=30))
def test_no_price_after_the_call_is_above_the_peak(seed, entry, age, hit, shares):
    path = draw_path(Random(seed), entry=entry, age=age, hit=hit)
    assert all(path.mcap(age + share * DAY) <= path.peak * (1 + 1e-9) for share in shares)


@given(seeds, entries, ages)
def test_a_second_sample_soon_after_the_peak_confirms_it(seed, entry, age):
    path = draw_path(Random(seed), entry=entry, age=age, hit=True)
    assert 2 <= path.held_until - path.peak_at <= 30
    assert path.mcap(path.held_until) >= 0.8 * path.peak


@given(seeds, instants(), st.booleans(), st.floats(0, 1), st.floats(0, 1))
def test_the_peak_so_far_never_falls(seed, at, hit, one, other):
    coin = draw_coin(Random(seed), called_at=at, hit=hit)
    earlier, later = (coin.path.called_at + DAY * share for share in sorted((one, other)))
    assert sight(coin, earlier).peak <= max(sight(coin, later).peak, sight(coin, earlier).mcap)


@given(seeds, instants())
def test_a_rug_takes_nine_tenths_of_the_liquidity(seed, at):
    coin = draw_coin(Random(seed), called_at=at, hit=False)
    rug = coin.path.rug_at
    if rug is not None:
        before, after = sight(coin, rug - 0.01), sight(coin, rug)
        assert after.liquidity <= before.liquidity * LEFT_AFTER_RUG * 1.5
        assert sight(coin, rug + 30).mcap < coin.path.entry / 10


@given(st.sampled_from([figures.MCAP_AT_CALL, figures.MULTIPLE_FROM_2, figures.TOP10_PCT]), st.floats(0, 1))
def test_a_drawn_value_lies_between_the_rows_around_its_share(table, share):
    value = from_table(table, share)
    below = max((row for row in table if row[0] <= share), default=table[0])
    above = min((row for row in table if row[0] >= share), default=table[-1])
    assert below[1] * (1 - 1e-9) <= value <= above[1] * (1 + 1e-9)
