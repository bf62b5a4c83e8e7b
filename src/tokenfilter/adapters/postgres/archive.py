"""What PostgreSQL gives back: to a real-time store that lost it, and to a person who asks.

Long reads go page by page in the order of a key, so that nothing is held open between pages.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ARRAY, Column, Select, Text, and_, any_, func, literal, or_, select, tuple_

from tokenfilter.adapters.postgres import tables as t
from tokenfilter.adapters.postgres import tables_money as money
from tokenfilter.adapters.postgres.arrays import as_arrays, rows_of
from tokenfilter.adapters.postgres.engine import AnyRow, PostgresEngine, translated
from tokenfilter.adapters.postgres.people import FORGETTABLE
from tokenfilter.adapters.postgres.rows import NO_EVENT, destination_in, end_of, evidence_of, saved_of, token_in
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import DeliverySettled, SubscriberSaved
from tokenfilter.domain.ids import ChatId, Destination, Token
from tokenfilter.domain.notification import Notification
from tokenfilter.domain.plain.event import stats_from_plain
from tokenfilter.domain.plain.measures import iso
from tokenfilter.ports.archive import Archive, Unfinished

_T = TypeVar("_T")

_PAGE = 500
_EVENTS_PAGE = 100
"""Each may have told thousands."""

_events, _told, _tokens, _stats = t.token_events.c, t.notifications.c, t.tokens.c, t.channel_stats.c
_NUMBERED, _NAMED = (_events.seq, _events.judged_at), (_events.event, _events.judged_at)
_ALERT = (_told.notification, _told.event)


class PostgresArchive(Archive):
    """Reads of whatever size without a transaction or a cursor."""

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine

    async def subscribers(self) -> AsyncIterator[SubscriberSaved]:
        async for row in self._in_pages(select(t.subscribers), t.subscribers.c.chat):
            yield _read(saved_of, row)

    async def subscriber(self, chat: ChatId) -> SubscriberSaved | None:
        rows = await self._engine.fetch(select(t.subscribers).where(t.subscribers.c.chat == chat))
        return _read(saved_of, rows[0]) if rows else None

    async def told(self, token: Token, since: datetime) -> Mapping[Destination, datetime]:
        rows = await self._engine.fetch(_told_since(since, [str(token)]))
        return {destination_in(row): row.told_at for row in rows}

    async def told_of_all(self, since: datetime) -> AsyncIterator[tuple[Token, Mapping[Destination, datetime]]]:
        told = select(_told.token).where(_told.told_at >= since, _told.event != NO_EVENT).group_by(_told.token)
        async for page in self._pages(told, _told.token, size=_PAGE):
            for found in (await self._told_of([row.token for row in page], since)).items():
                yield found

    async def told_of(self, tokens: Sequence[Token], since: datetime) -> Mapping[Token, Mapping[Destination, datetime]]:
        return await self._told_of([str(token) for token in tokens], since)

    async def newest_of_all(self, since: datetime) -> AsyncIterator[Evidence]:
        judged = select(_tokens.token, _tokens.newest_seq, _tokens.newest_at).where(_tokens.newest_at >= since)
        async for page in self._pages(judged, _tokens.token, size=_PAGE):
            keys = [(row.newest_seq, row.newest_at) for row in page]
            for row in await self._events(_NUMBERED, keys):
                yield _read(evidence_of, row)

    async def newest_first(self) -> AsyncIterator[Evidence]:
        newest = select(_events.seq, _events.evidence).order_by(_events.seq.desc()).limit(_PAGE)
        rows = await self._engine.fetch(newest)
        while rows:
            for row in rows:
                yield _read(evidence_of, row)
            rows = await self._engine.fetch(newest.where(_events.seq < rows[-1].seq))

    async def ends(self, notifications: Sequence[Notification]) -> Sequence[DeliverySettled]:
        if not notifications:
            return []
        wanted = rows_of(_ALERT)
        is_wanted = and_(*(wanted.c[column.name] == column for column in _ALERT))
        found = select(t.notifications).join_from(wanted, t.notifications, is_wanted).where(_told.ended_at.is_not(None))
        named = [(n.id, n.event.id if n.event else NO_EVENT) for n in notifications]
        return [_read(end_of, row) for row in await self._engine.fetch(found, as_arrays(_ALERT, named))]

    async def unfinished(self, since: datetime) -> AsyncIterator[Unfinished]:
        is_open = (_told.ended_at.is_(None), _told.told_at >= since, _told.event != NO_EVENT)
        each = (_told.told_at, _told.event)
        chats = func.array_agg(_told.chat).label("chats")
        threads = func.array_agg(_told.thread).label("threads")
        told = select(*each, chats, threads).where(*is_open).group_by(*each)
        async for page in self._pages(told, *each, size=_EVENTS_PAGE):
            keys = [(row.event, row.told_at) for row in page]
            evidence = {(row.event, row.judged_at): row for row in await self._events(_NAMED, keys)}
            for row, key in zip(page, keys, strict=True):
                if key in evidence:
                    places = zip(row.chats, row.threads, strict=True)
                    destinations = tuple(Destination(ChatId(chat), thread) for chat, thread in places)
                    yield Unfinished(evidence=_read(evidence_of, evidence[key]), destinations=destinations)

    async def statistics(self, since: datetime) -> AsyncIterator[ChannelStats]:
        earlier = t.channel_stats.alias()
        of_channel = select(func.max(earlier.c.as_of)).where(earlier.c.channel == _stats.channel)
        before = of_channel.where(earlier.c.as_of < since).scalar_subquery()
        lines = select(t.channel_stats).where(or_(_stats.as_of >= since, _stats.as_of == before))
        async for row in self._in_pages(lines, _stats.channel, _stats.as_of):
            yield _read(lambda one: stats_from_plain(one.stats), row)

    async def of_person(self, chat: ChatId) -> Mapping[str, Sequence[Mapping[str, object]]]:
        theirs = {p.table: select(p.table).where(or_(*(column == chat for column in p.chats))) for p in FORGETTABLE}
        orders, payments = money.orders, money.payments
        ordered = select(orders.c.id).where(orders.c.chat == chat)
        theirs |= {
            orders: select(orders).where(orders.c.chat == chat),
            payments: select(payments).where(payments.c.order_id.in_(ordered)),
        }
        found = {table.name: await self._engine.fetch(query) for table, query in theirs.items()}
        return {name: [_plain(row) for row in rows] for name, rows in found.items() if rows}

    async def _told_of(self, tokens: Sequence[str], since: datetime) -> dict[Token, dict[Destination, datetime]]:
        rows = await self._engine.fetch(_told_since(since, tokens))
        by_token = groupby(rows, key=lambda row: _read(token_in, row))
        return {token: {destination_in(row): row.told_at for row in theirs} for token, theirs in by_token}

    async def _events(self, key: Sequence[Column[Any]], keys: Sequence[Sequence[object]]) -> Sequence[AnyRow]:
        """The judged events with these values of some columns."""
        wanted = rows_of(key)
        is_wanted = and_(*(wanted.c[column.name] == column for column in key))
        found = select(t.token_events).join_from(wanted, t.token_events, is_wanted)
        return await self._engine.fetch(found, as_arrays(key, keys))

    async def _in_pages(self, query: Select[Any], *key: Column[Any]) -> AsyncIterator[AnyRow]:
        async for page in self._pages(query, *key, size=_PAGE):
            for row in page:
                yield row

    async def _pages(self, query: Select[Any], *key: Column[Any], size: int) -> AsyncIterator[Sequence[AnyRow]]:
        """Rows in the order of a key that no two share, which they hold under the names of its columns."""
        following = query
        while True:
            rows = await self._engine.fetch(following.order_by(*key).limit(size))
            if rows:
                yield rows
            if len(rows) < size:
                return
            last = (literal(rows[-1]._mapping[column.name], column.type) for column in key)
            following = query.where(tuple_(*key) > tuple_(*last))


def _told_since(since: datetime, tokens: Sequence[str]) -> Select[Any]:
    """Who was told of tokens and as of when last, token by token."""
    whom = (_told.token, _told.chat, _told.thread)
    told = select(*whom, func.max(_told.told_at).label("told_at")).where(
        _told.token == any_(literal(tokens, ARRAY(Text)))
    )
    return told.where(_told.told_at >= since, _told.event != NO_EVENT).group_by(*whom).order_by(_told.token)


def _read(read: Callable[[AnyRow], _T], row: AnyRow) -> _T:
    with translated():
        return read(row)


def _plain(row: AnyRow) -> dict[str, object]:
    """A row as JSON values: money as text, instants in ISO 8601."""
    return {name: _plain_value(value) for name, value in row._mapping.items()}


def _plain_value(value: object) -> object:
    match value:
        case datetime():
            return iso(value)
        case Decimal():
            return str(value)
        case _:
            return value
