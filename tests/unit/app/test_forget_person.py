"""Nothing of a person stays, and a person can see what there is before."""

import pytest

from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.sessions import MemorySessions
from tokenfilter.app.forget_person import ForgetPerson
from tokenfilter.domain.history import PersonForgotten
from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.sessions import Asked
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ANNE = ChatId(1)


@pytest.fixture
def sessions():
    return MemorySessions()


@pytest.fixture
def person(process, sessions):
    return ForgetPerson(
        subscribers=process.subscribers,
        tokens=process.tokens,
        sessions=sessions,
        archive=MemoryArchive(process.history),
        clock=process.clock,
    )


async def test_nothing_of_a_forgotten_person_is_in_the_real_time_store(process, person, sessions):
    await process.subscribe(1, "mcap >= 1")
    await process.subscribe(2, "mcap >= 1")
    await process.hear(examples.heard(mcap=5))
    await process.judge()
    await sessions.open(ANNE, Asked(question="name", message_id=1), now=NOON)
    await person.forget(ANNE)
    assert await process.subscribers.get(ANNE) is None
    assert {d.chat for d in (await process.tokens.records(examples.token())).accepted} == {2}
    assert await sessions.asked(ANNE, now=NOON) is None


async def test_a_forgotten_person_hears_of_nothing_more_and_the_others_do(process, person):
    await process.subscribe(1, "mcap >= 1")
    await process.subscribe(2, "mcap >= 1")
    await person.forget(ANNE)
    await process.hear(examples.heard(mcap=5))
    await process.judge()
    assert [n.destination.chat for n in await process.outbox.take(9)] == [2]


async def test_forgetting_is_noted_once_however_often_it_is_asked(process, person):
    await process.subscribe(1, "mcap >= 1")
    for _ in range(3):
        await person.forget(ANNE)
    noted = [n.entry for n in await process.journal.read(99)]
    assert [e for e in noted if isinstance(e, PersonForgotten)] == [PersonForgotten(chat=ANNE, at=NOON)]


async def test_an_export_holds_everything_and_after_forgetting_nothing(process, person):
    await process.subscribe(1, "mcap >= 1")
    await process.hear(examples.heard(mcap=5))
    await process.judge()
    await process.remember()
    kept = await person.export(ANNE)
    assert "mcap >= 1" in str(kept)
    assert examples.token().address in str(kept)
    await person.forget(ANNE)
    await process.history.record([PersonForgotten(chat=ANNE, at=NOON)])
    assert not any((await person.export(ANNE)).values())
