"""The past in PostgreSQL. Which row an entry becomes is in rows.py, what it does to those there in recording.py."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    union,
)

from tokenfilter.adapters.postgres import people
from tokenfilter.adapters.postgres import tables as t
from tokenfilter.adapters.postgres.engine import AnyRow, PostgresEngine, translated
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
from tokenfilter.adapters.postgres.wanting import may_want
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import (
    DeliverySettled,
    JournalEntry,
    Outcome,
    PersonForgotten,
    PriceSeen,
    peak_since,
)
from tokenfilter.domain.ids import Chain, Destination, Token
from tokenfilter.domain.plain.judging import Parts, evidence_read
from tokenfilter.domain.reads import reads_of
from tokenfilter.ports.history import History, Span

_PAGE = 1_000
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
        async for row in self._judged(since, until, lambda page: select(page.c.judged_at, page.c.evidence)):
            with translated():
                evidence = evidence_of(row)
            yield evidence

    async def span(self, since: datetime, until: datetime) -> Span:
        at = _events.judged_at
        found = select(func.count(), func.min(at), func.max(at)).where(at >= since, at < until)
        number, first, last = (await self._engine.fetch(found))[0]
        return Span(events=number, first_at=first, last_at=last)

    async def judged_by(
        self, wanted: Filter, since: datetime, until: datetime, *, told: Set[Token] = frozenset()
    ) -> AsyncIterator[Evidence]:
        wanting = select(_events.token).distinct().where(_events.judged_at >= since, _events.judged_at < until)
        rows = await self._engine.fetch(wanting.where(may_want(wanted, _events.evidence)))
        with translated():
            tokens, reads = {token_in(row): row.token for row in rows}, reads_of(wanted)
        if not tokens:
            return

        def theirs(page: Subquery) -> Select[Any]:
            left = literal([spelt for token, spelt in tokens.items() if token not in told], ARRAY(Text))
            return _parts(page).where(page.c.token.in_(select(func.unnest(left))))

        async for row in self._judged(since, until, theirs):
            if token_in(row) not in told:
                with translated():
                    evidence = evidence_read(Parts(*row), reads)
                yield evidence

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

    async def _judged(
        self, since: datetime, until: datetime, read: Callable[[Subquery], Select[Any]]
    ) -> AsyncIterator[AnyRow]:
        """What is read of the events of a period, `judged_at` included, in their order.

        Pages are cut by number alone, and what else is asked for is looked for in the page: the server plans for any
        period and any tokens, and would read all of it for each page.
        """
        within = _BOUNDS.where(_events.judged_at >= since, _events.judged_at < until)
        first, last = (await self._engine.fetch(within))[0]
        if first is None:
            return
        for after in range(first - 1, last, _PAGE):
            numbered = select(t.token_events).where(_events.seq > after, _events.seq <= min(after + _PAGE, last))
            page = numbered.offset(0).subquery()
            rows = await self._engine.fetch(read(page).order_by(page.c.seq))
            for number, row in enumerate(rows, start=1):
                if number % _SLICE == 0:
                    await asyncio.sleep(0)
                if since <= row.judged_at < until:
                    yield row

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


def _parts(page: Subquery) -> Select[Any]:
    """The parts of evidence that judging reads, as domain/plain/judging.py wants them."""
    evidence = page.c.evidence
    heard = evidence["event"]["heard"]
    rest = func.jsonb_build_array(heard["market"], heard["facts"], heard["calls"], evidence["calls"])
    texts = (cast(part, Text) for part in (heard["flags"], evidence["stats"], rest))
    return select(page.c.judged_at, page.c.token, page.c.event, *texts)


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
