"""The journal, going on while the real-time store is away.

An entry is remembered from when it was noted until history has it; what the store's own scripts note is told by those
who ran them (`remember`). While the store is away the relay is given what is remembered, so the permanent store goes on
being told.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from tokenfilter.adapters.surviving.survival import Survival, Survivor, side_by_side
from tokenfilter.domain.history import JournalEntry, PersonForgotten, SubscriberSaved, name_of
from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.journal import Journal, Noted

MOST_REMEMBERED = 50_000
"""Entries the store has too; beyond it the oldest are left to the store alone."""

_HERE = "here:"


class SurvivingJournal(Journal, Survivor):
    """`behind` names the entries that the store is not known to have; `settled` holds its own that history has.

    `settings_seq` is the number of the last change of settings that was noted here.
    """

    def __init__(self, inner: Journal, survival: Survival) -> None:
        self._inner = inner
        self._survival = survival
        self._remembered: OrderedDict[str, JournalEntry] = OrderedDict()
        self._behind: OrderedDict[str, None] = OrderedDict()
        self._given: set[str] = set()
        self._late: deque[Sequence[Noted]] = deque()
        self._settled: dict[str, Noted] = {}
        self._noted = asyncio.Event()
        self.settings_seq = 0
        survival.join(self)

    async def note(self, entry: JournalEntry) -> None:
        try:
            await self._survival.attempt(lambda: self._inner.note(entry))
        except UnavailableError:
            self.keep([entry])
        else:
            self.remember([entry])

    def remember(self, entries: Iterable[JournalEntry]) -> None:
        """The store has noted these."""
        for entry in entries:
            self._remembered[name_of(entry)] = entry
            if isinstance(entry, SubscriberSaved):
                self.settings_seq = max(self.settings_seq, entry.seq)
        while len(self._remembered) > MOST_REMEMBERED and len(self._remembered) > len(self._behind):
            self._forget(next(name for name in self._remembered if name not in self._behind))

    def remember_one(self, entry: JournalEntry) -> None:
        """The store has noted this."""
        self.remember([entry])

    def keep(self, entries: Iterable[JournalEntry]) -> None:
        """The store must still be told of these."""
        for entry in entries:
            name = name_of(entry)
            self._remembered[name] = entry
            self._behind[name] = None
        self._noted.set()

    async def read(self, limit: int) -> Sequence[Noted]:
        while True:
            try:
                return await self._survival.wait_with(lambda: self._inner.read(limit), self._late)
            except UnavailableError:
                self._given.clear()
            while not self._survival.is_up:
                waiting = (n for n in self._remembered if n not in self._given)
                names = list(islice(waiting, limit))
                if names:
                    self._given.update(names)
                    return [Noted(id=f"{_HERE}{n}", entry=self._remembered[n]) for n in names]
                await self._something()

    async def acknowledge(self, noted: Sequence[Noted]) -> None:
        for one in noted:
            self._forget(name_of(one.entry))
        there = [one for one in noted if not one.id.startswith(_HERE)]
        if there:
            try:
                await self._survival.attempt(lambda: self._inner.acknowledge(there))
            except UnavailableError:
                self._settled.update((one.id, one) for one in there)  # it gives them to nobody again while we live

    async def length(self) -> int:
        try:
            return await self._survival.attempt(self._inner.length)
        except UnavailableError:
            return len(self._remembered)

    def of_subscribers(self) -> Mapping[ChatId, SubscriberSaved | PersonForgotten]:
        """What history does not know yet of subscribers: the newest entry of each, with the last change to judging."""
        found: dict[ChatId, SubscriberSaved | PersonForgotten] = {}
        for entry in self._remembered.values():
            if isinstance(entry, SubscriberSaved):
                chat = entry.subscriber.chat
                found[chat] = with_last_change(entry, found.get(chat))
            elif isinstance(entry, PersonForgotten):
                found[entry.chat] = entry
        return found

    @property
    def is_ahead(self) -> bool:
        return bool(self._behind or self._settled)

    async def bring_over(self, *, wiped: bool) -> None:
        settled = list(self._settled.values())
        if settled and not wiped:
            await self._inner.acknowledge(settled)
        for one in settled:
            self._settled.pop(one.id, None)
        await side_by_side(self._bring, list(self._remembered if wiped else self._behind))
        self._given.clear()

    async def _bring(self, name: str) -> None:
        entry = self._remembered.get(name)
        if entry is not None:
            await self._inner.note(entry)
        self._behind.pop(name, None)

    async def _something(self) -> None:
        """Wait until an entry is kept or the store is back."""
        self._noted.clear()
        noted, up = asyncio.ensure_future(self._noted.wait()), asyncio.ensure_future(self._survival.until_up())
        try:
            await asyncio.wait({noted, up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            noted.cancel()
            up.cancel()

    def _forget(self, name: str) -> None:
        self._remembered.pop(name, None)
        self._behind.pop(name, None)
        self._given.discard(name)


def with_last_change(saved: SubscriberSaved, before: SubscriberSaved | PersonForgotten | None) -> SubscriberSaved:
    """What was saved, with the change to judging that still holds: saving a mute, say, is none."""
    if saved.seq or not isinstance(before, SubscriberSaved):
        return saved
    return replace(saved, seq=before.seq, renewed=before.renewed)
