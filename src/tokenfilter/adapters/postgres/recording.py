"""What each kind of row does to what is there: nothing is kept twice, nothing goes back.

Rows of one table are written in the order of their keys, so that two writers never wait for one another in a circle;
events in the order in which they were judged.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Insert, case, func
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.ext.asyncio import AsyncConnection

from tokenfilter.adapters.postgres import tables as t
from tokenfilter.adapters.postgres.arrays import ManyRows, keep_first
from tokenfilter.adapters.postgres.rows import Batch, EventKey, PriceRow, call_row, symbol_key
from tokenfilter.domain.call import Call
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChannelId, Token

_END = ("outcome", "ended_at", "message_id", "call_to_sent")


def _newer_token(statement: PostgresInsert) -> Insert:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["token"],
        set_={"newest_seq": new.newest_seq, "newest_at": new.newest_at},
        where=t.tokens.c.newest_seq < new.newest_seq,
    )


def _earlier_call(statement: PostgresInsert) -> Insert:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["token", "channel"],
        set_={name: new[name] for name in ("called_at", "market_cap_usd", "fdv_usd", "message_url")},
        where=new.called_at < t.calls.c.called_at,
    )


def _earliest_told_and_last_end(statement: PostgresInsert) -> Insert:
    """An end that came before its event put the instant of telling later than it was."""
    kept, new = t.notifications.c, statement.excluded
    is_later = new.ended_at.is_not(None) & (kept.ended_at.is_(None) | (kept.ended_at < new.ended_at))
    is_earlier = new.told_at < kept.told_at
    return statement.on_conflict_do_update(
        index_elements=["notification", "event"],
        set_={"told_at": func.least(kept.told_at, new.told_at)}
        | {name: case((is_later, new[name]), else_=kept[name]) for name in _END},
        where=is_later | is_earlier,
    )


def _last_heard(statement: PostgresInsert) -> Insert:
    stats = statement.excluded.stats
    return statement.on_conflict_do_update(
        index_elements=["channel", "as_of"], set_={"stats": stats}, where=t.channel_stats.c.stats != stats
    )


def _returning_new(statement: PostgresInsert) -> Insert:
    kept = t.token_events.c
    return statement.on_conflict_do_nothing().returning(kept.event, kept.judged_at, kept.seq)


_events = ManyRows(t.token_events, "event", "judged_at", "token", "evidence", otherwise=_returning_new)
_tokens = ManyRows(t.tokens, "token", "newest_seq", "newest_at", otherwise=_newer_token)
_symbols = ManyRows(t.token_symbols, "symbol", "token", otherwise=keep_first)
_calls = ManyRows(
    t.calls, "token", "channel", "called_at", "market_cap_usd", "fdv_usd", "message_url", otherwise=_earlier_call
)
_told = ManyRows(
    t.notifications,
    *("notification", "event", "token", "chat", "thread", "told_at", *_END),
    otherwise=_earliest_told_and_last_end,
)
_prices = ManyRows(t.token_prices, "token", "observed_at", "fdv", "mcap", "price", "liquidity", otherwise=keep_first)
_stats = ManyRows(t.channel_stats, "channel", "as_of", "stats", otherwise=_last_heard)
_activity = ManyRows(t.activity_log, "chat", "at", "what", otherwise=keep_first)


async def write(connection: AsyncConnection, batch: Batch) -> None:
    """Bring a batch to the tables, except for its subscribers."""
    new = await _events.insert(connection, batch.events.values())
    if new:
        await _write_tokens(connection, batch, {EventKey(event, at): seq for event, at, seq in new})
    await _told.insert(connection, [(*key, *batch.told[key].row()) for key in sorted(batch.told)])
    prices = sorted(batch.prices, key=_what_and_when)
    await _prices.insert(connection, prices)
    await _stats.insert(connection, [batch.stats[key] for key in sorted(batch.stats)])
    await _activity.insert(connection, sorted(batch.activity))


async def _write_tokens(connection: AsyncConnection, batch: Batch, new: dict[EventKey, int]) -> None:
    """What the new events say of their tokens: which is the newest, what the token is called, who called it first."""
    newest = {str(batch.evidence[key].event.token): (seq, key.judged_at) for key, seq in sorted(new.items(), key=_seq)}
    evidence = [batch.evidence[key] for key in new]
    await _tokens.insert(connection, [(token, *newest[token]) for token in sorted(newest)])
    await _symbols.insert(connection, sorted(_named(evidence)))
    calls = _first_calls(evidence)
    await _calls.insert(connection, [call_row(token, calls[token, by]) for token, by in sorted(calls)])


def _what_and_when(price: PriceRow) -> tuple[str, datetime]:
    return price[:2]


def _seq(numbered: tuple[EventKey, int]) -> int:
    return numbered[1]


def _named(evidence: Iterable[Evidence]) -> set[tuple[str, str]]:
    symbols = {(symbol_key(e.event.heard.facts.symbol or ""), str(e.event.token)) for e in evidence}
    return {(symbol, token) for symbol, token in symbols if symbol}


def _first_calls(evidence: Iterable[Evidence]) -> dict[tuple[Token, ChannelId], Call]:
    first: dict[tuple[Token, ChannelId], Call] = {}
    for one in evidence:
        for kept in one.calls:
            about = one.event.token, kept.channel
            if about not in first or kept.first.called_at < first[about].called_at:
                first[about] = kept.first
    return first
