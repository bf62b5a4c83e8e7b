"""What any store of subscribers must keep."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.history import PersonForgotten, SubscriberSaved
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.subscriber import (
    Mutes,
    Standing,
    Subscriber,
    routes,
    with_changed,
    with_filter,
    without_filter,
)
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.subscribers import ConflictError, Subscribers
from tokenfilter.testing import examples
from tokenfilter.testing.contracts import soon
from tokenfilter.testing.examples import NOON

ANNE, BERT = ChatId(1), ChatId(2)
CHEAP, SAFE = parse_filter("mcap <= 50k"), parse_filter("mint revoked, channel only @alpha, win >= 55.5")


CHANGES: tuple[Callable[[Subscriber], Subscriber], ...] = (
    lambda s: with_filter(s, "Safe", SAFE),
    lambda s: with_changed(s, replace(s.filters[0], wanted=SAFE)),
    lambda s: with_changed(s, replace(s.filters[0], paused=True)),
    lambda s: replace(s, standing=Standing.STOPPED),
    lambda s: replace(s, standing=Standing.ACTIVE),
    lambda s: without_filter(s, s.filters[1].id),
)
"""Each changes what is judged."""


def newcomer(chat: ChatId) -> Subscriber:
    """A subscriber with one filter."""
    return with_filter(Subscriber(chat=chat, name="A <b>"), "Cheap", CHEAP)


class SubscribersContract:
    """Fixtures: `store`, empty; `journal`, empty, where it notes what it stores."""

    async def test_nobody_is_known_before_the_first_save(self, store: Subscribers) -> None:
        assert await store.get(ANNE) is None
        assert (await store.seq(), await store.count(), list(await store.changes(0))) == (0, 0, [])

    async def test_what_was_saved_is_read_as_it_was_with_a_higher_version(self, store: Subscribers) -> None:
        group = Destination(ChatId(-5), 3)
        changed = with_filter(newcomer(ANNE), "Safe", SAFE)
        routed = with_changed(changed, replace(changed.filters[1], destinations=(group,), paused=True))
        mutes = Mutes(
            tokens={examples.token(): NOON + timedelta(microseconds=1), examples.token(2): None},
            channels={ChannelId("@spam"): None},
            everything_until=NOON,
        )
        whole = replace(routed, places={group: "Our «group»"}, mutes=mutes, silent=True, zone="Asia/Tokyo")
        saved = await store.save(whole, now=NOON)
        assert saved == replace(whole, version=1)
        assert await store.get(ANNE) == saved

    async def test_one_subscriber_is_not_another(self, store: Subscribers) -> None:
        anne, bert = await store.save(newcomer(ANNE), now=NOON), await store.save(newcomer(BERT), now=NOON)
        assert [await store.get(ANNE), await store.get(BERT)] == [anne, bert]

    async def test_saving_over_what_one_has_not_read_is_a_conflict_and_writes_nothing(self, store: Subscribers) -> None:
        read = await store.save(newcomer(ANNE), now=NOON)
        kept = await store.save(replace(read, zone="Asia/Tokyo"), now=NOON)
        for stale in (read, newcomer(ANNE), replace(kept, version=kept.version + 1)):
            with pytest.raises(ConflictError):
                await store.save(without_filter(stale, stale.filters[0].id), now=NOON)
        assert await store.get(ANNE) == kept
        assert await store.seq() == 1

    async def test_a_new_subscriber_has_no_version_to_save_over(self, store: Subscribers) -> None:
        with pytest.raises(ConflictError):
            await store.save(replace(newcomer(ANNE), version=1), now=NOON)
        assert await store.get(ANNE) is None

    async def test_of_two_edits_at_once_one_wins(self, store: Subscribers) -> None:
        read = await store.save(newcomer(ANNE), now=NOON)
        edits = [replace(read, zone=zone) for zone in ("Asia/Tokyo", "Europe/Paris")]
        ends = await asyncio.gather(*[store.save(edit, now=NOON) for edit in edits], return_exceptions=True)
        won = [end for end in ends if isinstance(end, Subscriber)]
        assert len(won) == 1
        assert sum(isinstance(end, ConflictError) for end in ends) == 1
        assert await store.get(ANNE) == won[0]

    async def test_of_two_who_start_at_once_one_wins(self, store: Subscribers) -> None:
        ends = await asyncio.gather(
            store.save(newcomer(ANNE), now=NOON), store.save(newcomer(ANNE), now=NOON), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["ConflictError", "Subscriber"]

    async def test_what_changes_what_is_judged_raises_the_number_by_one(self, store: Subscribers) -> None:
        anne = await store.save(newcomer(ANNE), now=NOON)
        assert await store.seq() == 1
        for number, change in enumerate(CHANGES, start=2):
            anne = await store.save(change(anne), now=NOON)
            assert await store.seq() == number
            assert (await store.changes(number - 1))[-1].routes == tuple(routes(anne))

    async def test_what_does_not_change_what_is_judged_leaves_the_number(self, store: Subscribers) -> None:
        anne = await store.save(newcomer(ANNE), now=NOON)
        await store.save(replace(anne, silent=True, mutes=Mutes(everything_until=NOON)), now=NOON)
        assert await store.seq() == 1
        assert not list(await store.changes(1))

    async def test_changes_come_in_order_and_hold_the_last_of_every_subscriber(self, store: Subscribers) -> None:
        anne, bert = await store.save(newcomer(ANNE), now=NOON), await store.save(newcomer(BERT), now=NOON)
        anne = await store.save(with_filter(anne, "Safe", SAFE), now=NOON)
        changes = await store.changes(0)
        assert [c.seq for c in changes] == sorted({c.seq for c in changes})
        last = {c.owner: c for c in changes}
        assert {owner: c.routes for owner, c in last.items()} == {
            ANNE: tuple(routes(anne)),
            BERT: tuple(routes(bert)),
        }
        assert (last[ANNE].seq, last[BERT].seq) == (3, 2)

    async def test_only_changes_after_the_asked_number_are_told(self, store: Subscribers) -> None:
        await store.save(newcomer(ANNE), now=NOON)
        await store.save(newcomer(BERT), now=NOON)
        assert [c.owner for c in await store.changes(1)] == [BERT]
        assert not list(await store.changes(2))
        assert not list(await store.changes(99))

    async def test_a_change_names_the_destinations_whose_refusals_are_forgotten(self, store: Subscribers) -> None:
        group = Destination(ChatId(-5))
        anne = await store.save(newcomer(ANNE), now=NOON)
        assert (await store.changes(0))[-1].renewed == {anne.own_chat}
        both = replace(anne.filters[0], destinations=(anne.own_chat, group))
        anne = await store.save(with_changed(anne, both), now=NOON)
        assert (await store.changes(1))[-1].renewed == {group}
        anne = await store.save(with_changed(anne, replace(both, paused=True)), now=NOON)
        assert (await store.changes(2))[-1].renewed == frozenset()
        await store.save(with_changed(anne, both), now=NOON)
        assert (await store.changes(3))[-1].renewed == {anne.own_chat, group}

    async def test_the_active_come_page_by_page_each_once(self, store: Subscribers) -> None:
        saved = [await store.save(newcomer(ChatId(chat)), now=NOON) for chat in (4, 2, 5, 1, 3)]
        stopped = next(s for s in saved if s.chat == 3)
        await store.save(replace(stopped, standing=Standing.STOPPED), now=NOON)
        first = await store.active(limit=3)
        assert [s.chat for s in first] == [1, 2, 4]
        assert first[0] == await store.get(ChatId(1))
        assert [s.chat for s in await store.active(after=ChatId(4), limit=3)] == [5]
        assert not await store.active(after=ChatId(5), limit=3)

    async def test_who_is_stopped_or_cannot_be_reached_does_not_count(self, store: Subscribers) -> None:
        anne, bert = await store.save(newcomer(ANNE), now=NOON), await store.save(newcomer(BERT), now=NOON)
        assert await store.count() == 2
        await store.save(replace(anne, standing=Standing.STOPPED), now=NOON)
        await store.save(replace(bert, standing=Standing.UNREACHABLE), now=NOON)
        assert await store.count() == 0

    async def test_the_journal_says_what_was_stored_and_what_it_changed(
        self, store: Subscribers, journal: Journal
    ) -> None:
        anne = await store.save(newcomer(ANNE), now=NOON)
        quiet = await store.save(replace(anne, silent=True), now=NOON + timedelta(microseconds=1))
        assert [n.entry for n in await soon(journal.read(10))] == [
            SubscriberSaved(subscriber=anne, seq=1, renewed=frozenset({anne.own_chat}), at=NOON),
            SubscriberSaved(subscriber=quiet, seq=0, renewed=frozenset(), at=NOON + timedelta(microseconds=1)),
        ]

    async def test_a_refused_save_is_in_no_journal(self, store: Subscribers, journal: Journal) -> None:
        with pytest.raises(ConflictError):
            await store.save(replace(newcomer(ANNE), version=1), now=NOON)
        assert await journal.length() == 0

    async def test_who_is_removed_is_unknown_is_judged_by_nothing_and_may_start_anew(
        self, store: Subscribers, journal: Journal
    ) -> None:
        await store.save(newcomer(ANNE), now=NOON)
        bert = await store.save(newcomer(BERT), now=NOON)
        assert await store.remove(ANNE, now=NOON)
        assert not await store.remove(ANNE, now=NOON)
        assert await store.get(ANNE) is None
        assert [s.chat for s in await store.active(limit=9)] == [BERT]
        assert await store.count() == 1
        last = {c.owner: c.routes for c in await store.changes(0)}
        assert not last.get(ANNE)
        assert last[BERT] == tuple(routes(bert))
        assert [(c.owner, c.routes) for c in await store.changes(2)] == [(ANNE, ())]
        assert (await soon(journal.read(10)))[-1].entry == PersonForgotten(chat=ANNE, at=NOON)
        again = await store.save(newcomer(ANNE), now=NOON)
        assert again.version == 1
        assert await store.seq() == 4

    async def test_what_is_restored_into_an_empty_store_is_judged_under_its_old_number(
        self, store: Subscribers, journal: Journal
    ) -> None:
        anne, bert = replace(newcomer(ANNE), version=3), replace(newcomer(BERT), version=1, silent=True)
        saved = [
            SubscriberSaved(subscriber=anne, seq=41, renewed=frozenset({anne.own_chat}), at=NOON),
            SubscriberSaved(subscriber=bert, seq=7, renewed=frozenset({bert.own_chat}), at=NOON),
        ]
        for _ in range(2):
            await store.restore(saved)
            assert [await store.get(ANNE), await store.get(BERT)] == [anne, bert]
            assert await store.seq() == 41
            assert [(c.seq, c.owner, c.routes) for c in await store.changes(0)] == [
                (7, BERT, tuple(routes(bert))),
                (41, ANNE, tuple(routes(anne))),
            ]
        assert await journal.length() == 0
        assert (await store.save(replace(anne, zone="Asia/Tokyo"), now=NOON)).version == 4
        assert await store.count() == 2

    async def test_what_is_older_than_what_is_stored_is_not_restored(self, store: Subscribers) -> None:
        old = await store.save(newcomer(ANNE), now=NOON)
        new = await store.save(replace(old, zone="Asia/Tokyo"), now=NOON)
        await store.restore([SubscriberSaved(subscriber=old, seq=1, renewed=frozenset(), at=NOON)])
        assert await store.get(ANNE) == new
        assert await store.seq() == 1
