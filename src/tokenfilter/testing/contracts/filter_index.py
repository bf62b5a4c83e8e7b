"""What any filter index must keep: the answers of judging each route alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokenfilter.domain.event import TokenFacts
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, Range, Recheck
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.matching import matches
from tokenfilter.domain.subscriber import Route
from tokenfilter.ports.filter_index import FilterIndex, Interval, Totals
from tokenfilter.testing import examples
from tokenfilter.testing.contracts.filter_index_stories import PLACES, Ask, Replace, crowds, routes_of, stories

NewIndex = Callable[[], FilterIndex]

CALLED = examples.evidence_of(
    examples.stamped(examples.heard(calls=[examples.call("@alpha"), examples.call("@beta")], mcap=5))
)
UNHEALTHY = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow]
"""A new index is made for every example, so fixtures and classes may be shared among them."""

REPEATED = settings(max_examples=30, deadline=None, suppress_health_check=UNHEALTHY)
SELDOM = settings(max_examples=5, deadline=None, suppress_health_check=UNHEALTHY)


@dataclass
class Alone:
    """The rule: every route judged alone."""

    routes: dict[ChatId, tuple[Route, ...]] = field(default_factory=dict)
    since: dict[Destination, int] = field(default_factory=dict)

    def all(self) -> list[Route]:
        return [route for routes in self.routes.values() for route in routes]

    def replace(self, step: Replace, seq: int) -> None:
        self.routes[step.owner] = step.routes
        self.since.update(dict.fromkeys(step.renewed, seq))

    def wanting(self, ask: Ask) -> list[Route]:
        asked = [r for r in self.all() if not ask.only_always or r.wanted.recheck is Recheck.ALWAYS]
        if ask.since is not None:
            asked = [r for r in asked if ask.since.above < self.since.get(r.destination, 0) <= ask.since.upto]
        return [r for r in asked if matches(r.wanted, ask.evidence, fresh=ask.fresh)]


def named(routes: Iterable[Route]) -> list[tuple[str, str]]:
    """Routes without their order."""
    return sorted((r.filter_id, str(r.destination)) for r in routes)


def asked(index: FilterIndex, ask: Ask) -> list[Route]:
    """The index's answer."""
    return list(index.matches(ask.evidence, fresh=ask.fresh, only_always=ask.only_always, since=ask.since))


def _unreadable() -> Iterator[Route]:
    yield examples.route(2)
    raise ValueError("unreadable")


class FilterIndexContract:
    """Fixtures: `new_index`, a function that makes an empty index."""

    @pytest.fixture
    def index(self, new_index: NewIndex) -> FilterIndex:
        return new_index()

    @REPEATED
    @given(story=stories())
    def test_every_answer_is_that_of_judging_each_route_alone(
        self, new_index: NewIndex, story: list[Replace | Ask]
    ) -> None:
        index, alone = new_index(), Alone()
        for seq, step in enumerate(story, start=1):
            if isinstance(step, Replace):
                index.replace(step.owner, step.routes, renewed=step.renewed, seq=seq)
                alone.replace(step, seq)
                continue
            found = asked(index, step)
            assert named(found) == named(alone.wanting(step))
            assert {r.filter_id: r for r in found} == {r.filter_id: r for r in alone.wanting(step)}
            self._holds_the_same(index, alone)

    @SELDOM
    @given(story=crowds())
    def test_among_hundreds_of_filters_that_change_every_answer_is_that_of_judging_each_alone(
        self, new_index: NewIndex, story: list[Replace | Ask]
    ) -> None:
        index, alone = new_index(), Alone()
        for seq, step in enumerate(story, start=1):
            if isinstance(step, Replace):
                index.replace(step.owner, step.routes, renewed=step.renewed, seq=seq)
                alone.replace(step, seq)
            else:
                assert named(asked(index, step)) == named(alone.wanting(step))
        self._holds_the_same(index, alone)
        anew = new_index()
        for owner, routes in alone.routes.items():
            anew.replace(owner, routes)
        for step in story:
            if isinstance(step, Ask):
                everybody = Ask(evidence=step.evidence, fresh=step.fresh, only_always=step.only_always, since=None)
                assert named(asked(anew, everybody)) == named(asked(index, everybody))

    @REPEATED
    @given(
        digits=st.integers(10**14, 10**15 - 1),
        exponent=st.sampled_from((-44, -30, -15, 0, 15)) | st.integers(-44, 15),
        sign=st.sampled_from((1, -1)),
        step=st.sampled_from((-1, 0, 1)),
    )
    def test_the_fifteenth_digit_decides(
        self, new_index: NewIndex, digits: int, exponent: int, sign: int, step: int
    ) -> None:
        limit, value = (Decimal(sign * n).scaleb(exponent) for n in (digits, min(digits + step, 10**15 - 1)))
        bounds = (Range(metric="chg1h", low=limit), Range(metric="chg1h", high=limit))
        index = new_index()
        index.replace(
            ChatId(1), routes_of(ChatId(1), ((Filter(any_of=(Criteria(ranges=(b,)),)), PLACES[0]) for b in bounds))
        )
        said = examples.evidence_of(examples.stamped(replace(examples.heard(), market={"chg1h": value})))
        expected = [f"1.{n}" for n, holds in enumerate((value >= limit, value <= limit)) if holds]
        assert [name for name, _ in named(index.matches(said))] == expected

    def _holds_the_same(self, index: FilterIndex, alone: Alone) -> None:
        held = alone.all()
        for destination in PLACES:
            assert index.since(destination) == alone.since.get(destination, 0)
            assert named(list(index.routes_to(destination))) == named([r for r in held if r.destination == destination])
        assert index.has_always == any(r.wanted.recheck is Recheck.ALWAYS for r in held)
        assert index.totals() == Totals(
            subscribers=len({r.owner for r in held}),
            routes=len(held),
            destinations=len({r.destination for r in held}),
        )

    def test_an_empty_index_wants_nothing_and_holds_nothing(self, index: FilterIndex) -> None:
        assert list(index.matches(CALLED)) == []
        assert index.totals() == Totals(subscribers=0, routes=0, destinations=0)
        assert index.since(PLACES[0]) == 0
        assert not index.has_always

    def test_what_is_replaced_counts_for_the_very_next_question(self, index: FilterIndex) -> None:
        wanting, refusing = examples.route(1, "mcap >= 5"), examples.route(1, "mcap >= 6")
        index.replace(ChatId(1), [wanting])
        assert list(index.matches(CALLED)) == [wanting]
        index.replace(ChatId(1), [refusing])
        assert list(index.matches(CALLED)) == []
        index.replace(ChatId(1), [])
        assert index.totals().routes == 0

    def test_one_owner_replaces_nothing_of_another(self, index: FilterIndex) -> None:
        anne, bert = examples.route(1), examples.route(2, to=Destination(ChatId(1)))
        index.replace(ChatId(1), [anne])
        index.replace(ChatId(2), [bert])
        index.replace(ChatId(1), [])
        assert list(index.matches(CALLED)) == [bert]
        assert list(index.routes_to(Destination(ChatId(1)))) == [bert]

    def test_a_renewed_destination_has_the_number_of_its_last_renewal(self, index: FilterIndex) -> None:
        anne, bert = PLACES[:2]
        index.replace(ChatId(1), [examples.route(1)], renewed=[anne, bert], seq=3)
        index.replace(ChatId(1), [], renewed=[anne], seq=7)
        index.replace(ChatId(1), [examples.route(1)], seq=8)
        assert (index.since(anne), index.since(bert)) == (7, 3)

    def test_a_number_never_goes_back(self, index: FilterIndex) -> None:
        index.replace(ChatId(1), [], renewed=[PLACES[0]], seq=7)
        index.replace(ChatId(2), [], renewed=[PLACES[0]], seq=3)
        assert index.since(PLACES[0]) == 7

    def test_only_filters_that_are_always_checked_again_are_asked_at_a_price(self, index: FilterIndex) -> None:
        new, always = examples.route(1), examples.route(1, "mcap >= 1, recheck always", number=2)
        index.replace(ChatId(1), [new, always])
        assert index.has_always
        assert list(index.matches(CALLED, only_always=True)) == [always]

    def test_asked_about_some_numbers_only_their_destinations_are_told(self, index: FilterIndex) -> None:
        first, second, third = (examples.route(n) for n in (1, 2, 3))
        for seq, route in ((4, first), (5, second)):
            index.replace(route.owner, [route], renewed=[route.destination], seq=seq)
        index.replace(third.owner, [third])
        assert list(index.matches(CALLED, since=Interval(above=4, upto=5))) == [second]
        assert list(index.matches(CALLED, since=Interval(above=3, upto=4))) == [first]
        assert list(index.matches(CALLED, since=Interval(above=-1, upto=3))) == [third]
        assert list(index.matches(CALLED, since=Interval(above=5, upto=9))) == []

    def test_what_is_asked_again_is_answered_with_the_same_routes(self, index: FilterIndex) -> None:
        index.replace(ChatId(1), [examples.route(1, "mcap >= 1, recheck always")])
        (first,), (again,) = index.matches(CALLED), index.matches(CALLED, only_always=True)
        assert first is again

    @pytest.mark.parametrize(
        "text", ["channel only @alpha not @alpha", "dex only orca not orca", "word only up not up"]
    )
    def test_what_stands_on_both_lists_is_refused(self, new_index: NewIndex, text: str) -> None:
        index, facts = new_index(), TokenFacts(symbol="UP", dex="Orca")
        index.replace(ChatId(1), [examples.route(1, text)])
        said = examples.heard(calls=[examples.call("@alpha")])
        assert list(index.matches(examples.evidence_of(examples.stamped(replace(said, facts=facts))))) == []

    def test_a_call_counts_until_the_window_is_over(self, index: FilterIndex) -> None:
        route = examples.route(1, "quorum 1 in 30m")
        index.replace(ChatId(1), [route])
        over = examples.NOON - timedelta(minutes=30)
        for called_at, expected in ((over, []), (over + timedelta(microseconds=1), [route])):
            said = examples.heard(calls=[examples.call("@alpha", called_at)])
            assert list(index.matches(examples.evidence_of(examples.stamped(said)))) == expected

    @pytest.mark.parametrize("order", [*permutations(("quorum 1", "quorum 2", "quorum 1 in 30m"))])
    def test_rules_with_and_without_a_window_come_in_any_order(self, index: FilterIndex, order: Sequence[str]) -> None:
        for number, text in enumerate(order, start=1):
            index.replace(ChatId(number), [examples.route(number, text)])
        for ago, expected in ((29, set(order)), (31, {"quorum 1", "quorum 2"})):
            calls = [examples.call(name, examples.NOON - timedelta(minutes=ago)) for name in ("@alpha", "@beta")]
            said = examples.evidence_of(examples.stamped(examples.heard(calls=calls)))
            assert {order[route.owner - 1] for route in index.matches(said)} == expected

    def test_a_call_that_is_still_to_come_counts_in_every_window(self, index: FilterIndex) -> None:
        route = examples.route(1, "quorum 1 in 1s")
        index.replace(ChatId(1), [route])
        said = examples.evidence_of(
            examples.stamped(examples.heard(calls=[examples.call("@alpha", examples.NOON + timedelta(seconds=3))]))
        )
        assert matches(route.wanted, said)
        assert list(index.matches(said)) == [route]

    @pytest.mark.parametrize("quorum", [2, 2**15 - 1, 2**15, 2**31, 10**15 - 1])
    def test_a_quorum_that_is_not_reached_refuses_whatever_its_size(self, index: FilterIndex, quorum: int) -> None:
        rule = ChannelRule(only=frozenset([ChannelId("@alpha")]), quorum=quorum)
        wanted = (Filter(any_of=(Criteria(channel=rule),)), Filter())
        for _ in range(2):
            index.replace(ChatId(1), routes_of(ChatId(1), [(one, PLACES[0]) for one in wanted]))
            assert [route.filter_id for route in index.matches(CALLED)] == ["1.1"]
            assert index.totals().routes == 2

    def test_what_cannot_be_read_replaces_nothing(self, index: FilterIndex) -> None:
        before = examples.route(1)
        index.replace(ChatId(1), [before])
        with pytest.raises(ValueError, match="unreadable"):
            index.replace(ChatId(1), _unreadable(), renewed=[PLACES[0]], seq=3)
        assert list(index.matches(CALLED)) == [before]
        assert index.since(PLACES[0]) == 0

    def test_at_a_recheck_only_a_fresh_channel_lets_a_channel_rule_hold(self, index: FilterIndex) -> None:
        route = examples.route(1, "channel only @alpha")
        index.replace(ChatId(1), [route])
        assert list(index.matches(CALLED, fresh=frozenset([ChannelId("@alpha")]))) == [route]
        assert list(index.matches(CALLED, fresh=frozenset([ChannelId("@beta")]))) == []

    def test_equal_filters_of_many_people_are_all_answered(self, index: FilterIndex) -> None:
        routes = [examples.route(n, "mcap 1..9") for n in range(1, 300)]
        for route in routes:
            index.replace(route.owner, [route])
        assert named(list(index.matches(CALLED))) == named(routes)
        assert index.totals() == Totals(subscribers=299, routes=299, destinations=299)
