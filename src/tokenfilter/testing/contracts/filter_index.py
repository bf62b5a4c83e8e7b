"""What any filter index must keep: the answers of judging each route alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter, Recheck
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, FilterId
from tokenfilter.domain.matching import matches
from tokenfilter.domain.subscriber import Route
from tokenfilter.ports.filter_index import FilterIndex, Totals
from tokenfilter.testing import examples, strategies

NewIndex = Callable[[], FilterIndex]

OWNERS = tuple(ChatId(n) for n in (1, 2, 3))
PLACES = (*map(Destination, OWNERS), Destination(ChatId(-4), 5))
CALLED = examples.evidence_of(
    examples.stamped(examples.heard(calls=[examples.call("@alpha"), examples.call("@beta")], mcap=5))
)
REPEATED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
)
"""A new index is made for every example, so fixtures and classes may be shared among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """One call of `replace`."""

    owner: ChatId
    routes: tuple[Route, ...]
    renewed: frozenset[Destination]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question."""

    evidence: Evidence
    fresh: frozenset[ChannelId] | None
    only_always: bool


@st.composite
def stories(draw: st.DrawFn) -> list[Replace | Ask]:
    """Changes and questions in turn; the filters lie near what is asked about, so that about half of them match."""
    about = draw(st.lists(strategies.evidence(), min_size=1, max_size=3))
    near = [draw(strategies.filters_near(draw(st.sampled_from(about)))) for _ in range(draw(st.integers(1, 4)))]
    wanted = st.sampled_from([*near, *draw(st.lists(strategies.filters(), max_size=2))])
    routed = st.lists(st.tuples(wanted, st.sampled_from(PLACES), st.sampled_from(Recheck)), max_size=4)
    story: list[Replace | Ask] = []
    for _ in range(draw(st.integers(2, 8))):
        if draw(st.booleans()):
            owner = draw(st.sampled_from(OWNERS))
            routes = tuple(
                Route(
                    filter_id=FilterId(f"{owner}.{n}"),
                    name=f"f{n}",
                    owner=owner,
                    destination=to,
                    wanted=Filter(any_of=f.any_of, recheck=recheck),
                )
                for n, (f, to, recheck) in enumerate(draw(routed))
            )
            renewed = draw(st.frozensets(st.sampled_from(PLACES), max_size=3))
            story.append(Replace(owner=owner, routes=routes, renewed=renewed))
        evidence = draw(st.sampled_from(about))
        callers = sorted({c.channel for c in evidence.calls}) or [ChannelId("@nobody")]
        fresh = draw(st.none() | st.frozensets(st.sampled_from(callers)))
        story.append(Ask(evidence=evidence, fresh=fresh, only_always=draw(st.booleans())))
    return story


@dataclass
class Alone:
    """The rule: every route judged alone."""

    routes: dict[ChatId, tuple[Route, ...]] = field(default_factory=dict)
    since: dict[Destination, int] = field(default_factory=dict)

    def all(self) -> list[Route]:
        return [route for routes in self.routes.values() for route in routes]

    def wanting(self, ask: Ask) -> list[Route]:
        asked = [r for r in self.all() if not ask.only_always or r.wanted.recheck is Recheck.ALWAYS]
        return [r for r in asked if matches(r.wanted, ask.evidence, fresh=ask.fresh)]


def named(routes: "list[Route] | tuple[Route, ...]") -> list[tuple[str, str]]:
    """Routes without their order."""
    return sorted((r.filter_id, str(r.destination)) for r in routes)


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
                alone.routes[step.owner] = step.routes
                alone.since.update(dict.fromkeys(step.renewed, seq))
                continue
            found = index.matches(step.evidence, fresh=step.fresh, only_always=step.only_always)
            assert named(list(found)) == named(alone.wanting(step))
            assert {r.filter_id: r for r in found} == {r.filter_id: r for r in alone.wanting(step)}
            self._holds_the_same(index, alone)

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
