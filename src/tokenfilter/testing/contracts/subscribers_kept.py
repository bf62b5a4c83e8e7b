"""How long any store of subscribers must keep a change, and what it may give back after a loss."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from random import Random

import pytest

from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Route, Standing, Subscriber, routes, with_changed, with_filter
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.subscribers import Change, Subscribers
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.contracts.subscribers import ANNE, BERT, CHEAP, SAFE, newcomer
from tokenfilter.testing.examples import NOON

MINUTE = timedelta(minutes=1)


def judged(changes: Sequence[Change]) -> dict[ChatId, tuple[Route, ...]]:
    """What is judged by whoever followed these changes, without those who have no route."""
    last = {change.owner: change.routes for change in changes}
    return {owner: found for owner, found in last.items() if found}


def as_saved(subscriber: Subscriber, seq: int) -> SubscriberSaved:
    """A subscriber as the permanent store has it."""
    return SubscriberSaved(subscriber=subscriber, seq=seq, renewed=frozenset({subscriber.own_chat}), at=NOON)


class KeptSubscribersContract:
    """Fixtures: `store`, empty; `journal`, empty, where it notes what it stores."""

    async def test_a_change_is_told_for_ten_minutes_after_a_later_one_replaced_it(self, store: Subscribers) -> None:
        anne, bert = await store.save(newcomer(ANNE), now=NOON), await store.save(newcomer(BERT), now=NOON)
        await store.save(with_filter(anne, "Safe", SAFE), now=NOON + 60 * MINUTE)
        await store.save(replace(bert, silent=True), now=NOON + 70 * MINUTE - timedelta(microseconds=1))
        assert [c.seq for c in await store.changes(0)] == [1, 2, 3]

    async def test_the_last_change_of_everybody_is_told_however_old_it_is(self, store: Subscribers) -> None:
        kept = {n: await store.save(newcomer(ChatId(n)), now=NOON) for n in range(1, 6)}
        for hour in range(1, 40):
            changed = with_changed(kept[1], replace(kept[1].filters[0], paused=bool(hour % 2)))
            kept[1] = await store.save(changed, now=NOON + hour * timedelta(hours=1))
        changes = await store.changes(0)
        assert judged(changes) == {s.chat: tuple(routes(s)) for s in kept.values() if tuple(routes(s))}
        assert [c.seq for c in changes] == sorted({c.seq for c in changes})

    @pytest.mark.parametrize("seed", range(4))
    async def test_whoever_follows_and_whoever_starts_anew_judge_alike(self, store: Subscribers, seed: int) -> None:
        random, now = Random(seed), NOON
        followed: dict[ChatId, tuple[Route, ...]] = {}
        seen = 0
        for step in range(60):
            now += random.choice((timedelta(0), MINUTE, 11 * MINUTE))
            chat = ChatId(random.randint(1, 4))
            found = await store.get(chat)
            if found and random.random() < 0.25:
                await store.remove(chat, now=now)
            elif found:
                wanted = random.choice((CHEAP, SAFE))
                standing = random.choice((Standing.ACTIVE, Standing.ACTIVE, Standing.STOPPED))
                changed = with_changed(found, replace(found.filters[0], wanted=wanted))
                await store.save(replace(changed, standing=standing), now=now)
            else:
                await store.save(newcomer(chat), now=now)
            if step % 3 == 0:
                for change in await store.changes(seen):
                    assert change.seq > seen
                    followed[change.owner], seen = change.routes, change.seq
                assert {o: r for o, r in followed.items() if r} == judged(await store.changes(0))

    async def test_nothing_of_who_was_removed_is_told_but_that_they_were(self, store: Subscribers) -> None:
        anne = await store.save(newcomer(ANNE), now=NOON)
        await store.save(with_filter(anne, "Safe", SAFE), now=NOON)
        bert = await store.save(newcomer(BERT), now=NOON)
        await store.remove(ANNE, now=NOON)
        assert judged(await store.changes(0)) == {BERT: tuple(routes(bert))}
        for hour in range(1, 60):
            bert = await store.save(replace(bert, silent=bool(hour % 2)), now=NOON + hour * timedelta(hours=1))
        assert judged(await store.changes(0)) == {BERT: tuple(routes(bert))}
        assert await store.seq() == 4

    async def test_removing_nobody_notes_nothing(self, store: Subscribers, journal: Journal) -> None:
        assert not await store.remove(ANNE, now=NOON)
        assert (await store.seq(), await journal.length()) == (0, 0)

    async def test_what_is_restored_in_any_order_and_in_parts_comes_out_the_same(self, store: Subscribers) -> None:
        for number, order in enumerate(permutations(((1, 9), (2, 4), (3, 7)))):
            saved = [as_saved(replace(newcomer(ChatId(10 * number + n)), version=2), 10 * number + s) for n, s in order]
            for one in (*saved, saved[0]):
                await store.restore([one])
            changes = await store.changes(10 * number)
            assert [(c.seq, c.owner, c.renewed) for c in changes] == [
                (one.seq, one.subscriber.chat, one.renewed) for one in sorted(saved, key=lambda s: s.seq)
            ]
            assert await store.seq() == 10 * number + 9

    async def test_a_restored_number_is_never_given_again(self, store: Subscribers) -> None:
        await store.restore([as_saved(replace(newcomer(ANNE), version=5), 41)])
        await store.restore([as_saved(replace(newcomer(BERT), version=5), 7)])
        await store.save(newcomer(ChatId(3)), now=NOON)
        assert await store.seq() == 42
        assert [c.seq for c in await store.changes(0)] == [7, 41, 42]

    async def test_who_never_was_judged_is_restored_without_a_change(
        self, store: Subscribers, journal: Journal
    ) -> None:
        idle = Subscriber(chat=ANNE, name="A", version=1)
        await store.restore([SubscriberSaved(subscriber=idle, seq=0, renewed=frozenset(), at=NOON)])
        assert await store.get(ANNE) == idle
        assert (await store.seq(), list(await store.changes(0)), await store.count()) == (0, [], 1)
        assert await journal.length() == 0

    async def test_more_than_one_request_holds_are_restored_and_told_all_and_in_order(self, store: Subscribers) -> None:
        saved = [as_saved(replace(newcomer(ChatId(n)), version=1), n) for n in range(1, 451)]
        await store.restore(saved)
        assert await store.count() == 450
        assert [(c.seq, c.owner) for c in await store.changes(25)] == [(n, ChatId(n)) for n in range(26, 451)]
        assert [s.chat for s in await store.active(limit=1_000)] == [one.subscriber.chat for one in saved]

    async def test_after_a_restore_edits_go_on_from_what_was_restored(
        self, store: Subscribers, journal: Journal
    ) -> None:
        await store.restore([as_saved(replace(newcomer(ANNE), version=5), 41)])
        found = await store.get(ANNE)
        assert found
        stored = await store.save(with_filter(found, "Safe", SAFE), now=NOON)
        assert stored.version == 6
        (noted,) = await soon(journal.read(10))
        assert noted.entry == SubscriberSaved(subscriber=stored, seq=42, renewed=frozenset({stored.own_chat}), at=NOON)
