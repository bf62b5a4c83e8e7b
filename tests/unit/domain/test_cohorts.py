"""The records kept together decide exactly as one record per (token, destination) would."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, note, settings
from hypothesis import strategies as st

from tokenfilter.adapters.memory.filter_index import MemoryFilterIndex
from tokenfilter.domain.call import Call
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.decide import decide
from tokenfilter.domain.dedup import (
    ACCEPTED_FOR,
    Accepted,
    Judge,
    Record,
    Rejected,
    after_match,
    after_refusal,
    next_step,
)
from tokenfilter.domain.event import Event, Heard
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import ChannelRule, Criteria, Filter, FlagIs, Range, Recheck, Unknown
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, EventId, FilterId, parse_token
from tokenfilter.domain.matching import matches
from tokenfilter.domain.subscriber import Route
from tokenfilter.testing.strategies.names import EPOCH

TOKEN = parse_token("So11111111111111111111111111111111111111112")
CHANNELS = tuple(ChannelId(f"@c{n}") for n in range(3))
OWNERS = tuple(ChatId(n) for n in (1, 2, 3))
DESTINATIONS = tuple(Destination(ChatId(n)) for n in (1, 2, 3))
ALMOST = 14 * 86_400 - 1_800  # then half an hour more: an acceptance runs out inside a live cohort
STEPS = tuple(timedelta(seconds=s) for s in (-200, 0, 60, 1_800, 1_800, 3_600, 80_000, ALMOST, ALMOST, ALMOST))


def one(*ranges: Range, channel: ChannelRule | None = None, flags: tuple[FlagIs, ...] = ()) -> Criteria:
    return Criteria(ranges=ranges, channel=channel, flags=flags)


POOR, RICH = Range(metric="mcap", high=Decimal(10)), Range(metric="mcap", low=Decimal(11))
SURE = Range(metric="win", low=Decimal(50))
FILTERS = tuple(
    Filter(any_of=any_of, recheck=recheck)
    for recheck in Recheck
    for any_of in (
        (one(POOR),),
        (one(RICH),),
        (one(replace(RICH, unknown=Unknown.PASS)),),
        (one(channel=ChannelRule(ranges=(SURE,))),),
        (one(channel=ChannelRule(quorum=2, window=timedelta(hours=1))),),
        (one(RICH, channel=ChannelRule(only=frozenset({CHANNELS[1]}))),),
        (one(flags=(FlagIs(flag="mint", wanted=True),)),),
        (one(POOR, channel=ChannelRule(ranges=(SURE,))), one(RICH, flags=(FlagIs(flag="mint", wanted=False),))),
    )
)


@dataclass(frozen=True)
class Hear:
    """An event: how much later, who called when, what is known, and each channel's win rate then."""

    step: timedelta
    calls: tuple[tuple[ChannelId, int], ...]
    mcap: int | None
    mint: bool | None
    wins: dict[ChannelId, int | None]


@dataclass(frozen=True)
class Edit:
    """A subscriber's filters from now on; some are paused by leaving them out."""

    owner: ChatId
    filters: tuple[tuple[Filter, Destination], ...]


hears = st.builds(
    Hear,
    step=st.sampled_from(STEPS),
    calls=st.lists(st.tuples(st.sampled_from(CHANNELS), st.sampled_from((0, 30, 7_000))), max_size=3).map(tuple),
    mcap=st.sampled_from((None, 5, 10, 11, 50)),
    mint=st.sampled_from((None, True, False)),
    wins=st.fixed_dictionaries({c: st.sampled_from((None, 10, 50, 90)) for c in CHANNELS}),
)
edits = st.builds(
    Edit,
    owner=st.sampled_from(OWNERS),
    filters=st.lists(st.tuples(st.sampled_from(FILTERS), st.sampled_from(DESTINATIONS)), max_size=3).map(tuple),
)
short = st.lists(hears | hears | edits, min_size=2, max_size=25)


@st.composite
def long_stories(draw):
    """Eighty lines in which facts mostly stay as they were, so that records grow old and run out unnoticed."""
    random = draw(st.randoms(use_true_random=False))
    mcap, mint, wins = 5, None, dict.fromkeys(CHANNELS)
    lines: list[Hear | Edit] = []
    for _ in range(80):
        if random.random() < 0.12:
            routed = [(random.choice(FILTERS), random.choice(DESTINATIONS)) for _ in range(random.randint(0, 3))]
            lines.append(Edit(random.choice(OWNERS), tuple(routed)))
            continue
        if random.random() < 0.25:
            mcap, mint = random.choice((5, 11, 50)), random.choice((None, True, False))
            wins = {c: random.choice((None, 10, 90)) for c in CHANNELS}
        calls = ((random.choice(CHANNELS), random.choice((0, 30))),) if random.random() < 0.2 else ()
        lines.append(Hear(random.choice(STEPS), calls, mcap, mint, wins))
    return lines


stories = short | long_stories()


@dataclass
class World:
    """Both ways of keeping records, fed with the same story."""

    index: MemoryFilterIndex = field(default_factory=MemoryFilterIndex)
    together: TokenRecords = field(default_factory=TokenRecords)
    apart: dict[Destination, Record | None] = field(default_factory=lambda: dict.fromkeys(DESTINATIONS))
    routes: dict[ChatId, tuple[Route, ...]] = field(default_factory=dict)
    seq: int = 0
    at: object = EPOCH
    heard: int = 0

    def edit(self, edit: Edit) -> None:
        self.seq += 1
        before = {(r.filter_id, r.destination): r.wanted for r in self.routes.get(edit.owner, ())}
        routes = tuple(
            Route(filter_id=FilterId(f"{edit.owner}.{n}"), name=f"f{n}", owner=edit.owner, destination=d, wanted=f)
            for n, (f, d) in enumerate(edit.filters)
        )
        renewed = {r.destination for r in routes if before.get((r.filter_id, r.destination)) != r.wanted}
        self.routes[edit.owner] = routes
        self.index.replace(edit.owner, routes, renewed=renewed, seq=self.seq)
        for destination in renewed:
            if isinstance(self.apart[destination], Rejected):
                self.apart[destination] = None

    def hear(self, hear: Hear) -> tuple[dict[Destination, set[FilterId]], dict[Destination, set[FilterId]], Event]:
        self.at += hear.step
        self.heard += 1
        event = Event(
            heard=Heard(
                token=TOKEN,
                observed_at=self.at,
                id=EventId(f"e{self.heard}"),
                market={} if hear.mcap is None else {"mcap": Decimal(hear.mcap)},
                flags={} if hear.mint is None else {"mint": hear.mint},
                calls=tuple(Call(channel=c, called_at=self.at - timedelta(seconds=ago)) for c, ago in hear.calls),
            ),
            at=self.at,
            settings_seq=self.seq,
            received_at=self.at,
        )
        stats = {
            c: ChannelStats(channel=c, as_of=EPOCH, values={"win": Decimal(win)})
            for c, win in hear.wins.items()
            if win is not None
        }
        decision = decide(event, self.together, stats, self.index)
        if decision.changed:
            self.together = decision.records
        together = {t.destination: {r.filter_id for r in t.routes} for t in decision.told}
        return together, self._judge_apart(decision.evidence), decision.evidence.event

    def _judge_apart(self, evidence: Evidence) -> dict[Destination, set[FilterId]]:
        told = {}
        for destination, record in self.apart.items():
            if isinstance(record, Accepted) and not record.is_over(evidence.at):
                continue
            routes = [r for routes in self.routes.values() for r in routes if r.destination == destination]
            step = next_step(record, evidence)
            wanting = {
                r.filter_id for r in routes if r.wanted.recheck is Recheck.ALWAYS and matches(r.wanted, evidence)
            }
            if isinstance(step, Judge):
                wanting |= {r.filter_id for r in routes if matches(r.wanted, evidence, fresh=step.fresh)}
            if wanting:
                told[destination] = wanting
                self.apart[destination] = after_match(record, evidence)
            elif isinstance(step, Judge):
                self.apart[destination] = after_refusal(record, evidence)
        return told


@settings(max_examples=120, deadline=None)
@given(stories)
def test_records_kept_together_decide_as_records_kept_apart(story):
    world = World()
    for line in story:
        if isinstance(line, Edit):
            world.edit(line)
            continue
        together, apart, event = world.hear(line)
        note(f"{line} -> {apart}")
        assert together == apart
        for destination in DESTINATIONS:
            kept = world.together.record(destination, since=world.index.since(destination), now=event.at)
            alone = world.apart[destination]
            assert kept == (None if alone is None or alone.is_over(event.at) else alone)


@settings(max_examples=30, deadline=None)
@given(stories)
def test_no_token_is_told_twice_to_one_destination_within_14_days(story):
    world, told = World(), {}
    for line in story:
        if isinstance(line, Edit):
            world.edit(line)
            continue
        together, _, _ = world.hear(line)
        for destination in together:
            at = world.together.accepted[destination]
            assert destination not in told or at >= told[destination] + ACCEPTED_FOR
            told[destination] = at


@settings(max_examples=30, deadline=None)
@given(stories)
def test_an_acceptance_never_turns_back_into_a_refusal_while_it_lives(story):
    world = World()
    for line in story:
        if isinstance(line, Edit):
            world.edit(line)
            continue
        before = dict(world.together.accepted)
        _, _, event = world.hear(line)
        for destination, at in before.items():
            if event.at < at + ACCEPTED_FOR:
                assert world.together.accepted[destination] == at
