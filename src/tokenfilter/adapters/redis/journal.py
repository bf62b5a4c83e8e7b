"""What history must still be told: a stream a partition, one for settings and one for money, each relayed by its owner.

The scripts that settle events, end deliveries and save settings write to these streams themselves.
"""

from collections.abc import Sequence

from tokenfilter.adapters.redis.connection import RedisConnection, Script, translated
from tokenfilter.adapters.redis.consumer import Raw
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.groups import GroupReader
from tokenfilter.adapters.redis.keys import MONEY, SETTINGS, Keys
from tokenfilter.domain.history import (
    ActivitySeen,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    PersonForgotten,
    PriceSeen,
    StatsHeard,
    SubscriberSaved,
)
from tokenfilter.domain.partition import home, partition_of
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.history import entry_from_plain, entry_to_plain
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.journal import Journal, Noted

_GROUP = "relay"
_SETTLE = Script("journal_settle")
_AT_ONCE = 1_000
_SAMPLE = 2_000


class RedisJournal(Journal):
    """An entry's id is its stream's tag and its id there. What cannot be read is buried."""

    def __init__(
        self, connection: RedisConnection, keys: Keys, fences: Fences, *, dead: DeadLetters, clock: Clock
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._dead = dead
        self._clock = clock
        self._tags = {keys.journal(tag): str(tag) for tag in (*range(keys.partitions), SETTINGS, MONEY)}
        self._reader = GroupReader[Noted](
            connection,
            fences,
            group=_GROUP,
            streams={key: f"relay:{tag}" for key, tag in self._tags.items()},
            admit=self._admit,
        )

    async def note(self, entry: JournalEntry) -> None:
        with translated():
            await self._connection.writes.xadd(
                self._keys.journal(self._tag(entry)), {"e": dumps(entry_to_plain(entry))}
            )

    async def read(self, limit: int) -> Sequence[Noted]:
        return await self._reader.read(limit)

    async def acknowledge(self, noted: Sequence[Noted]) -> None:
        by_tag: dict[str, list[str]] = {}
        for one in noted:
            tag, _, entry_id = one.id.partition("/")
            by_tag.setdefault(tag, []).append(entry_id)
        for tag, ids in by_tag.items():
            await self._settle(self._keys.journal(tag), ids)

    async def length(self) -> int:
        pipe = self._connection.reads.pipeline(transaction=False)
        for key in self._tags:
            pipe.xlen(key)
        with translated():
            return sum(await pipe.execute())

    def give_again(self) -> None:
        """Whoever read in this process is gone: what it was given and did not acknowledge goes to the next reader."""
        self._reader.give_again()

    def _tag(self, entry: JournalEntry) -> int | str:
        """Where an entry belongs: with what else is told of its token, its destination, or its chat."""
        partitions = self._keys.partitions
        match entry:
            case EventSettled():
                return self._keys.partition(entry.evidence.event.token)
            case PriceSeen():
                return self._keys.partition(entry.token)
            case DeliverySettled():
                return home(entry.token, entry.destination, partitions)
            case StatsHeard():
                return partition_of(entry.stats.channel, partitions)
            case ActivitySeen():
                return partition_of(str(entry.chat), partitions)
            case SubscriberSaved() | PersonForgotten():
                return SETTINGS

    async def _settle(self, key: str, ids: Sequence[str]) -> None:
        for first in range(0, len(ids), _AT_ONCE):
            some = ids[first : first + _AT_ONCE]
            await self._connection.run(_SETTLE, [key], [_GROUP, *some])
            for entry_id in some:
                self._reader.settled(key, entry_id)

    async def _admit(self, found: Sequence[Raw]) -> Sequence[tuple[Raw, list[Noted]]]:
        admitted = []
        for raw in found:
            spelt = raw.fields.get("e", "")
            try:
                entry = entry_from_plain(loads(spelt))
            except NotStoredFormError as error:
                letter = DeadLetter(reason=str(error), sample=spelt[:_SAMPLE], at=self._clock.now())
                await self._dead.bury(letter)
                await self._settle(raw.key, [raw.id])
            else:
                admitted.append((raw, [Noted(id=f"{self._tags[raw.key]}/{raw.id}", entry=entry)]))
        return admitted
