"""The commands by which one consumer reads streams in a group, and what an entry is.

Which entries are given to whom stands in groups.py. Every method may raise redis-py's errors, NOGROUP among them where
a stream is new or Redis was emptied.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis

from tokenfilter.adapters.redis.connection import Fields, RedisConnection, entries

OWNER = "owner"
"""The consumer's name, whoever reads: a successor finds what its predecessor was given pending under its own name."""


class Raw(NamedTuple):
    """An entry as it is stored, and how often it was given to anybody, this time included."""

    key: str
    id: str
    fields: Fields
    deliveries: int = 1

    @property
    def place(self) -> tuple[int, int]:
        """Its id as numbers, by which entries are in order."""
        milliseconds, _, number = self.id.partition("-")
        return int(milliseconds), int(number)


class Consumer:
    """Reads through one connection of its own."""

    def __init__(self, connection: RedisConnection, group: str) -> None:
        self._connection = connection
        self._group = group
        self._client: Redis | None = None

    async def new(self, keys: Iterable[str], count: int, *, wait: bool) -> list[Raw]:
        """At most `count` entries of each stream that nobody was given, waiting a little for the first if need be."""
        if self._client is None:
            self._client = self._connection.blocking()
        block = self._connection.longest_block if wait else None
        reply = await self._client.xreadgroup(self._group, OWNER, dict.fromkeys(keys, ">"), count=count, block=block)
        return [Raw(key, entry_id, fields) for key, read in entries(reply).items() for entry_id, fields in read]

    async def pending_counts(self, keys: Sequence[str]) -> dict[str, int]:
        """How many entries of each stream were given and not acknowledged."""
        pipe = self._connection.reads.pipeline(transaction=False)
        for key in keys:
            pipe.xpending(key, self._group)
        summaries = _checked(await pipe.execute(raise_on_error=False))
        return {key: summary["pending"] for key, summary in zip(keys, summaries, strict=True)}

    async def pending(self, starts: Mapping[str, str], count: int) -> dict[str, list[tuple[str, int]]]:
        """Their ids from a start on, oldest first, and how often each was given; at most `count` of each stream."""
        pipe = self._connection.reads.pipeline(transaction=False)
        for key, start in starts.items():
            pipe.xpending_range(key, self._group, min=start, max="+", count=count)
        pages = _checked(await pipe.execute(raise_on_error=False))
        return {
            key: [(row["message_id"], row["times_delivered"]) for row in page]
            for key, page in zip(starts, pages, strict=True)
        }

    async def claim(self, wanted: Mapping[str, Mapping[str, int]]) -> list[Raw]:
        """Be given these once more, each given so often before; one that was deleted is not pending any more."""
        pipe = self._connection.writes.pipeline(transaction=False)
        for key, times in wanted.items():
            pipe.xclaim(key, self._group, OWNER, 0, list(times))
        claimed = _checked(await pipe.execute(raise_on_error=False)) if wanted else ()
        return [
            Raw(key, entry_id, fields or {}, times[entry_id] + 1)
            for (key, times), found in zip(wanted.items(), claimed, strict=True)
            for entry_id, fields in found
        ]

    async def create_groups(self, keys: Sequence[str]) -> list[str]:
        """Make the streams and groups that are missing; returns which were."""
        pipe = self._connection.writes.pipeline(transaction=False)
        for key in keys:
            pipe.xgroup_create(key, self._group, id="0", mkstream=True)
        answers = await pipe.execute(raise_on_error=False)
        _checked([a for a in answers if not str(a).startswith("BUSYGROUP")])
        return [key for key, answer in zip(keys, answers, strict=True) if not isinstance(answer, Exception)]


def _checked(answers: Sequence[Any]) -> Sequence[Any]:
    """The answers of a pipeline, raising the first that is an error."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers
