"""Stories for filter indexes: changes and questions in turn, of a few people with odd filters or of many."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Criteria, Filter, Recheck
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, FilterId
from tokenfilter.domain.subscriber import Route
from tokenfilter.ports.filter_index import Interval
from tokenfilter.testing import strategies

OWNERS = tuple(ChatId(n) for n in (1, 2, 3))
MANY = tuple(ChatId(n) for n in range(1, 61))
PLACES = (*map(Destination, OWNERS), Destination(ChatId(-4), 5))


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
    since: Interval | None


@st.composite
def asks(draw: st.DrawFn, about: list[Evidence], *, latest: int) -> Ask:
    """A question about one of some events."""
    evidence = draw(st.sampled_from(about))
    callers = sorted({c.channel for c in evidence.calls}) or [ChannelId("@nobody")]
    above = draw(st.none() | st.integers(-1, latest))
    return Ask(
        evidence=evidence,
        fresh=draw(st.none() | st.frozensets(st.sampled_from(callers))),
        only_always=draw(st.booleans()),
        since=None if above is None else Interval(above=above, upto=draw(st.integers(above, latest))),
    )


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
            routes = [(Filter(any_of=f.any_of, recheck=recheck), to) for f, to, recheck in draw(routed)]
            renewed = draw(st.frozensets(st.sampled_from(PLACES), max_size=3))
            story.append(Replace(owner=owner, routes=routes_of(owner, routes), renewed=renewed))
        story.append(draw(asks(about, latest=len(story) + 1)))
    return story


@st.composite
def crowds(draw: st.DrawFn) -> list[Replace | Ask]:
    """Hundreds of filters put together from the pieces of some dozen, many of them equal, of sixty people who edit."""
    about = draw(st.lists(strategies.evidence(), min_size=2, max_size=3))
    near = [draw(strategies.filters_near(one)) for one in about for _ in range(5)]
    pieces = [c for f in (*near, *draw(st.lists(strategies.filters(), max_size=3))) for c in f.any_of]
    random = Random(draw(st.integers(0, 2**32)))
    story: list[Replace | Ask] = []
    for turn in range(150):
        owner = random.choice(MANY)
        routes = [(_mixed(pieces, random), Destination(random.choice(MANY))) for _ in range(random.choice((0, 2, 9)))]
        renewed = frozenset(to for _, to in routes)
        story.append(Replace(owner=owner, routes=routes_of(owner, routes), renewed=renewed))
        if turn % 9 == 8:
            story.append(draw(asks(about, latest=len(story))))
        if turn % 25 == 24:
            story += [draw(asks(about, latest=len(story))) for _ in range(3)]
            story += [Ask(evidence=one, fresh=None, only_always=False, since=None) for one in about]
    return story


def _mixed(pieces: list[Criteria], random: Random) -> Filter:
    """A filter of one or two alternatives, each with some criteria of one piece, the sets and channels of others."""

    def one() -> Criteria:
        base = random.choice(pieces)
        return Criteria(
            ranges=tuple(r for r in base.ranges if random.random() < 0.6),
            flags=tuple(f for f in base.flags if random.random() < 0.5),
            sets=random.choice(pieces).sets if random.random() < 0.3 else (),
            channel=random.choice(pieces).channel if random.random() < 0.4 else None,
        )

    return Filter(any_of=tuple(one() for _ in range(random.choice((1, 1, 1, 2)))), recheck=random.choice([*Recheck]))


def routes_of(owner: ChatId, routes: Iterable[tuple[Filter, Destination]]) -> tuple[Route, ...]:
    """An owner's routes, by what is wanted and where it goes."""
    return tuple(
        Route(filter_id=FilterId(f"{owner}.{n}"), name=f"f{n}", owner=owner, destination=to, wanted=wanted)
        for n, (wanted, to) in enumerate(routes)
    )
