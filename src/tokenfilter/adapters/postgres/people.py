"""What is kept of a person: the settings as last saved, what each saving changed, and how all of it is forgotten.

Orders and payments outlive a person's `/delete`: that something was paid must be kept by law (R62).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Insert, Table, any_, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.ext.asyncio import AsyncConnection

from tokenfilter.adapters.postgres import tables as t
from tokenfilter.adapters.postgres import tables_money as money
from tokenfilter.adapters.postgres.arrays import ManyRows, keep_first
from tokenfilter.adapters.postgres.rows import saved_of
from tokenfilter.domain.event import CLOCK_SKEW_ALLOWED
from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.history import PersonForgotten, SubscriberSaved
from tokenfilter.domain.ids import ChatId, FilterId
from tokenfilter.domain.plain.subscriber import subscriber_to_plain
from tokenfilter.domain.plain.text import dumps
from tokenfilter.domain.subscriber import Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """A table with rows of persons: which columns name them, and since when a row is there.

    `late` is how long after a person was forgotten a row of the time before may still come in, and by how much its
    instant may lie ahead.
    """

    table: Table
    chats: tuple[ColumnElement[int], ...]
    since: ColumnElement[object]
    late: timedelta = timedelta(0)


def _personal(table: Table, since: str) -> Personal:
    return Personal(table=table, chats=(table.c.chat,), since=table.c[since])


_told = t.notifications.c
_referred = money.referrals.c
FORGETTABLE = (
    _personal(t.subscribers, "saved_at"),
    _personal(t.filter_versions, "saved_at"),
    _personal(t.settings_changes, "saved_at"),
    _personal(t.activity_log, "at"),
    Personal(table=t.notifications, chats=(_told.chat,), since=_told.told_at, late=CLOCK_SKEW_ALLOWED),
    _personal(money.subscriptions, "granted_at"),
    _personal(money.coupon_uses, "used_at"),
    Personal(table=money.referrals, chats=(_referred.chat, _referred.referrer), since=_referred.referred_at),
)
"""Everything of a person but the legal minimum."""

_NOT_SETTINGS = ("chat", "version", "past", "next_filter")
_SETTINGS = tuple(f.name for f in fields(Subscriber) if f.name not in _NOT_SETTINGS)


def _newer_version(statement: PostgresInsert) -> Insert:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["chat"],
        set_={name: new[name] for name in ("version", "seq", "renewed", "saved_at", "settings")},
        where=t.subscribers.c.version < new.version,
    )


_chats = bindparam("chats", type_=ARRAY(BigInteger))
_locked = select(t.subscribers).where(t.subscribers.c.chat == any_(_chats)).order_by("chat").with_for_update()
_subscribers = ManyRows(
    t.subscribers, "chat", "version", "seq", "renewed", "saved_at", "settings", otherwise=_newer_version
)
_filters = ManyRows(t.filter_versions, "chat", "filter", "version", "saved_at", "name", "text", otherwise=keep_first)
_changes = ManyRows(t.settings_changes, "chat", "version", "saved_at", "seq", "changed", otherwise=keep_first)


async def save(connection: AsyncConnection, saved: Sequence[SubscriberSaved]) -> None:
    """Keep subscribers in the order in which they were saved; a version that is not newer changes nothing."""
    if not saved:
        return
    chats = sorted({one.subscriber.chat for one in saved})
    rows = await connection.execute(_locked, {"chats": chats})
    last: dict[ChatId, SubscriberSaved] = {row.chat: saved_of(row) for row in rows}
    filters: list[tuple[object, ...]] = []
    changes: list[tuple[object, ...]] = []
    for one in saved:
        now, known = one.subscriber, last.get(one.subscriber.chat)
        if known and known.subscriber.version >= now.version:
            continue
        before = known.subscriber if known else Subscriber(chat=now.chat)
        of_change = (now.chat, now.version, one.at)
        changes.append((*of_change, one.seq, dumps([s for s in _SETTINGS if getattr(before, s) != getattr(now, s)])))
        filters += [(now.chat, f, now.version, one.at, *text) for f, text in _rewritten(before, now).items()]
        last[now.chat] = one if one.seq or not known else _with_change_of(known, one)
    await _subscribers.insert(connection, [_row(last[chat]) for chat in chats])
    await _filters.insert(connection, filters)
    await _changes.insert(connection, changes)


async def forget(connection: AsyncConnection, forgotten: PersonForgotten) -> None:
    """Delete what was there before the person was forgotten, also where it comes in late; what came after stays."""
    for personal in FORGETTABLE:
        theirs = or_(*(chat == forgotten.chat for chat in personal.chats))
        gone = delete(personal.table).where(theirs, personal.since <= forgotten.at + personal.late)
        await connection.execute(gone)


def _rewritten(before: Subscriber, now: Subscriber) -> dict[FilterId, tuple[str, str]]:
    """Name and text of the filters that judge otherwise than before."""
    texts = {f.id: format_filter(f.wanted) for f in before.filters}
    found = {f.id: (f.name, format_filter(f.wanted)) for f in now.filters}
    return {f: (name, text) for f, (name, text) in found.items() if texts.get(f) != text}


def _with_change_of(known: SubscriberSaved, one: SubscriberSaved) -> SubscriberSaved:
    """A saving that changed nothing that is judged: the last change that did stays the last."""
    return SubscriberSaved(subscriber=one.subscriber, seq=known.seq, renewed=known.renewed, at=one.at)


def _row(saved: SubscriberSaved) -> tuple[object, ...]:
    subscriber, renewed = saved.subscriber, sorted(map(str, saved.renewed))
    settings = dumps(subscriber_to_plain(subscriber))
    return subscriber.chat, subscriber.version, saved.seq, dumps(renewed), saved.at, settings
