"""What an earlier life queued is asked of the permanent store before it is sent again."""

import asyncio
from datetime import timedelta

import pytest

from tokenfilter.adapters.layered.outbox import RecallingOutbox
from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.ports.failures import RefusedError, StaleOwnerError, UnavailableError
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import is_waiting, soon
from tokenfilter.testing.contracts.outbox import OutboxContract
from tokenfilter.testing.examples import NOON

BEFORE, SINCE = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)
ANNE, BERT, CARL = (examples.alert(chat, queued_at=BEFORE) for chat in (1, 2, 3))


class FailingArchive(MemoryArchive):
    """Cannot be asked how anything ended."""

    def __init__(self, history, error):
        super().__init__(history)
        self.error = error

    async def ends(self, notifications):
        raise self.error


class SlowArchive(MemoryArchive):
    """Answers once it is let to."""

    def __init__(self, history):
        super().__init__(history)
        self.may_answer = asyncio.Event()

    async def ends(self, notifications):
        await self.may_answer.wait()
        return await super().ends(notifications)


class FailingOutbox(MemoryOutbox):
    """Fails to finish, once."""

    error = None

    async def finish(self, ended):
        error, self.error = self.error, None
        if error:
            raise error
        await super().finish(ended)


@pytest.fixture
def history():
    return MemoryHistory()


@pytest.fixture
def journal():
    return MemoryJournal()


@pytest.fixture
def inner(journal):
    return FailingOutbox(journal=journal)


@pytest.fixture
def outbox(inner, history):
    return recalling(inner, MemoryArchive(history))


def recalling(inner, archive):
    return RecallingOutbox(inner, archive=archive, since=lambda: NOON)


class TestRecalling(OutboxContract):
    @pytest.fixture
    def successor(self, inner, outbox):
        async def heir():
            await inner.redeliver()
            return outbox

        return heir


async def owed(inner, *notifications):
    for one in notifications:
        await inner.put(one)


async def test_what_is_known_to_have_ended_is_finished_and_not_given(outbox, inner, history, journal):
    await owed(inner, ANNE, BERT, CARL)
    await history.record([examples.ended(ANNE, at=SINCE), examples.ended(CARL, at=SINCE)])
    assert await soon(outbox.take(10)) == [BERT]
    assert await inner.length() == 1
    assert [n.entry for n in await soon(journal.read(5))] == [examples.ended(n, at=SINCE) for n in (ANNE, CARL)]


async def test_an_alert_of_another_event_under_the_same_id_is_given(outbox, inner, history):
    later = examples.alert(1, about=examples.stamped(examples.heard("e2")), queued_at=BEFORE)
    assert later.id == ANNE.id
    await history.record([examples.ended(ANNE)])
    await owed(inner, later)
    assert await soon(outbox.take(10)) == [later]


async def test_what_was_queued_since_the_start_is_given_without_asking(inner, history):
    outbox = recalling(inner, FailingArchive(history, AssertionError("asked")))
    fresh = examples.alert(1, queued_at=SINCE)
    await owed(inner, fresh)
    assert await soon(outbox.take(10)) == [fresh]


@pytest.mark.parametrize("error", [UnavailableError("away"), RefusedError("no text")])
async def test_where_the_permanent_store_cannot_be_asked_all_is_given(inner, history, error):
    await owed(inner, ANNE, BERT)
    await history.record([examples.ended(ANNE)])
    assert await soon(recalling(inner, FailingArchive(history, error)).take(10)) == [ANNE, BERT]


async def test_taking_waits_while_all_that_was_owed_has_ended(outbox, inner, history):
    await owed(inner, ANNE)
    await history.record([examples.ended(ANNE)])
    taking = asyncio.ensure_future(outbox.take(10))
    assert await is_waiting(taking)
    await owed(inner, BERT)
    assert await soon(taking) == [BERT]


async def test_a_taking_that_is_given_up_takes_nothing_with_it(inner, history):
    archive = SlowArchive(history)
    outbox = recalling(inner, archive)
    await owed(inner, ANNE, BERT)
    taking = asyncio.ensure_future(outbox.take(10))
    assert await is_waiting(taking)
    taking.cancel()
    archive.may_answer.set()
    assert [await soon(outbox.take(1)), await soon(outbox.take(1))] == [[ANNE], [BERT]]


async def test_what_could_not_be_finished_is_not_given_the_next_time_either(outbox, inner, history):
    await owed(inner, ANNE, BERT)
    await history.record([examples.ended(ANNE)])
    inner.error = UnavailableError("away")
    with pytest.raises(UnavailableError):
        await soon(outbox.take(10))
    assert await soon(outbox.take(10)) == [BERT]
    assert await inner.length() == 1


async def test_what_another_sender_ends_is_not_given(outbox, inner, history):
    await owed(inner, ANNE, BERT)
    await history.record([examples.ended(ANNE)])
    inner.error = StaleOwnerError("another's")
    assert await soon(outbox.take(10)) == [BERT]
