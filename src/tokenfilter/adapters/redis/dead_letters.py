"""Dead letters in two streams: those that can be tried again, and lines that cannot.

These are no work to be lost: each stream is cut to its newest when a letter comes in.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tokenfilter.adapters.redis.connection import RedisConnection, translated
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.domain.event import Event, StampedTick
from tokenfilter.domain.history import JournalEntry
from tokenfilter.domain.plain.event import item_from_plain, item_to_plain
from tokenfilter.domain.plain.fields import NotStoredFormError, known, object_of, text
from tokenfilter.domain.plain.history import entry_from_plain, entry_to_plain
from tokenfilter.domain.plain.measures import instant, micros
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.ports.dead_letters import ITEMS_KEPT, LINES_KEPT, DeadLetter, DeadLetters

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT = {"items": ITEMS_KEPT, "lines": LINES_KEPT}


class RedisDeadLetters(DeadLetters):
    """A letter's id is its stream and its id there."""

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._streams = {kind: keys.dead(kind) for kind in _KEPT}

    async def bury(self, letter: DeadLetter) -> None:
        kind = "lines" if letter.item is None else "items"
        with translated():
            await self._connection.writes.xadd(
                self._streams[kind], {"e": dumps(_to_plain(letter))}, maxlen=_KEPT[kind], approximate=False
            )

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        pipe = self._connection.reads.pipeline(transaction=False)
        for stream in self._streams.values():
            pipe.xrevrange(stream, count=limit)
        with translated():
            found = await pipe.execute()
        letters = [
            _letter(kind, entry_id, fields)
            for kind, entries in zip(self._streams, found, strict=True)
            for entry_id, fields in entries
        ]
        return sorted(letters, key=lambda letter: letter.at, reverse=True)[:limit]

    async def take(self, letter_id: str) -> DeadLetter | None:
        kind, _, entry_id = letter_id.partition("/")
        if kind not in self._streams or not entry_id.replace("-", "", 1).isdecimal():
            return None
        pipe = self._connection.writes.pipeline(transaction=True)
        pipe.xrange(self._streams[kind], entry_id, entry_id)
        pipe.xdel(self._streams[kind], entry_id)
        with translated():
            found, _ = await pipe.execute()
        return _letter(kind, *found[0]) if found else None

    async def count(self) -> int:
        pipe = self._connection.reads.pipeline(transaction=False)
        for stream in self._streams.values():
            pipe.xlen(stream)
        with translated():
            return sum(await pipe.execute())


def _to_plain(letter: DeadLetter) -> dict[str, object]:
    item = letter.item
    return known(
        reason=letter.reason,
        sample=letter.sample,
        at=micros(letter.at),
        item=item_to_plain(item) if isinstance(item, Event | StampedTick) else None,
        entry=None if item is None or isinstance(item, Event | StampedTick) else entry_to_plain(item),
    )


def _letter(kind: str, entry_id: str, fields: Mapping[str, str]) -> DeadLetter:
    """A letter as it was buried; what this version cannot read of it is left out."""
    spelt, name = fields.get("e", ""), f"{kind}/{entry_id}"
    try:
        plain = object_of(loads(spelt), "letter")
        reason, sample, at = text(plain, "reason"), text(plain, "sample"), instant(plain, "at")
    except NotStoredFormError as error:
        milliseconds = int(entry_id.partition("-")[0])
        return DeadLetter(reason=str(error), sample=spelt, at=_EPOCH + timedelta(milliseconds=milliseconds), id=name)
    return DeadLetter(reason=reason, sample=sample, at=at, item=_item(plain), id=name)


def _item(plain: Mapping[str, Any]) -> Event | StampedTick | JournalEntry | None:
    try:
        if "item" in plain:
            return item_from_plain(plain["item"])
        return entry_from_plain(plain["entry"]) if "entry" in plain else None
    except NotStoredFormError:
        return None
