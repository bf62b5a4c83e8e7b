"""A filter spelt in few bytes is the same filter, and a held route the same route."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.adapters.numpy.held import HeldRoute
from tokenfilter.adapters.numpy.spelling import read, spelt
from tokenfilter.domain.filter import Criteria, Filter, Range
from tokenfilter.domain.ids import FilterId
from tokenfilter.testing import examples, strategies


@settings(deadline=None)
@given(strategies.filters())
def test_what_was_spelt_reads_back_as_it_was(wanted):
    assert read(spelt(wanted)) == wanted


@settings(deadline=None)
@given(strategies.filters(), strategies.filters())
def test_filters_are_spelt_alike_if_they_are_equal_and_only_then(one, other):
    assert (spelt(one) == spelt(other)) == (one == other)


def wanting(low):
    return Filter(any_of=(Criteria(ranges=(Range(metric="mcap", low=low),)),))


@pytest.mark.parametrize("low", ["1E+1", "10", "10.0", "1000E-2"])
def test_one_number_is_spelt_one_way(low):
    assert spelt(wanting(Decimal(low))) == spelt(wanting(Decimal(10)))


@given(
    st.integers(10**14, 10**15 - 1),
    st.sampled_from((-44, -30, 15)) | st.integers(-44, 15),
    st.sampled_from((1, -1)),
)
def test_all_fifteen_digits_are_kept(digits, exponent, sign):
    limit = Decimal(sign * digits).scaleb(exponent)
    assert read(spelt(wanting(limit))) == wanting(limit)


@given(strategies.filters())
def test_a_held_route_equals_the_one_it_was_made_of(wanted):
    route = replace(examples.route(1), wanted=wanted)
    held = HeldRoute(route, route.destination, spelt(wanted))
    assert held == route
    assert route == held
    assert hash(held) == hash(route)
    assert {route: 1}[held] == 1
    assert held.holds(route, spelt(wanted))


@pytest.mark.parametrize("name", ["1.1", "1.20", "1.01", "2.1", "1.", "1", "odd", "1.x", "1.٣", "1.-1", "1.999999"])
def test_a_held_route_has_the_id_of_the_one_it_was_made_of(name):
    route = replace(examples.route(1), filter_id=FilterId(name))
    assert HeldRoute(route, route.destination, spelt(route.wanted)).filter_id == name


def test_a_route_that_differs_in_anything_is_another():
    route = examples.route(1)
    held = HeldRoute(route, route.destination, spelt(route.wanted))
    other = examples.route(2, "mcap >= 2", number=2)
    for name in ("filter_id", "name", "owner", "destination", "wanted"):
        changed = replace(route, **{name: getattr(other, name)})
        assert held != changed
        assert held != HeldRoute(changed, changed.destination, spelt(changed.wanted))
    assert held != "a route"
