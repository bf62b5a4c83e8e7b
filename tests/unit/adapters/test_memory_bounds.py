"""What is held in memory has a bound: the oldest is given up, and nothing else."""

from datetime import timedelta

from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.history import KEPT_FOR, MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.domain.alerts import alerts
from tokenfilter.domain.dedup import REJECTED_FOR
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled, EventSettled, price_seen
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

HOME = "tokenfilter.adapters.memory"


def judged(number, *, at=NOON, about=None):
    """An event about a token of its own."""
    said = examples.heard(f"e{number}", about=examples.token(about or number), at=at, mcap=100)
    return EventSettled(evidence=examples.evidence_of(examples.stamped(said)), told=())


async def ids(history):
    """The events that are kept."""
    return [e.event.id async for e in history.judged(NOON - 9 * KEPT_FOR, NOON + 9 * KEPT_FOR)]


async def test_history_keeps_two_days_of_events_and_their_tokens():
    history = MemoryHistory()
    await history.record([judged(1), judged(2, at=NOON + timedelta(microseconds=1))])
    await history.record([judged(3, at=NOON + KEPT_FOR + timedelta(microseconds=1))])
    assert await ids(history) == ["e2", "e3"]
    assert await history.find_tokens(examples.token(1).address, 9) == []


async def test_a_token_that_is_heard_of_again_stays(monkeypatch):
    history = MemoryHistory()
    late = NOON + KEPT_FOR + timedelta(seconds=1)
    await history.record([judged(1), judged(2, at=NOON + KEPT_FOR, about=1), judged(3, at=late)])
    assert await ids(history) == ["e2", "e3"]
    assert [e.event.id for e in await history.judged_of(examples.token(1), 1)] == ["e2"]


async def test_history_keeps_no_more_events_deliveries_and_tokens_than_its_bounds(monkeypatch):
    for bound in ("_EVENTS_KEPT", "_DELIVERIES_KEPT", "_TOKENS_KEPT"):
        monkeypatch.setattr(f"{HOME}.history.{bound}", 2)
    history = MemoryHistory()
    places = [Destination(ChatId(n)) for n in (1, 2, 3)]
    for n, place in enumerate(places, start=1):
        token = examples.token(n)
        ended = DeliverySettled(
            notification=f"n{n}", token=token, destination=place, outcome=DeliveryOutcome.SENT, at=NOON
        )
        await history.record([ended, price_seen(examples.tick(about=token, mcap=n))])
    for n in (4, 5, 6):
        await history.record([judged(n)])
    assert await ids(history) == ["e5", "e6"]
    deliveries = [await history.delivery(examples.token(n), place) for n, place in enumerate(places, start=1)]
    assert [d is not None for d in deliveries] == [False, True, True]
    assert len(history._tokens) == 2


async def test_prices_older_than_two_days_say_nothing_of_a_token_any_more():
    history, evidence = MemoryHistory(), judged(1, at=NOON - timedelta(seconds=1)).evidence
    about = evidence.event.token
    for n in range(3):
        await history.record([price_seen(examples.tick(NOON + n * timedelta(seconds=9), about=about, mcap=500))])
    assert (await history.outcome(evidence)).peak == 500
    await history.record([price_seen(examples.tick(NOON + 2 * KEPT_FOR, about=about, mcap=100))])
    assert (await history.outcome(evidence)).peak == 100


async def test_records_of_which_nothing_is_left_are_swept_and_no_others(monkeypatch):
    monkeypatch.setattr(f"{HOME}.processed_tokens._SWEEP_EVERY", 3)
    journal = MemoryJournal()
    outbox = MemoryOutbox(journal=journal)
    tokens = MemoryProcessedTokens(outbox=outbox, journal=journal, events=MemoryEventStream())
    for n, at in ((1, NOON), (2, NOON + REJECTED_FOR / 2), (3, NOON + REJECTED_FOR)):
        said = examples.stamped(examples.heard(f"e{n}", about=examples.token(n), at=at, mcap=1))
        refusal = examples.decided(said, [examples.route(1, "mcap >= 9")])
        await tokens.settle(refusal, alerts(refusal, now=at, useful_for=REJECTED_FOR))
    assert set(tokens._records) == {examples.token(2), examples.token(3)}
