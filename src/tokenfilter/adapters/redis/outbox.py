"""Notifications that are owed: a stream a partition and lane, and beside it who is still owed what stands there."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from tokenfilter.adapters.redis.batches import opened, owed_by, spelt
from tokenfilter.adapters.redis.connection import Argument, RedisConnection, Script
from tokenfilter.adapters.redis.consumer import Raw
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.adapters.redis.groups import GroupReader
from tokenfilter.adapters.redis.keys import Keys
from tokenfilter.adapters.redis.owing import At, Owing
from tokenfilter.domain.history import DeliverySettled
from tokenfilter.domain.notification import Lane, Notification
from tokenfilter.domain.partition import home
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.history import entry_to_plain
from tokenfilter.domain.plain.text import dumps
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.failures import StaleOwnerError
from tokenfilter.ports.outbox import Outbox

_GROUP = "deliver"
_PUT = Script("outbox_put", "outbox_index")
_INTEND, _REVISE, _FINISH, _DROP = (
    Script(f"outbox_{name}", "owned", "outbox_index") for name in ("intend", "revise", "finish", "drop")
)
_LANES = (Lane.MONEY, Lane.ALERTS, Lane.REPORTS)
_ENDED_AT_ONCE = 200
_REVISED_AT_ONCE = 50
_WRITTEN = 20_000
"""What was written here and not read yet is known without being spelt out again: at most so much of it."""

_ENTRIES_AT_ONCE = 2
"""Of each stream: one may hold a thousand notifications."""

_SAMPLE = 2_000


class RedisOutbox(Outbox):
    """What is owed stands in the partition of the token it tells of, or else of its destination.

    Where some of an entry have ended, who takes over is given the others. An entry that cannot be read is buried.
    """

    def __init__(
        self, connection: RedisConnection, keys: Keys, fences: Fences, *, dead: DeadLetters, clock: Clock
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._fences = fences
        self._dead = dead
        self._clock = clock
        self._owing = Owing(connection, keys)
        self._streams = {keys.outbox(p, lane): (p, lane) for p in range(keys.partitions) for lane in _LANES}
        self._taken: dict[str, At] = {}
        self._written: dict[tuple[str, str], Notification] = {}
        self._reader = GroupReader[tuple[At, Notification]](
            connection,
            fences,
            group=_GROUP,
            streams={key: lease(p) for key, (p, _) in self._streams.items()},
            admit=self._admit,
            rank=lambda found: found[1].lane,
            at_once=_ENTRIES_AT_ONCE,
        )

    async def put(self, notification: Notification) -> bool:
        partition, lane = self._home(notification), notification.lane
        token, who = owed_by(notification.id)
        keys = [self._keys.owed(partition, token), self._keys.left(partition), self._keys.outbox(partition, lane)]
        place = await self._connection.run(_PUT, keys, [who, lane.value, spelt(notification)])
        if place:
            self._remember(notification, partition, place)
        return bool(place)

    async def take(self, limit: int) -> Sequence[Notification]:
        while True:
            given = [n for at, n in await self._reader.read(limit) if self._taken.get(n.id) == at]
            if given:
                return given

    async def intend(self, notification: Notification) -> bool:
        at = self._at(notification.id, self._home(notification))
        name, (token, who) = lease(at.partition), owed_by(notification.id)
        keys = [self._keys.fence(name), self._keys.owed(at.partition, token)]
        try:
            return bool(await self._connection.run(_INTEND, keys, [self._fences.of(name), who, at.place]))
        except StaleOwnerError:
            self._taken.pop(notification.id, None)
            return False

    async def revise(self, notifications: Sequence[Notification]) -> Sequence[bool]:
        by_partition: dict[int, list[Notification]] = {}
        for one in notifications:
            by_partition.setdefault(self._at(one.id, self._home(one)).partition, []).append(one)
        owed: set[str] = set()
        for partition, those in by_partition.items():
            for first in range(0, len(those), _REVISED_AT_ONCE):
                with suppress(StaleOwnerError):
                    owed |= await self._revise(partition, those[first : first + _REVISED_AT_ONCE])
        return [one.id in owed for one in notifications]

    async def finish(self, ended: Sequence[DeliverySettled]) -> None:
        by_partition: dict[int, list[DeliverySettled]] = {}
        for one in ended:
            at_home = home(one.token, one.destination, self._keys.partitions)
            by_partition.setdefault(self._at(one.notification, at_home).partition, []).append(one)
        for partition, those in by_partition.items():
            for first in range(0, len(those), _ENDED_AT_ONCE):
                await self._finish(partition, those[first : first + _ENDED_AT_ONCE])

    async def length(self) -> int:
        return await self._owing.count()

    def give_again(self) -> None:
        """Whoever took in this process is gone: what it took and did not finish goes to the next one."""
        self._reader.give_again()

    def _home(self, notification: Notification) -> int:
        return home(notification.token, notification.destination, self._keys.partitions)

    def _at(self, notification_id: str, at_home: int) -> At:
        """Where it was taken, else where it belongs by now: a chat may have moved since."""
        return self._taken.get(notification_id, At(at_home, ""))

    def _place(self, notification_id: str, partition: int) -> str:
        """Where it was taken in the partition; '' if it was not."""
        at = self._at(notification_id, partition)
        return at.place if at.partition == partition else ""

    def _remember(self, notification: Notification, partition: int, place: str) -> None:
        """What is written where this process leads is read here next."""
        if self._fences.find(lease(partition)) is not None:
            lane, _, entry_id = place.partition(" ")
            self._written[self._keys.outbox(partition, Lane(lane)), entry_id] = notification
            if len(self._written) > _WRITTEN:
                del self._written[next(iter(self._written))]

    async def _revise(self, partition: int, notifications: Sequence[Notification]) -> set[str]:
        """The ids of those that are owed."""
        name = lease(partition)
        keys = [
            self._keys.fence(name),
            self._keys.left(partition),
            *[self._keys.outbox(partition, lane) for lane in _LANES],
        ]
        indexes, found = self._owing.indexes(partition, [n.id for n in notifications])
        said: list[Argument] = []
        for n, (number, who) in zip(notifications, found, strict=True):
            said += [len(keys) + number + 1, who, self._place(n.id, partition), n.lane.value, spelt(n)]
        places, gone = await self._connection.run(_REVISE, keys + indexes, [self._fences.of(name), _GROUP, *said])
        for notification, place in zip(notifications, places, strict=True):
            if place:
                self._remember(notification, partition, place)
                if notification.id in self._taken:
                    self._taken[notification.id] = At(partition, place)
        self._settled(partition, gone)
        return {n.id for n, place in zip(notifications, places, strict=True) if place}

    def _settled(self, partition: int, gone: Iterable[str]) -> None:
        for place in gone:
            lane, _, entry_id = place.partition(" ")
            key = self._keys.outbox(partition, Lane(lane))
            self._reader.settled(key, entry_id)
            self._written.pop((key, entry_id), None)

    async def _finish(self, partition: int, ended: Sequence[DeliverySettled]) -> None:
        name = lease(partition)
        keys = [
            self._keys.fence(name),
            self._keys.left(partition),
            self._keys.journal(partition),
            *[self._keys.outbox(partition, lane) for lane in _LANES],
        ]
        indexes, found = self._owing.indexes(partition, [one.notification for one in ended])
        ends: list[Argument] = []
        for one, (number, who) in zip(ended, found, strict=True):
            ends += [
                len(keys) + number + 1,
                who,
                self._place(one.notification, partition),
                dumps(entry_to_plain(one)),
            ]
        try:
            gone = await self._connection.run(_FINISH, keys + indexes, [self._fences.of(name), _GROUP, *ends])
        except StaleOwnerError:
            self._forget(ended)
            raise
        self._forget(ended)
        self._settled(partition, gone)

    def _forget(self, ended: Iterable[DeliverySettled]) -> None:
        for one in ended:
            self._taken.pop(one.notification, None)

    async def _admit(self, found: Sequence[Raw]) -> Sequence[tuple[Raw, list[tuple[At, Notification]]]]:
        read: list[tuple[Raw, list[Notification]]] = []
        for raw in found:
            try:
                written = self._written.pop((raw.key, raw.id), None)
                found_in = [written] if written else opened(raw.fields.get("e", ""), self._streams[raw.key][1])
                read.append((raw._replace(fields={}), found_in))  # which would be held as long as what it says
            except NotStoredFormError as error:
                await self._bury(raw, error)
        places = [self._standing(raw) for raw, _ in read]
        owed = await self._owing.among([(at, found_in) for at, (_, found_in) in zip(places, read, strict=True)])
        for at, notifications in zip(places, owed, strict=True):
            self._taken.update(dict.fromkeys((n.id for n in notifications), at))
        found_out = list(zip([raw for raw, _ in read], places, owed, strict=True))
        for raw in [raw for raw, _, some in found_out if not some]:
            await self._give_up(raw)
        return [(raw, [(at, n) for n in some]) for raw, at, some in found_out if some]

    def _standing(self, raw: Raw) -> At:
        partition, lane = self._streams[raw.key]
        return At(partition, f"{lane.value} {raw.id}")

    async def _bury(self, raw: Raw, error: NotStoredFormError) -> None:
        """Set an entry aside that cannot be read; who is owed what stands there is owed nothing by it any more."""
        sample = raw.fields.get("e", str(dict(raw.fields)))[:_SAMPLE]
        await self._dead.bury(DeadLetter(reason=str(error), sample=sample, at=self._clock.now()))
        await self._give_up(raw)

    async def _give_up(self, raw: Raw) -> None:
        """Let an entry go: what it holds is owed to nobody, or cannot be read."""
        partition, lane = self._streams[raw.key]
        name, [(_, index)] = lease(partition), await self._owing.left([self._standing(raw)])
        keys = [self._keys.fence(name), self._keys.left(partition), raw.key, *([index] if index else ())]
        with suppress(StaleOwnerError):  # then the entry is the new owner's trouble; two letters do no harm
            args: list[Argument] = [self._fences.of(name), _GROUP, lane.value, raw.id]
            await self._connection.run(_DROP, keys, args)


def lease(partition: int) -> str:
    """By what the outbox of a partition is led."""
    return f"deliver:{partition}"
