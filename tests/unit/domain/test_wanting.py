"""An answer says whom it leads to before its routes are fetched, and of the index's answers the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.adapters.numpy.filter_index import NumpyFilterIndex
from tokenfilter.domain.acceptances import Acceptances
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.wanting import Fetched
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

CALLED = examples.evidence_of(examples.stamped(examples.heard(mcap=60)))
chats = st.sampled_from((1, 2, -3, 2**63 - 1, 2**63, -(2**70))).map(ChatId)
destinations = st.builds(Destination, chats, st.none() | st.integers(1, 2))
FORMS = (
    Fetched,
    lambda routes: filled(NumpyFilterIndex(), routes).matches(CALLED),
    lambda routes: filled(NumpyFilterIndex(few_slots=0), routes).matches(CALLED),
)


def filled(index, routes):
    for route in routes:
        index.replace(route.owner, [route])
    return index


@pytest.mark.parametrize("form", FORMS)
@given(told=st.frozensets(destinations), asked=st.lists(destinations, max_size=6))
def test_the_untold_are_the_routes_to_all_others(form, told, asked):
    routes = [examples.route(n, "mcap >= 5", to=to) for n, to in enumerate(asked, start=1)]
    matched, accepted = form(routes), Acceptances(dict.fromkeys(told, NOON))
    assert (len(matched), sorted(matched, key=owner)) == (len(routes), routes)
    assert [matched[place] for place in range(len(matched))] == matched[:] == list(matched)
    assert sorted(matched.untold(accepted), key=owner) == [r for r in routes if r.destination not in told]


@pytest.mark.parametrize("few_slots", [0, 100])
def test_what_matched_before_a_change_is_not_read_after_it(few_slots):
    index, route = NumpyFilterIndex(few_slots=few_slots), examples.route(1, "mcap >= 5")
    index.replace(route.owner, [route])
    matched = index.matches(CALLED)
    index.replace(route.owner, [])
    with pytest.raises(RuntimeError, match="replaced"):
        list(matched)


def owner(route):
    return route.owner
