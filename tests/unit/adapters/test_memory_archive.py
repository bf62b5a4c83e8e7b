"""What memory keeps of persons, alerts and channels has a bound: the oldest is given up."""

from datetime import timedelta

from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.domain.history import ActivitySeen, EventSettled, StatsHeard, SubscriberSaved
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON


async def test_the_oldest_is_given_up_beyond_each_bound(monkeypatch):
    for bound in ("SUBSCRIBERS", "ACTIVITY", "STATS", "DELIVERIES"):
        monkeypatch.setattr(f"tokenfilter.adapters.memory.history._{bound}_KEPT", 2)
    history = MemoryHistory()
    archive = MemoryArchive(history)
    for number in (1, 2, 3):
        chat, at = ChatId(number), NOON + number * timedelta(seconds=1)
        said = examples.stamped(examples.heard(f"e{number}", at=at))
        await history.record(
            [
                SubscriberSaved(subscriber=Subscriber(chat=chat, version=1), seq=1, renewed=frozenset(), at=at),
                ActivitySeen(chat=chat, what="/start", at=at),
                StatsHeard(stats=examples.stats(as_of=at)),
                EventSettled(evidence=examples.evidence_of(said), told=(Destination(chat),)),
            ]
        )
    assert [s.subscriber.chat async for s in archive.subscribers()] == [2, 3]
    assert await archive.of_person(ChatId(1)) == {}
    assert len([s async for s in archive.statistics(NOON)]) == 2
    assert set(await archive.told(examples.token(), NOON)) == {Destination(ChatId(2)), Destination(ChatId(3))}
