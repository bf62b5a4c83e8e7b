"""The past in PostgreSQL. Which row an entry becomes is in rows.py, what it does to those there in recording.py."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, or_, select, union

from tokenfilter.adapters.postgres import people
from tokenfilter.adapters.postgres import tables as t
from tokenfilter.adapters.postgres.engine import PostgresEngine, translated
from tokenfilter.adapters.postgres.recording import write
from tokenfilter.adapters.postgres.rows import (
    Storable,
    batch_of,
    end_of,
    evidence_of,
    price_of,
    symbol_key,
    token_in,
)
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.history import (
    DeliverySettled,
    JournalEntry,
    Outcome,
    PersonForgotten,
    PriceSeen,
    peak_since,
)
from tokenfilter.domain.ids import Chain, Destination, Token
from tokenfilter.ports.history import History

_PAGE = 500
_SLICE = 25
_PRICES = 5_000
_LEAST_START = 4
"""Fewer letters of an address say nothing: every one of them starts many."""

_LAST = "\U0010ffff"
"""Sorts after whatever an address goes on with."""

_events, _prices, _told, _tokens = t.token_events.c, t.token_prices.c, t.notifications.c, t.tokens.c

_BOUNDS = select(func.min(_events.seq + 0), func.max(_events.seq + 0))
"""The sum keeps the planner from walking up the whole order in search of the period's first event."""


class PostgresHistory(History):
    """Reads page by page: nothing is held open between pages, so whoever reads slowly is in nobody's way."""

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine

    async def record(self, entries: Sequence[JournalEntry]) -> None:
        runs = [(await batch_of(run), forgotten) for run, forgotten in _up_to_each_forgetting(entries)]
        async with self._engine.transaction() as connection:
            for batch, forgotten in runs:
                await write(connection, batch)
                await people.save(connection, batch.saved)
                if forgotten:
                    await people.forget(connection, forgotten)

    async def judged(self, since: datetime, until: datetime) -> AsyncIterator[Evidence]:
        within = (_events.judged_at >= since, _events.judged_at < until)
        first, last = (await self._engine.fetch(_BOUNDS.where(*within)))[0]
        if first is None:
            return
        after = first - 1
        while after < last:
            page = select(_events.seq, _events.evidence).where(*within, _events.seq > after, _events.seq <= last)
            rows = await self._engine.fetch(page.order_by(_events.seq).limit(_PAGE))
            for number, row in enumerate(rows, start=1):
                if number % _SLICE == 0:
                    await asyncio.sleep(0)
                with translated():
                    evidence = evidence_of(row)
                yield evidence
            after = rows[-1].seq if len(rows) == _PAGE else last

    async def judged_of(self, token: Token, limit: int) -> Sequence[Evidence]:
        newest = select(_events.evidence).where(_events.token == str(token)).order_by(_events.seq.desc()).limit(limit)
        rows = await self._engine.fetch(newest)
        with translated():
            return [evidence_of(row) for row in rows]

    async def find_tokens(self, text: str, limit: int) -> Sequence[Token]:
        wanted = text.strip().removeprefix("$")
        start = wanted.lower() if wanted[:2].lower() == "0x" else wanted
        exact = select(_tokens.token).where(_tokens.token.in_([f"{chain}:{start}" for chain in Chain]))
        named = select(t.token_symbols.c.token).where(t.token_symbols.c.symbol == symbol_key(wanted))
        if not (wanted.isascii() and wanted.isalnum()):
            return await self._newest(named, limit)
        begun = or_(*(_starts_with(f"{chain}:{start}") for chain in Chain))
        if len(wanted) < _LEAST_START:
            return await self._newest(named, limit)
        meant = union(named, select(_tokens.token).where(begun))
        return await self._newest(exact, limit) or await self._newest(meant, limit)

    async def delivery(self, token: Token, destination: Destination) -> DeliverySettled | None:
        theirs = (_told.token == str(token), _told.chat == destination.chat)
        ended = (_told.thread.is_not_distinct_from(destination.thread), _told.ended_at.is_not(None))
        last = select(t.notifications).where(*theirs, *ended).order_by(_told.ended_at.desc()).limit(1)
        rows = await self._engine.fetch(last)
        with translated():
            return end_of(rows[0]) if rows else None

    async def outcome(self, evidence: Evidence) -> Outcome | None:
        return peak_since(evidence, [price async for price in self._prices_after(evidence.event.token, evidence.at)])

    async def _prices_after(self, token: Token, after: datetime) -> AsyncIterator[PriceSeen]:
        columns = (_prices.observed_at, _prices.fdv, _prices.mcap, _prices.price, _prices.liquidity)
        while True:
            later = select(*columns).where(_prices.token == str(token), _prices.observed_at > after)
            page = later.order_by(_prices.observed_at).fetch(_PRICES, with_ties=True)
            rows = await self._engine.fetch(page)
            for row in rows:
                yield price_of(row, token)
            if len(rows) < _PRICES:
                return
            after = rows[-1].observed_at

    async def _newest(self, tokens: Select[Any] | CompoundSelect[Any], limit: int) -> list[Token]:
        """The tokens of a query, those judged last first."""
        found = select(_tokens.token).where(_tokens.token.in_(tokens)).order_by(_tokens.newest_seq.desc()).limit(limit)
        rows = await self._engine.fetch(found)
        with translated():
            return [token_in(row) for row in rows]


def _starts_with(start: str) -> ColumnElement[bool]:
    return and_(_tokens.token >= start, _tokens.token < f"{start}{_LAST}")


def _up_to_each_forgetting(
    entries: Sequence[JournalEntry],
) -> Iterator[tuple[list[Storable], PersonForgotten | None]]:
    """Entries in order, cut after each person that was forgotten: what comes after is of another life."""
    run: list[Storable] = []
    for entry in entries:
        if isinstance(entry, PersonForgotten):
            yield run, entry
            run = []
        else:
            run.append(entry)
    if run:
        yield run, None
