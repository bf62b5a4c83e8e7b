"""A history that may be away for longer than the journal may grow: what it is owed is put aside in a file meanwhile.

Entries in the file are told first once history is back. A line that history refuses for good stays in a second file.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence, Set
from datetime import datetime
from pathlib import Path

from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import DeliverySettled, JournalEntry, Outcome
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.domain.plain.history import entry_from_plain, entry_to_plain
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.ports.history import History, Span

_BATCH = 500


class SpillingHistory(History):
    """Puts aside only while the journal holds more than `most` entries; until then the journal waits."""

    def __init__(self, inner: History, *, file: Path, backlog: Callable[[], Awaitable[int]], most: int) -> None:
        self._inner = inner
        self._file = file
        self._backlog = backlog
        self._most = most

    async def record(self, entries: Sequence[JournalEntry]) -> None:
        try:
            await self._tell_what_was_put_aside()
            await self._inner.record(entries)
        except UnavailableError:
            if await self._backlog() < self._most:
                raise
            text = "".join(f"{dumps(entry_to_plain(e))}\n" for e in entries)
            await asyncio.to_thread(_append, self._file, text)

    def judged(self, since: datetime, until: datetime) -> AsyncIterator[Evidence]:
        return self._inner.judged(since, until)

    async def span(self, since: datetime, until: datetime) -> Span:
        return await self._inner.span(since, until)

    def judged_by(
        self, wanted: Filter, since: datetime, until: datetime, *, told: Set[Token] = frozenset()
    ) -> AsyncIterator[Evidence]:
        return self._inner.judged_by(wanted, since, until, told=told)

    async def judged_of(self, token: Token, limit: int) -> Sequence[Evidence]:
        return await self._inner.judged_of(token, limit)

    async def find_tokens(self, text: str, limit: int) -> Sequence[Token]:
        return await self._inner.find_tokens(text, limit)

    async def delivery(self, token: Token, destination: Destination) -> DeliverySettled | None:
        return await self._inner.delivery(token, destination)

    async def outcome(self, evidence: Evidence) -> Outcome | None:
        return await self._inner.outcome(evidence)

    async def _tell_what_was_put_aside(self) -> None:
        if not self._file.exists():
            return
        with self._file.open(encoding="utf-8") as lines:
            while batch := [line for _, line in zip(range(_BATCH), lines, strict=False)]:
                await self._tell(batch)
        self._file.unlink()

    async def _tell(self, lines: Sequence[str]) -> None:
        try:
            await self._inner.record([entry_from_plain(loads(line)) for line in lines])
        except (RefusedError, ValueError):
            if len(lines) > 1:
                for line in lines:
                    await self._tell([line])
            else:
                await asyncio.to_thread(_append, self._file.with_suffix(".refused"), lines[0])


def _append(file: Path, text: str) -> None:
    """Append, and have it on the disk when this returns."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
