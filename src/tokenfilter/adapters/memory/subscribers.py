"""Subscribers in this process's memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from heapq import nsmallest

from tokenfilter.domain.history import PersonForgotten, SubscriberSaved
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import Route, Standing, Subscriber, renewed, routes
from tokenfilter.ports.journal import Journal
from tokenfilter.ports.subscribers import Change, ConflictError, Subscribers


class MemorySubscribers(Subscribers):
    """One version of each subscriber and the last change of each."""

    def __init__(self, *, journal: Journal) -> None:
        self._journal = journal
        self._subscribers: dict[ChatId, Subscriber] = {}
        self._changes: dict[int, Change] = {}
        self._seq = 0

    async def get(self, chat: ChatId) -> Subscriber | None:
        return self._subscribers.get(chat)

    async def save(self, subscriber: Subscriber, *, now: datetime) -> Subscriber:
        before = self._subscribers.get(subscriber.chat)
        if subscriber.version != (before.version if before else 0):
            raise ConflictError(f"subscriber {subscriber.chat} was changed meanwhile")
        stored = replace(subscriber, version=subscriber.version + 1)
        self._subscribers[stored.chat] = stored
        seq, forgets = 0, frozenset[Destination]()
        if tuple(routes(stored)) != (tuple(routes(before)) if before else ()):
            seq, forgets = self._seq + 1, renewed(before, stored)
            self._change(seq, stored.chat, tuple(routes(stored)), forgets)
        await self._journal.note(SubscriberSaved(subscriber=stored, seq=seq, renewed=forgets, at=now))
        return stored

    async def remove(self, chat: ChatId, *, now: datetime) -> bool:
        removed = self._subscribers.pop(chat, None)
        if removed:
            self._change(self._seq + 1, chat, (), frozenset())
            await self._journal.note(PersonForgotten(chat=chat, at=now))
        return removed is not None

    async def restore(self, saved: Sequence[SubscriberSaved]) -> None:
        for one in sorted(saved, key=lambda s: s.seq):
            subscriber, chat = one.subscriber, one.subscriber.chat
            here = self._subscribers.get(chat)
            last = max((c.seq for c in self._changes.values() if c.owner == chat), default=0)
            if here is None and last >= one.seq > 0:
                continue  # removed since
            if here is None or here.version < subscriber.version:
                self._subscribers[chat] = subscriber
            if one.seq > last:
                self._change(one.seq, chat, tuple(routes(self._subscribers[chat])), one.renewed)

    async def changes(self, after: int) -> Sequence[Change]:
        return [self._changes[seq] for seq in sorted(self._changes) if seq > after]

    async def seq(self) -> int:
        return self._seq

    async def active(self, *, after: ChatId | None = None, limit: int) -> Sequence[Subscriber]:
        following = [s for s in self._subscribers.values() if after is None or s.chat > after]
        return nsmallest(limit, (s for s in following if s.standing is Standing.ACTIVE), key=lambda s: s.chat)

    async def count(self) -> int:
        return sum(s.standing is Standing.ACTIVE for s in self._subscribers.values())

    def _change(self, seq: int, owner: ChatId, routed: tuple[Route, ...], forgets: frozenset[Destination]) -> None:
        self._seq = max(seq, self._seq)
        self._changes[seq] = Change(seq=seq, owner=owner, routes=routed, renewed=forgets)
