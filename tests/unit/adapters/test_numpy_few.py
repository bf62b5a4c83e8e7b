"""What whole numbers hold of a few slots: exactly what fails for a number, for names, and nothing once it is gone."""

import math
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokenfilter.adapters.numpy import few_bounds
from tokenfilter.adapters.numpy.columns import HIGH, LOW
from tokenfilter.adapters.numpy.few_bounds import Bounded, Bounds
from tokenfilter.adapters.numpy.few_lists import Listed
from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.domain.numbers import rounded
from tokenfilter.testing import examples

LEAST = Decimal("1e-14")
"""The fifteenth digit: the least two numbers can differ in, relatively."""

numbers = st.integers(-60, 60).map(float)
bounds_of = (st.sampled_from((LOW, HIGH)), numbers, st.booleans())
bounds = st.tuples(*bounds_of)
names = st.frozensets(st.sampled_from("abcd"), max_size=3)


def failing(end, value, tolerant, known):
    """What columns.py says of one condition."""
    return not tolerant if known is None else not value <= end * known


@settings(max_examples=60, deadline=None)
@given(st.lists(bounds, min_size=40, max_size=140), st.randoms(use_true_random=False), st.none() | numbers)
def test_a_number_fails_exactly_the_slots_that_ask_for_another(asked, random, known):
    held, kept = Bounded(), dict(enumerate(asked))
    for slot, (end, value, tolerant) in kept.items():
        held.put(1 << slot, end, value, tolerant=tolerant)
    for slot in random.sample(sorted(kept), len(kept) // 2):
        end, value, _ = kept.pop(slot)
        held.drop(1 << slot, end, value)
    assert held.failing(known) == sum(1 << slot for slot, one in kept.items() if failing(*one, known))
    for slot, (end, value, _) in kept.items():
        held.drop(1 << slot, end, value)
    assert held.failing(known) == held.failing(math.inf) == held.failing(-math.inf) == 0


@pytest.mark.parametrize("most_edges", [3, 1_500])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the same patch for every example
@given(
    asked=st.lists(st.tuples(st.sampled_from("ab"), *bounds_of), min_size=1, max_size=12),
    later=st.lists(st.tuples(st.sampled_from("abc"), *bounds_of), min_size=1, max_size=3),
    known=st.dictionaries(st.sampled_from("abc"), numbers),
)
def test_what_was_laid_out_answers_like_the_conditions_and_is_forgotten_with_the_next_change(
    monkeypatch, most_edges, asked, later, known
):
    monkeypatch.setattr(few_bounds, "_MOST_EDGES", most_edges)
    held, kept = Bounds(), dict(enumerate(asked))
    for slot, (name, end, value, tolerant) in kept.items():
        held.of(name).put(1 << slot, end, value, tolerant=tolerant)

    def agrees(known):
        fails = (slot for slot, (name, *one) in kept.items() if failing(*one, known.get(name)))
        assert held.failing(known) == sum(1 << slot for slot in fails)

    for change in (None, *later):
        if change is not None:
            slot, (name, end, value, _) = kept.popitem()
            held.of(name).drop(1 << slot, end, value)
            kept[slot + 1] = change
            name, end, value, tolerant = change
            held.of(name).put(1 << (slot + 1), end, value, tolerant=tolerant)
        for _ in range(len(kept) + 2):
            agrees(known)
        for name, end, value, _ in tuple(kept.values()):
            for number in (Decimal(value), *(rounded(Decimal(value) * (1 + ulp)) for ulp in (LEAST, -LEAST))):
                agrees({**known, name: end * number})
        agrees({})


@given(st.lists(st.tuples(names, names, st.booleans()), max_size=12), st.none() | names)
def test_names_fail_exactly_the_slots_that_refuse_them_or_ask_for_others(asked, called):
    held, expected = Listed(), 0
    for slot, (only, exclude, tolerant) in enumerate(asked):
        held.put(1 << slot, only, exclude, tolerant=tolerant)
        is_refused = bool(called and called & exclude) or bool(only and not (called or frozenset()) & only)
        expected |= (not tolerant if called is None else is_refused) << slot
    assert held.failing(None if called is None else sorted(called)) == expected
    for slot, (only, exclude, _) in enumerate(asked):
        held.drop(1 << slot, only, exclude)
    assert held.failing(None) == held.failing("abcd") == held.failing(()) == 0


def test_where_few_become_many_every_filter_goes_on_to_be_judged():
    index, said = NumpyFilterIndex(few_slots=50), examples.evidence_of(examples.stamped(examples.heard(mcap=60)))
    for number in range(1, 101):
        route = examples.route(number, f"mcap >= {number}")
        index.replace(route.owner, [route])
        assert len(index.matches(said)) == min(number, 60)
    for number in range(1, 101):
        index.replace(examples.route(number).owner, [])
        assert len(index.matches(said)) == max(0, 60 - number)
