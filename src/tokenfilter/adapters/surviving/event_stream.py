"""The events to judge, going on while the real-time store is away.

What this process appended is remembered until it is acknowledged, so that it is judged even if the store forgets it.
What another process judges is remembered too, but only to be queued anew should the store lose it.
An event that is judged twice changes nothing: whoever was told is not told again.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice

from tokenfilter.adapters.surviving.survival import Survival, Survivor
from tokenfilter.domain.event import Event, StampedTick
from tokenfilter.domain.ids import Token
from tokenfilter.ports.event_stream import CAPACITY, Entry, EventStream
from tokenfilter.ports.failures import StaleOwnerError, UnavailableError

_HERE = "here:"

MOST_LATEST = 50_000
"""Tokens."""

Item = Event | StampedTick


class SurvivingEventStream(EventStream, Survivor):
    """`behind` names what the store is not known to have; `settled` holds its entries that were settled without it.

    `elsewhere` is what others judge: that they acknowledge is not heard here.
    `term` tells one time of judging a token here from another: what was heard last in a former one may be old.
    """

    def __init__(
        self,
        inner: EventStream,
        survival: Survival,
        *,
        capacity: int = CAPACITY,
        term: Callable[[Token], int | None] = lambda _: 0,
    ) -> None:
        self._inner = inner
        self._survival = survival
        self._capacity = capacity
        self._remembered: OrderedDict[str, Item] = OrderedDict()
        self._elsewhere: OrderedDict[str, Item] = OrderedDict()
        self._behind: dict[str, None] = {}
        self._given: set[str] = set()
        self._late: deque[Sequence[Entry]] = deque()
        self._settled: dict[str, Entry] = {}
        self._term = term
        self._latest: OrderedDict[Token, tuple[int | None, Event | None]] = OrderedDict()
        self._changed = asyncio.Condition()
        survival.join(self)

    async def append(self, item: Item) -> None:
        name = _name(item)
        try:
            await self._survival.attempt(lambda: self._inner.append(item))
        except UnavailableError:
            self._survival.stand_in()
            async with self._changed:
                await self._changed.wait_for(lambda: len(self._remembered) < self._capacity or self._survival.is_up)
                self._behind[name] = None
        async with self._changed:
            is_here = name in self._behind or self._term(item.token) is not None
            (self._remembered if is_here else self._elsewhere)[name] = item
            if len(self._elsewhere) > self._capacity:
                self._elsewhere.popitem(last=False)
            while len(self._remembered) > self._capacity:  # a matcher elsewhere acknowledges: the store has them
                oldest = next((n for n in self._remembered if n not in self._behind), None)
                if oldest is None:
                    break
                self._remembered.pop(oldest)
            self._changed.notify_all()

    async def read(self, limit: int) -> Sequence[Entry]:
        while True:
            try:
                entries = await self._survival.wait_with(lambda: self._inner.read(limit), self._late)
            except UnavailableError:
                if not self._survival.alone:
                    await self._survival.until_up()
            else:
                self._given.update(_name(e.item) for e in entries)
                return entries
            while not self._survival.is_up:
                names = list(islice(self._waiting(), limit))
                if names:
                    self._given.update(names)
                    return [Entry(id=f"{_HERE}{n}", item=self._remembered[n]) for n in names]
                await self._something()

    async def acknowledge(self, entry: Entry) -> None:
        try:
            if not entry.id.startswith(_HERE):
                await self._survival.attempt(lambda: self._inner.acknowledge(entry))
        except UnavailableError:
            self._survival.stand_in()
            await self.settle_here(entry)
        else:
            await self.forget(entry)

    async def settle_here(self, entry: Entry) -> None:
        """The entry is settled and the store must still be told so."""
        if not entry.id.startswith(_HERE):
            self._settled[entry.id] = entry
        await self.forget(entry)

    async def forget(self, entry: Entry) -> None:
        """The entry is settled, and the store knows."""
        name = _name(entry.item)
        async with self._changed:
            self._remembered.pop(name, None)
            self._elsewhere.pop(name, None)
            self._behind.pop(name, None)
            self._given.discard(name)
            self._changed.notify_all()
        item = entry.item
        if isinstance(item, Event) and (self._knows(item.token) or not self._survival.is_up):
            _, known = self._latest.get(item.token, (None, None))
            if known is None or known.at <= item.at:
                self._keep(item.token, item)

    def in_store(self, entry: Entry | None) -> Entry | None:
        """The entry as the store knows it; None if it was read from here."""
        return None if entry is None or entry.id.startswith(_HERE) else entry

    async def latest(self, token: Token) -> Event | None:
        if self._survival.is_up and not self._knows(token):
            try:
                self._keep(token, await self._survival.attempt(lambda: self._inner.latest(token)))
            except UnavailableError:
                self._survival.stand_in()
        _, found = self._latest.get(token, (None, None))
        return found

    async def length(self) -> int:
        try:
            return await self._survival.attempt(self._inner.length)
        except UnavailableError:
            return len(self._remembered)

    @property
    def is_ahead(self) -> bool:
        return bool(self._behind or self._settled)

    async def bring_over(self, *, wiped: bool) -> None:
        for entry in list(self._settled.values()):
            if not wiped:
                with suppress(StaleOwnerError):  # another judges it again by now, which changes nothing
                    await self._inner.acknowledge(entry)
            self._settled.pop(entry.id, None)
        for name in [*self._elsewhere, *self._remembered] if wiped else list(self._behind):
            item = self._remembered.get(name) or self._elsewhere.get(name)
            if item is not None:  # also what is being judged now: a process that dies over it must not lose it
                await self._inner.append(item)
            self._behind.pop(name, None)
        async with self._changed:
            self._changed.notify_all()

    def _waiting(self) -> Iterator[str]:
        """What is to be judged here while the store is away: not what another judges, who may have done so long ago."""
        left = ((name, item) for name, item in self._remembered.items() if name not in self._given)
        return (name for name, item in left if name in self._behind or self._term(item.token) is not None)

    def _knows(self, token: Token) -> bool:
        """Whether what was heard last, or that nothing was, is known here since this process judges the token."""
        known, term = self._latest.get(token), self._term(token)
        return known is not None and term is not None and known[0] == term

    def _keep(self, token: Token, event: Event | None) -> None:
        self._latest[token] = (self._term(token), event)
        self._latest.move_to_end(token)
        if len(self._latest) > MOST_LATEST:
            self._latest.popitem(last=False)

    async def _something(self) -> None:
        """Wait until there is something to read here, or the store is back."""

        async def waiting() -> None:
            async with self._changed:
                await self._changed.wait_for(lambda: self._survival.is_up or any(True for _ in self._waiting()))

        here, up = asyncio.ensure_future(waiting()), asyncio.ensure_future(self._survival.until_up())
        try:
            await asyncio.wait({here, up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            here.cancel()
            up.cancel()
            await asyncio.wait({here, up})


def _name(item: Item) -> str:
    return item.id if isinstance(item, Event) else f"{item.token}@{item.tick.observed_at.isoformat()}"
