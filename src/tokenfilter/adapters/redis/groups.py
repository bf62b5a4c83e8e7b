"""Which entries of the streams that this process leads a reader is given: each once, what is pending first.

A stream belongs to whoever leads its lease, and is read under one fixed consumer name: what a former owner was given
and did not acknowledge is pending under that name and is given again. What entries mean is decided by who reads.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeVar

from redis.exceptions import ResponseError

from tokenfilter.adapters.redis.connection import RedisConnection, translated
from tokenfilter.adapters.redis.consumer import Consumer, Raw
from tokenfilter.adapters.redis.fences import Fences
from tokenfilter.ports.failures import UnavailableError

_LOOK_EVERY = 2.0
"""Seconds between two looks for what was given to nobody: an answer that got lost, or a former owner's last read."""

_PAGE = 1_000
_TRUSTED_TWICE = 2

_T = TypeVar("_T")


Admit = Callable[[Sequence[Raw]], Awaitable[Sequence[tuple[Raw, Sequence[_T]]]]]
"""Reads what stands in entries, and deals with those that make no sense; what it raises leaves all of them pending."""


class GroupReader(Generic[_T]):
    """Gives what stands in entries to one reader of this process, in the order of `rank` and of the streams.

    `streams` names every stream and the lease by which it is led, `at_once` bounds the entries of each that are read
    ahead. A `careful` one gives an entry that was given twice already, and never acknowledged, alone: should it be what
    kills its readers, it takes no others with it.
    """

    def __init__(
        self,
        connection: RedisConnection,
        fences: Fences,
        *,
        group: str,
        streams: Mapping[str, str],
        admit: Admit[_T],
        rank: Callable[[_T], Any] = lambda _: 0,
        at_once: int = 1_000,
        careful: bool = False,
    ) -> None:
        self._connection = connection
        self._fences = fences
        self._consumer = Consumer(connection, group)
        self._streams = streams
        self._admit = admit
        self._rank = rank
        self._at_once = at_once
        self._careful = careful
        self._led: dict[str, int] = {}
        self._held: dict[str, dict[str, tuple[Raw, Sequence[_T]]]] = {}
        self._unseen: dict[str, str] = {}
        self._ready: deque[tuple[Raw, _T]] = deque()
        self._more = False
        self._readers = 0
        self._fetching: asyncio.Task[None] | None = None
        self._looked_at = 0.0

    async def read(self, limit: int) -> list[_T]:
        """At most `limit` things, waiting for the first. A reading that is given up takes nothing with it.

        Raises:
            UnavailableError: nothing could be read.
        """
        while not (given := self._given(limit)):
            if self._fetching is None or self._fetching.done():
                self._fetching = self._connection.start(self._fetch(limit))
                self._fetching.add_done_callback(_heard_of)
            fetching = self._fetching
            self._readers += 1
            try:
                await asyncio.wait({fetching})  # which leaves it alone when we are cancelled: others may wait too
            finally:
                self._readers -= 1
            if fetching.cancelled():
                raise UnavailableError("redis: the connection was closed")
            if not self._ready:
                fetching.result()
        return given

    def settled(self, key: str, entry_id: str) -> None:
        """An entry was acknowledged."""
        self._held.get(key, {}).pop(entry_id, None)

    def give_again(self) -> None:
        """Whoever was given entries is gone: they go to the next reader, oldest first."""
        self._ready = deque(self._in_order(held.values() for held in self._held.values()))

    def _given(self, limit: int) -> list[_T]:
        given: list[_T] = []
        while self._ready and len(given) < limit:
            raw, item = self._ready.popleft()
            still_led = self._fences.find(self._streams[raw.key]) == self._led.get(raw.key)
            if still_led and raw.id in self._held.get(raw.key, ()):
                given.append(item)
        return given

    async def _fetch(self, limit: int) -> None:
        """Fetch until there is something to give or nobody wants it any more. Nothing else changes what is led."""
        count = min(limit, self._at_once)
        while self._readers and (not self._ready or (self._more and len(self._ready) < limit)):
            self._follow_leases()
            if not self._led:
                await self._fences.changed(at_most=self._connection.longest_block / 1_000)
                continue
            try:
                with translated():
                    found = await self._find(count)
                await self._keep(found)
            except BaseException:
                self._look_everywhere()  # what was given to us may not have reached us
                raise

    async def _find(self, count: int) -> list[Raw]:
        """At most `count` entries of each stream; `more` says whether there may be others to be had at once."""
        self._more = False
        try:
            await self._look_for_lost()
            if self._unseen:
                found = await self._pending(count)
                self._more = bool(self._unseen) and not self._careful
            else:
                found = await self._consumer.new(self._led, count, wait=not self._ready)
                self._more = any(number == count for number in Counter(raw.key for raw in found).values())
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            await self._create_groups()
            return []
        return found

    async def _keep(self, found: Sequence[Raw]) -> None:
        admitted = await self._admit(found) if found else ()
        self._follow_leases()
        by_stream: dict[str, list[tuple[Raw, Sequence[_T]]]] = {}
        for raw, items in admitted:
            held = self._held.get(raw.key)
            if held is not None and raw.id not in held:
                held[raw.id] = (raw, items)
                by_stream.setdefault(raw.key, []).append((raw, items))
        self._ready.extend(self._in_order(by_stream.values()))

    def _in_order(self, streams: Iterable[Iterable[tuple[Raw, Sequence[_T]]]]) -> Iterator[tuple[Raw, _T]]:
        """Streams as one, each in its own order."""
        apart = [[(raw, item) for raw, items in stream for item in items] for stream in streams]
        return merge(*apart, key=lambda found: (self._rank(found[1]), found[0].place))

    def _follow_leases(self) -> None:
        """What is led anew is read from its beginning; what is led no longer is another's."""
        led = {key: fence for key, name in self._streams.items() if (fence := self._fences.find(name)) is not None}
        if led == self._led:
            return
        for key in self._led.keys() - led.keys() | {k for k, fence in led.items() if self._led.get(k) != fence}:
            self._held.pop(key, None)
            self._unseen.pop(key, None)
            if key in led:
                self._held[key], self._unseen[key] = {}, "-"
        self._led = led
        self._ready = deque(found for found in self._ready if found[0].id in self._held.get(found[0].key, ()))

    def _look_everywhere(self) -> None:
        self._unseen = dict.fromkeys(self._led, "-")

    async def _look_for_lost(self) -> None:
        """Now and then: more may be pending than we hold."""
        now = asyncio.get_running_loop().time()
        if self._unseen or now < self._looked_at + _LOOK_EVERY:
            return
        self._looked_at = now
        for key, pending in (await self._consumer.pending_counts(list(self._led))).items():
            if pending > len(self._held[key]):
                self._unseen[key] = "-"

    async def _pending(self, count: int) -> list[Raw]:
        """Some of what is pending and not held."""
        starts = dict(islice(self._unseen.items(), 1)) if self._careful else self._unseen
        wanted = {}
        for key, seen in (await self._consumer.pending(starts, _PAGE)).items():
            lost = [(entry_id, times) for entry_id, times in seen if entry_id not in self._held[key]]
            chosen = (_not_with_others(lost) if self._careful else lost)[:count]
            if len(chosen) < len(lost):
                self._unseen[key] = f"({chosen[-1][0]}"
            elif len(seen) == _PAGE:
                self._unseen[key] = f"({seen[-1][0]}"
            else:
                del self._unseen[key]
            if chosen:
                wanted[key] = dict(chosen)
        return await self._consumer.claim(wanted)

    async def _create_groups(self) -> None:
        """A stream that was missing is new, or was lost: then only what waits here to be given is left of it."""
        for key in await self._consumer.create_groups(list(self._led)):
            waiting = {raw.id for raw, _ in self._ready if raw.key == key}
            self._held[key] = {entry_id: held for entry_id, held in self._held[key].items() if entry_id in waiting}


def _heard_of(fetching: "asyncio.Task[None]") -> None:
    """A failure while nobody reads is nobody's: the next fetch meets it again."""
    if not fetching.cancelled():
        fetching.exception()


def _not_with_others(lost: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The first entry alone, if it was given twice in vain; else those before the first that was."""
    doubtful = next((n for n, (_, times) in enumerate(lost) if times >= _TRUSTED_TWICE), len(lost))
    return lost[: max(1, doubtful)]
