"""Subscribers in this process's memory."""

from collections.abc import Sequence
from dataclasses import replace
from heapq import nsmallest

from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Standing, Subscriber, renewed, routes
from tokenfilter.ports.subscribers import Change, ConflictError, Subscribers


class MemorySubscribers(Subscribers):
    """One version of each subscriber and the last change of each."""

    def __init__(self) -> None:
        self._subscribers: dict[ChatId, Subscriber] = {}
        self._changes: dict[int, Change] = {}
        self._seq = 0

    async def get(self, chat: ChatId) -> Subscriber | None:
        return self._subscribers.get(chat)

    async def save(self, subscriber: Subscriber) -> Subscriber:
        before = self._subscribers.get(subscriber.chat)
        if subscriber.version != (before.version if before else 0):
            raise ConflictError(f"subscriber {subscriber.chat} was changed meanwhile")
        stored = replace(subscriber, version=subscriber.version + 1)
        self._subscribers[stored.chat] = stored
        now_routed = tuple(routes(stored))
        if now_routed != (tuple(routes(before)) if before else ()):
            self._seq += 1
            self._changes[self._seq] = Change(
                seq=self._seq, owner=stored.chat, routes=now_routed, renewed=renewed(before, stored)
            )
        return stored

    async def changes(self, after: int) -> Sequence[Change]:
        return [self._changes[seq] for seq in range(after + 1, self._seq + 1)]

    async def seq(self) -> int:
        return self._seq

    async def active(self, *, after: ChatId | None = None, limit: int) -> Sequence[Subscriber]:
        following = [s for s in self._subscribers.values() if after is None or s.chat > after]
        return nsmallest(limit, (s for s in following if s.standing is Standing.ACTIVE), key=lambda s: s.chat)

    async def count(self) -> int:
        return sum(s.standing is Standing.ACTIVE for s in self._subscribers.values())
