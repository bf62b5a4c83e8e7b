"""Subscribers in Redis: a string each, and a sorted set of what each change means for judging, by its number.

The changes are no stream: what is restored comes in any order and keeps its number, and a stream takes none below its
last. Everything shares one hash tag, the settings' journal too, so a save and what it notes are one script.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any

from tokenfilter.adapters.redis.connection import RedisConnection, Script, translated
from tokenfilter.adapters.redis.keys import SETTINGS, Keys
from tokenfilter.adapters.redis.stored import read
from tokenfilter.domain.history import JournalEntry, PersonForgotten, SubscriberSaved
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.plain.fields import Plain, list_of, object_of, whole
from tokenfilter.domain.plain.history import entry_to_plain
from tokenfilter.domain.plain.measures import micros
from tokenfilter.domain.plain.names import destinations
from tokenfilter.domain.plain.subscriber import (
    route_from_plain,
    route_to_plain,
    subscriber_from_plain,
    subscriber_to_plain,
)
from tokenfilter.domain.plain.text import dumps
from tokenfilter.domain.subscriber import Route, Standing, Subscriber, renewed, routes
from tokenfilter.ports.subscribers import Change, ConflictError, Subscribers

REPLACED_KEPT_FOR = timedelta(minutes=10)
REMOVAL_KEPT_FOR = timedelta(hours=24)
"""Matching follows changes when it judges: a day without an event is as good as a new start, which asks from 0."""

_MICROSECOND = timedelta(microseconds=1)
_SAVE, _REMOVE = Script("settings_save", "settings_changes"), Script("settings_remove", "settings_changes")
_RESTORE = Script("settings_restore", "settings_changes")
_PAGE = 200
_RESTORED_AT_ONCE = 50  # some milliseconds of the server, where each has many filters
_NUMBER = '"seq":0'


class RedisSubscribers(Subscribers):
    """Of a removed subscriber nothing is kept but the number of the removal and the chat, for a day.

    `noted` is told of every entry that a script has put into the journal.
    """

    def __init__(
        self, connection: RedisConnection, keys: Keys, *, noted: Callable[[JournalEntry], None] = lambda _: None
    ) -> None:
        self._connection = connection
        self._noted = noted
        self._keys = keys
        self._seq, self._changes, self._active = (keys.settings(what) for what in ("seq", "stream", "active"))
        self._written = [self._seq, self._changes, keys.settings("numbers"), keys.settings("replaced"), self._active]

    async def get(self, chat: ChatId) -> Subscriber | None:
        spelt = await self._stored(chat)
        return None if spelt is None else read(spelt, subscriber_from_plain)

    async def save(self, subscriber: Subscriber, *, now: datetime) -> Subscriber:
        spelt = await self._stored(subscriber.chat)
        before = None if spelt is None else read(spelt, subscriber_from_plain)
        if subscriber.version != (before.version if before else 0):
            raise ConflictError(f"subscriber {subscriber.chat} was changed meanwhile")
        after = replace(subscriber, version=subscriber.version + 1)
        routed = tuple(routes(after))
        changed = routed != (tuple(routes(before)) if before else ())
        forgets = renewed(before, after) if changed else frozenset()
        noted = SubscriberSaved(subscriber=after, seq=0, renewed=forgets, at=now)
        args: list[str | int] = [
            after.chat,
            micros(now),
            REPLACED_KEPT_FOR // _MICROSECOND,
            _name(spelt),
            dumps(subscriber_to_plain(after)),
            _is_active(after),
            *_around_number(dumps(entry_to_plain(noted))),
            *(_around_number(_change(0, after.chat, routed, forgets)) if changed else ()),
        ]
        keys = [*self._written, self._keys.subscriber(after.chat), self._keys.journal(SETTINGS)]
        number = await self._connection.run(_SAVE, keys, args)
        if number is None:
            raise ConflictError(f"subscriber {subscriber.chat} was changed meanwhile")
        self._noted(replace(noted, seq=int(number)))
        return after

    async def remove(self, chat: ChatId, *, now: datetime) -> bool:
        noted = PersonForgotten(chat=chat, at=now)
        args: list[str | int] = [
            chat,
            micros(now),
            REPLACED_KEPT_FOR // _MICROSECOND,
            REMOVAL_KEPT_FOR // _MICROSECOND,
            dumps(entry_to_plain(noted)),
            *_around_number(_change(0, chat, (), frozenset())),
        ]
        keys = [*self._written, self._keys.subscriber(chat), self._keys.journal(SETTINGS)]
        removed = bool(await self._connection.run(_REMOVE, keys, args))
        if removed:
            self._noted(noted)
        return removed

    async def restore(self, saved: Sequence[SubscriberSaved]) -> None:
        for first in range(0, len(saved), _RESTORED_AT_ONCE):
            await self._restore(saved[first : first + _RESTORED_AT_ONCE])

    async def changes(self, after: int) -> Sequence[Change]:
        found: list[Change] = []
        while True:
            with translated():
                page = await self._from(self._changes, f"({after}", _PAGE)
            found += [read(spelt, _change_from_plain) for spelt in page]
            if len(page) < _PAGE:
                return found
            after = found[-1].seq

    async def seq(self) -> int:
        with translated():
            return int(await self._connection.reads.get(self._seq) or 0)

    async def active(self, *, after: ChatId | None = None, limit: int) -> Sequence[Subscriber]:
        found: list[Subscriber] = []
        start = "-inf" if after is None else f"({after}"
        while len(found) < limit:
            with translated():
                chats = await self._from(self._active, start, limit - len(found))
                if not chats:
                    break
                stored = await self._connection.reads.mget([self._keys.subscriber(ChatId(int(c))) for c in chats])
            page = [read(spelt, subscriber_from_plain) for spelt in stored if spelt is not None]
            found += [s for s in page if s.standing is Standing.ACTIVE]  # it may have changed since it was listed
            start = f"({chats[-1]}"
        return found

    async def count(self) -> int:
        with translated():
            return int(await self._connection.reads.zcard(self._active))

    async def _from(self, key: str, start: str, limit: int) -> Any:  # noqa: ANN401 - texts, as this client decodes them
        """The members of a sorted set from a score on."""
        return await self._connection.reads.zrange(key, start, "+inf", byscore=True, offset=0, num=limit)

    async def _stored(self, chat: ChatId) -> str | None:
        with translated():
            found = await self._connection.reads.get(self._keys.subscriber(chat))
        return None if found is None else str(found)

    async def _restore(self, saved: Sequence[SubscriberSaved]) -> None:
        users = [self._keys.subscriber(one.subscriber.chat) for one in saved]
        with translated():
            stored: list[Any] = await self._connection.reads.mget(users)
        keys, args = list(self._written), list[str | int]()
        for one, user, spelt in zip(saved, users, stored, strict=True):
            subscriber = one.subscriber
            newer_here = spelt is not None and read(spelt, subscriber_from_plain).version >= subscriber.version
            keys.append(user)
            args += [
                subscriber.chat,
                micros(one.at),
                _name(spelt),
                "" if newer_here else dumps(subscriber_to_plain(subscriber)),
            ]
            args += [_is_active(subscriber), one.seq]
            args.append(_change(one.seq, subscriber.chat, tuple(routes(subscriber)), one.renewed))
        if args:
            await self._connection.run(_RESTORE, keys, args)


def _name(spelt: str | None) -> str:
    """What the script knows a stored text by; empty for none."""
    return "" if spelt is None else sha1(spelt.encode(), usedforsecurity=False).hexdigest()


def _is_active(subscriber: Subscriber) -> int:
    return int(subscriber.standing is Standing.ACTIVE)


def _around_number(spelt: str) -> list[str]:
    """What stands before and behind the number of a change, which is known in the script alone.

    No text of a person can look like it: quotes within are escaped.
    """
    before, behind = spelt.split(_NUMBER)
    return [before + _NUMBER[:-1], behind]


def _change(seq: int, owner: ChatId, routed: tuple[Route, ...], forgets: frozenset[Destination]) -> str:
    return dumps(
        {
            "seq": seq,
            "owner": owner,
            "routes": [route_to_plain(route) for route in routed],
            "renewed": sorted(map(str, forgets)),
        }
    )


def _change_from_plain(plain: Plain) -> Change:
    plain = object_of(plain, "change")
    return Change(
        seq=whole(plain, "seq"),
        owner=ChatId(whole(plain, "owner")),
        routes=tuple(route_from_plain(route) for route in list_of(plain.get("routes"), "routes")),
        renewed=frozenset(destinations(plain, "renewed")),
    )
