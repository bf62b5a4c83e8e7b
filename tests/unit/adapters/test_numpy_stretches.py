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
    assert sum(map(len, beyond)) <= 1_000
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
