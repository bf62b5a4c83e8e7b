"""Subscribers while the real-time store is away: read from the permanent one; edits are asked to come again soon."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from tokenfilter.adapters.surviving.journal import SurvivingJournal, with_last_change
from tokenfilter.adapters.surviving.survival import Survival, Survivor
from tokenfilter.domain.history import SubscriberSaved
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber, routes
from tokenfilter.ports.archive import Archive
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.subscribers import Change, Subscribers


class SurvivingSubscribers(Subscribers, Survivor):
    """What was saved and is not in the permanent store yet is in the journal's memory.

    Nothing can be changed while the store is away, so the number of the last change is the last one heard of.
    """

    def __init__(self, inner: Subscribers, survival: Survival, *, archive: Archive, journal: SurvivingJournal) -> None:
        self._inner = inner
        self._survival = survival
        self._archive = archive
        self._journal = journal
        self._seq = 0
        self._looked_in = 0
        self._found: Sequence[SubscriberSaved] = ()
        survival.join(self)

    async def get(self, chat: ChatId) -> Subscriber | None:
        try:
            found = await self._survival.attempt(lambda: self._inner.get(chat))
        except UnavailableError:
            found = None
        if found is None and (
            not self._survival.is_up or await self._survival.is_gone()
        ):  # an emptied store knows nobody
            saved = self._journal.of_subscribers().get(chat) or await self._archive.subscriber(chat)
            found = saved.subscriber if isinstance(saved, SubscriberSaved) else None
        return found

    async def save(self, subscriber: Subscriber, *, now: datetime) -> Subscriber:
        return await self._survival.attempt(lambda: self._inner.save(subscriber, now=now))

    async def remove(self, chat: ChatId, *, now: datetime) -> bool:
        return await self._survival.attempt(lambda: self._inner.remove(chat, now=now))

    async def restore(self, saved: Sequence[SubscriberSaved]) -> None:
        await self._inner.restore(saved)

    async def changes(self, after: int) -> Sequence[Change]:
        try:
            return await self._survival.attempt(lambda: self._inner.changes(after))
        except UnavailableError:
            kept = {saved.subscriber.chat: saved for saved in await self._archived(after)}
            for chat, entry in self._journal.of_subscribers().items():
                if isinstance(entry, SubscriberSaved):
                    kept[chat] = with_last_change(entry, kept.get(chat))
                else:
                    kept.pop(chat, None)
            return [_change(one) for one in sorted(kept.values(), key=lambda s: s.seq) if one.seq > after]

    async def seq(self) -> int:
        try:
            self._seq = await self._survival.attempt(self._inner.seq)
        except UnavailableError:
            self._seq = max(self._seq, self._journal.settings_seq)
        return self._seq

    async def _archived(self, after: int) -> Sequence[SubscriberSaved]:
        """Changes that the permanent store knows: all of it is read, so once in the time that the store is away."""
        if self._looked_in != self._survival.losses:
            self._looked_in, self._found = self._survival.losses, ()
            with suppress(UnavailableError):
                self._found = [saved async for saved in self._archive.subscribers() if saved.seq > after]
        return self._found

    async def active(self, *, after: ChatId | None = None, limit: int) -> Sequence[Subscriber]:
        return await self._survival.attempt(lambda: self._inner.active(after=after, limit=limit))

    async def count(self) -> int:
        return await self._survival.attempt(self._inner.count)

    @property
    def is_ahead(self) -> bool:
        return False

    async def bring_over(self, *, wiped: bool) -> None:
        if wiped:
            newest = self._journal.of_subscribers().values()
            await self._inner.restore([e for e in newest if isinstance(e, SubscriberSaved)])


def _change(saved: SubscriberSaved) -> Change:
    subscriber = saved.subscriber
    return Change(seq=saved.seq, owner=subscriber.chat, routes=tuple(routes(subscriber)), renewed=saved.renewed)
