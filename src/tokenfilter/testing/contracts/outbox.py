"""What any outbox must keep."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from tokenfilter.domain.delivery import digest_of, joined
from tokenfilter.domain.notification import FoldReason, Notification
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.outbox import Outbox
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import Successor, is_waiting, soon
from tokenfilter.testing.examples import NOON

ONE, TWO, THREE = (examples.alert(chat) for chat in (1, 2, -3))
DIGEST, OTHER = (digest_of((alert,), FoldReason.TOO_MANY, now=NOON) for alert in (ONE, TWO))
MORE = joined(DIGEST, (examples.alert(1, about=examples.stamped(examples.heard("e2"))),), FoldReason.TOO_OLD)


async def owed(outbox: Outbox, notifications: Iterable[Notification] = (ONE, TWO, THREE)) -> None:
    """Queue them in this order."""
    for notification in notifications:
        await outbox.put(notification)


async def finish(outbox: Outbox, notifications: Iterable[Notification]) -> None:
    """They were sent."""
    await outbox.finish([examples.ended(n) for n in notifications])


class OutboxContract:
    """Fixtures: `outbox`, empty; `journal`, empty, where it notes how each ended; `successor`."""

    async def test_what_is_finished_is_in_the_journal_once(self, outbox: Outbox, journal: Journal) -> None:
        await owed(outbox, (ONE, TWO))
        await finish(outbox, [ONE])
        await finish(outbox, [ONE, THREE])
        await finish(outbox, [TWO])
        assert await journal.length() == 2
        noted = [n.entry for n in await soon(journal.read(10))]
        assert noted == [examples.ended(ONE), examples.ended(TWO)]

    async def test_alerts_about_one_token_are_taken_in_order_and_as_they_were_put(self, outbox: Outbox) -> None:
        await owed(outbox, (TWO, THREE, ONE))
        assert list(await soon(outbox.take(10))) == [TWO, THREE, ONE]

    async def test_what_tells_of_no_token_is_taken_as_it_was_put(self, outbox: Outbox) -> None:
        digest = digest_of((ONE, TWO), FoldReason.TOO_MANY, now=NOON + timedelta(microseconds=1))
        await outbox.put(digest)
        assert list(await soon(outbox.take(10))) == [digest]

    async def test_the_same_notification_is_owed_once(self, outbox: Outbox) -> None:
        assert await outbox.put(ONE)
        assert not await outbox.put(ONE)
        assert await outbox.length() == 1

    async def test_two_who_put_the_same_at_once_owe_it_once(self, outbox: Outbox) -> None:
        assert sorted(await asyncio.gather(outbox.put(ONE), outbox.put(ONE))) == [False, True]

    async def test_a_finished_notification_may_be_owed_again(self, outbox: Outbox) -> None:
        await outbox.put(ONE)
        await finish(outbox, await soon(outbox.take(1)))
        assert await outbox.put(ONE)
        assert list(await soon(outbox.take(1))) == [ONE]

    async def test_no_more_is_taken_than_asked_for_and_nothing_twice(self, outbox: Outbox) -> None:
        await owed(outbox)
        assert [list(await soon(outbox.take(2))), list(await soon(outbox.take(2)))] == [[ONE, TWO], [THREE]]

    async def test_taking_waits_until_something_is_owed(self, outbox: Outbox) -> None:
        taking = asyncio.ensure_future(outbox.take(1))
        assert await is_waiting(taking)
        await outbox.put(ONE)
        assert list(await soon(taking)) == [ONE]

    async def test_two_senders_never_take_the_same(self, outbox: Outbox) -> None:
        senders = [asyncio.ensure_future(outbox.take(1)) for _ in range(2)]
        await owed(outbox, (ONE, TWO))
        taken = [n for s in senders for n in await soon(s)]
        assert sorted(n.id for n in taken) == sorted([ONE.id, TWO.id])

    async def test_what_was_taken_is_owed_until_it_is_finished(self, outbox: Outbox) -> None:
        await owed(outbox)
        await soon(outbox.take(10))
        assert await outbox.length() == 3
        await finish(outbox, [ONE, THREE])
        await finish(outbox, [ONE])
        assert await outbox.length() == 1

    async def test_a_notification_may_be_sent_until_it_is_finished(self, outbox: Outbox) -> None:
        await outbox.put(ONE)
        await soon(outbox.take(1))
        assert await outbox.intend(ONE)
        await finish(outbox, [ONE])
        assert not await outbox.intend(ONE)

    async def test_what_was_never_owed_must_not_be_sent(self, outbox: Outbox) -> None:
        assert not await outbox.intend(ONE)

    async def test_a_successor_takes_what_the_dead_sender_left_and_nothing_finished(
        self, outbox: Outbox, successor: Successor[Outbox]
    ) -> None:
        await owed(outbox)
        await finish(outbox, (await soon(outbox.take(2)))[:1])
        heir = await successor()
        left: list[Notification] = []
        while len(left) < 2:
            left += await soon(heir.take(10))
        assert sorted(n.id for n in left) == sorted([TWO.id, THREE.id])
        assert await heir.intend(TWO)

    async def test_what_is_finished_before_it_is_taken_is_not_taken(self, outbox: Outbox) -> None:
        await outbox.put(ONE)
        await finish(outbox, [ONE])
        taking = asyncio.ensure_future(outbox.take(10))
        assert await is_waiting(taking)
        await outbox.put(TWO)
        assert list(await soon(taking)) == [TWO]

    async def test_a_revised_notification_is_taken_as_it_reads_by_then(self, outbox: Outbox) -> None:
        await owed(outbox, (DIGEST, OTHER))
        assert list(await outbox.revise([MORE])) == [True]
        assert await outbox.length() == 2
        taken: list[Notification] = []
        while len(taken) < 2:
            taken += await soon(outbox.take(10))
        assert sorted(taken, key=lambda n: n.id) == sorted([MORE, OTHER], key=lambda n: n.id)

    async def test_what_was_taken_and_revised_is_given_to_its_taker_no_more(self, outbox: Outbox) -> None:
        await outbox.put(DIGEST)
        await soon(outbox.take(10))
        assert list(await outbox.revise([MORE])) == [True]
        await outbox.put(OTHER)
        others = [n for n in await soon(outbox.take(10)) if n.id != MORE.id]
        while not others:
            others = [n for n in await soon(outbox.take(10)) if n.id != MORE.id]
        assert others == [OTHER]

    async def test_a_successor_is_given_what_was_revised_as_it_read_last(
        self, outbox: Outbox, successor: Successor[Outbox]
    ) -> None:
        await outbox.put(DIGEST)
        await soon(outbox.take(10))
        for _ in range(2):
            assert list(await outbox.revise([MORE])) == [True]
        heir = await successor()
        assert list(await soon(heir.take(10))) == [MORE]
        assert await heir.intend(MORE)

    async def test_what_was_tried_already_may_still_be_revised_and_sent(self, outbox: Outbox) -> None:
        await outbox.put(DIGEST)
        await soon(outbox.take(10))
        assert await outbox.intend(DIGEST)
        assert list(await outbox.revise([MORE])) == [True]
        assert await outbox.intend(MORE)

    async def test_what_is_not_owed_cannot_be_revised(self, outbox: Outbox) -> None:
        await owed(outbox, (DIGEST,))
        await finish(outbox, [DIGEST])
        assert list(await outbox.revise([MORE, OTHER])) == [False, False]
        assert await outbox.length() == 0
        assert not await outbox.intend(MORE)

    async def test_what_was_revised_ends_once_and_nothing_of_it_is_left(self, outbox: Outbox, journal: Journal) -> None:
        await owed(outbox, (DIGEST, OTHER))
        await soon(outbox.take(10))
        assert list(await outbox.revise([MORE, OTHER])) == [True, True]
        await finish(outbox, [MORE, OTHER])
        assert await outbox.length() == 0
        assert await journal.length() == 2
        taking = asyncio.ensure_future(outbox.take(10))
        assert await is_waiting(taking)
        await outbox.put(ONE)
        assert list(await soon(taking)) == [ONE]
