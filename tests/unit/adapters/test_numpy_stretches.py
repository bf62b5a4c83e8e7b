"""A column takes out exactly the slots whose limit lies beyond, however its limits came and went."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.adapters.numpy.bits import Ground, ones
from tokenfilter.adapters.numpy.facts import out_of
from tokenfilter.adapters.numpy.stretches import FIRST_ROWS, Column

MOST = 6
limits = st.integers(-20, 20).map(float)


def column():
    """An empty one, and its bits."""
    ground = Ground()
    ground.reach(999)
    bits = ground.bits(FIRST_ROWS, fill=True)
    return Column(bits), bits


def left(of, number):
    """The slots that it leaves of a thousand."""
    words, beyond = ones(16), []
    of.take_out(number, words, beyond)
    return set(out_of(words, beyond).nonzero()[0].tolist())


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(limits, st.booleans()), max_size=120),
    st.randoms(use_true_random=False),
    st.none() | limits | st.sampled_from((-math.inf, math.inf)),
)
def test_a_number_takes_out_exactly_the_slots_with_a_larger_limit(asked, random, number):
    held, kept = column()[0], dict(enumerate(asked))
    for slot, (limit, tolerant) in kept.items():
        held.put(slot, limit, tolerant=tolerant, most=MOST)
        left(held, number)
    for slot in random.sample(sorted(kept), len(kept) // 2):
        held.drop(slot, kept.pop(slot)[0], most=MOST)
        left(held, number)
    failing = {s for s, (limit, tolerant) in kept.items() if (not tolerant if number is None else limit > number)}
    assert left(held, number) == set(range(1_024)) - failing
    for slot, (limit, _) in kept.items():
        held.drop(slot, limit, most=MOST)
    assert left(held, number) == set(range(1_024))


@given(st.lists(st.integers(1, 10**6), min_size=300, max_size=300, unique=True))
def test_of_different_limits_few_are_looked_at_one_by_one_and_bitmaps_are_few(asked):
    held, bits = column()
    for slot, limit in enumerate(asked):
        held.put(slot, float(limit), tolerant=False, most=MOST)
    for number in sorted(asked)[::20]:
        beyond = []
        held.take_out(float(number), ones(16), beyond)
        assert sum(map(len, beyond)) <= MOST
    assert len(bits.rows) <= FIRST_ROWS + 300 // (MOST // 4)
    for slot, limit in enumerate(asked[20:], start=20):
        held.drop(slot, float(limit), most=MOST)
    assert len(bits.rows) <= FIRST_ROWS + 20 // (MOST // 4)


def test_equal_limits_are_never_looked_at_one_by_one_however_many():
    held, bits = column()
    for slot in range(900):
        held.put(slot, float(slot % 3), tolerant=False, most=MOST)
    for number in (0.0, 1.0, 1.5, 2.0):
        beyond = []
        held.take_out(number, ones(16), beyond)
        assert beyond == []
    assert len(bits.rows) <= FIRST_ROWS + 3


def test_limits_in_order_keep_no_more_bitmaps_than_others_when_stretches_become_longer():
    held, bits = column()
    for slot in range(900):
        held.put(slot, float(slot), tolerant=False, most=max(MOST, slot // 8))
    assert len(bits.rows) <= FIRST_ROWS + 900 // (900 // 8 // 4)


@given(st.permutations([float(n) for n in range(10_001, 10_041)]))
def test_limits_next_to_a_popular_one_share_their_stretches(asked):
    held, bits = column()
    for slot in range(100):
        held.put(slot, 10_000.0, tolerant=False, most=MOST)
    for slot, limit in enumerate(asked, start=100):
        held.put(slot, limit, tolerant=False, most=MOST)
    assert len(bits.rows) <= FIRST_ROWS + 2 + 40 // (MOST // 4)
    for number in (10_000.0, 10_017.0, 10_039.0):
        assert left(held, number) == set(range(1_024)) - {s for s, n in enumerate(asked, start=100) if n > number}
