"""Who is still owed what the outbox' entries hold, as it is noted beside its streams (lua/outbox_index.lua).

What changes it are the scripts that outbox.py and processed_tokens.py run.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tokenfilter.adapters.redis.batches import owed_by
from tokenfilter.adapters.redis.connection import RedisConnection, translated
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.domain.notification import Notification


class At(NamedTuple):
    """Where something owed stands: the place is the lane and the entry's id, '' if it is not known."""

    partition: int
    place: str


class Owing:
    """Looks up what is noted; the methods raise UnavailableError where that fails."""

    def __init__(self, connection: RedisConnection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    async def count(self) -> int:
        """How many notifications are owed."""
        pipe = self._connection.reads.pipeline(transaction=False)
        for partition in range(self._keys.partitions):
            pipe.hget(self._keys.left(partition), "all")
        with translated():
            return sum(int(owed or 0) for owed in await pipe.execute())

    async def left(self, entries: Iterable[At]) -> list[tuple[int, str]]:
        """How many each entry still holds, and the key of the index they are in; 0 and '' if nothing is known of it.

        An earlier version noted no index: nobody is owed what it left.
        """
        pipe = self._connection.reads.pipeline(transaction=False)
        for at in entries:
            pipe.hmget(self._keys.left(at.partition), at.place, f"{at.place} in")
        with translated():
            return [(int(count or 0), index) if index else (0, "") for count, index in await pipe.execute()]

    async def among(self, read: Sequence[tuple[At, list[Notification]]]) -> list[list[Notification]]:
        """Those of each entry that have not ended."""
        left = await self.left([at for at, _ in read])
        some = [n for n, (count, _) in enumerate(left) if 0 < count < len(read[n][1])]
        pipe = self._connection.reads.pipeline(transaction=False)
        for n in some:
            at, notifications = read[n]
            pipe.hmget(left[n][1], [at.place, *[f"{at.place} {owed_by(one.id)[1]}" for one in notifications]])
        with translated():
            states = dict(zip(some, await pipe.execute() if some else (), strict=True))
        owed = [notifications if count else [] for (count, _), (_, notifications) in zip(left, read, strict=True)]
        for n, (stands, *ends) in states.items():
            owed[n] = [one for one, end in zip(owed[n], ends, strict=True) if stands and end != "ended"]
        return owed

    def indexes(self, partition: int, ids: Iterable[str]) -> tuple[list[str], list[tuple[int, str]]]:
        """The keys of the indexes these are in; of each which of them it is, from 0, and as who it is there."""
        numbers, found = dict[str, int](), list[tuple[int, str]]()
        for token, who in map(owed_by, ids):
            key = self._keys.owed(partition, token)
            found.append((numbers.setdefault(key, len(numbers)), who))
        return list(numbers), found
