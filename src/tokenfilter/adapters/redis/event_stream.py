"""Events to judge: a stream a partition, read by whoever leads its matching."""

from collections.abc import Sequence

from tokenfilter.adapters.redis.connection import RedisConnection, Script, translated
from tokenfilter.adapters.redis.consumer import Raw
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.groups import GroupReader
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.room import Room
from tokenfilter.domain.event import Event, StampedTick
from tokenfilter.domain.ids import Token
from tokenfilter.domain.plain.event import item_from_plain, item_to_plain
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.event_stream import CAPACITY, LATEST_KEPT_FOR, Entry, EventStream
from tokenfilter.ports.failures import StaleOwnerError

GROUP = "match"

_MOST_DELIVERIES = 5  # DESIGN 6
_SETTLE = Script("settle_entry", "owned", "keep_latest")
_SAMPLE = 2_000

KEEP_LATEST = round(LATEST_KEPT_FOR.total_seconds())


class RedisEventStream(EventStream):
    """An entry's id is its partition and its id there; what cannot be read, or kills its readers, is buried."""

    def __init__(
        self,
        connection: RedisConnection,
        keys: Keys,
        fences: Fences,
        *,
        dead: DeadLetters,
        clock: Clock,
        capacity: int = CAPACITY,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._fences = fences
        self._dead = dead
        self._clock = clock
        self._streams = {keys.events(p): p for p in range(keys.partitions)}
        self._room = Room(self.length, capacity)
        self._reader = GroupReader[Entry](
            connection,
            fences,
            group=GROUP,
            streams={key: lease(p) for key, p in self._streams.items()},
            admit=self._admit,
            rank=lambda entry: entry.item.settings_seq,
            careful=True,
        )

    async def append(self, item: Event | StampedTick) -> None:
        spelt = dumps(item_to_plain(item))
        async with self._room.taken():
            with translated():
                await self._connection.writes.xadd(self._keys.events(self._keys.partition(item.token)), {"e": spelt})

    async def read(self, limit: int) -> Sequence[Entry]:
        return await self._reader.read(limit)

    async def acknowledge(self, entry: Entry) -> None:
        partition, entry_id = place_of(entry)
        await self._settle(partition, entry_id, entry.item, kept_for(entry))
        self.acknowledged(entry)

    def acknowledged(self, entry: Entry) -> None:
        """The entry was acknowledged by the script that settled it."""
        partition, entry_id = place_of(entry)
        self._reader.settled(self._keys.events(partition), entry_id)
        self._room.freed()

    async def latest(self, token: Token) -> Event | None:
        with translated():
            spelt = await self._connection.reads.get(self._keys.latest(token))
        found = None if spelt is None else item_from_plain(loads(spelt))
        return found if isinstance(found, Event) else None

    async def length(self) -> int:
        pipe = self._connection.reads.pipeline(transaction=False)
        for key in self._streams:
            pipe.xlen(key)
        with translated():
            return sum(await pipe.execute())

    def give_again(self) -> None:
        """Whoever read in this process is gone: what it was given and did not acknowledge goes to the next reader."""
        self._reader.give_again()

    async def _settle(
        self, partition: int, entry_id: str, item: Event | StampedTick | None = None, kept_for: int = 0
    ) -> None:
        name, events = lease(partition), self._keys.events(partition)
        keys = [self._keys.fence(name), events, self._keys.latest(item.token) if item else events]
        await self._connection.run(_SETTLE, keys, [self._fences.of(name), GROUP, entry_id, kept_for])

    async def _admit(self, found: Sequence[Raw]) -> Sequence[tuple[Raw, list[Entry]]]:
        admitted = []
        for raw in found:
            try:
                item = item_from_plain(loads(raw.fields.get("e", "")))
            except NotStoredFormError as error:
                await self._bury(raw, str(error), None)
                continue
            if raw.deliveries > _MOST_DELIVERIES:
                await self._bury(raw, f"read {_MOST_DELIVERIES} times and never settled", item)
                continue
            admitted.append((raw, [Entry(id=f"{self._streams[raw.key]}/{raw.id}", item=item)]))
        return admitted

    async def _bury(self, raw: Raw, reason: str, item: Event | StampedTick | None) -> None:
        sample = raw.fields.get("e", str(dict(raw.fields)))[:_SAMPLE]
        await self._dead.bury(DeadLetter(reason=reason, sample=sample, at=self._clock.now(), item=item))
        try:
            await self._settle(self._streams[raw.key], raw.id)
        except StaleOwnerError:
            return  # then the entry is the new owner's trouble; two letters do no harm
        self._room.freed()


def lease(partition: int) -> str:
    """By what the events of a partition are led."""
    return f"match:{partition}"


def kept_for(entry: Entry | None) -> int:
    """How many seconds what an entry says of its token is kept after it is settled; nothing is of a price."""
    return KEEP_LATEST if entry and isinstance(entry.item, Event) else 0


def place_of(entry: Entry) -> tuple[int, str]:
    """The partition of an entry and its id in the stream."""
    partition, _, entry_id = entry.id.partition("/")
    return int(partition), entry_id
