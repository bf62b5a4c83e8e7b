"""Try again what was set aside, or give it up."""

from collections.abc import Sequence

from tokenfilter.domain.event import Event, StampedTick
from tokenfilter.ports.dead_letters import DeadLetter, DeadLetters
from tokenfilter.ports.event_stream import EventStream
from tokenfilter.ports.journal import Journal


class ReviveDeadLetters:
    """An event goes to the events, a journal entry to the journal; a line that could not be read has nowhere to go."""

    def __init__(self, *, dead: DeadLetters, events: EventStream, journal: Journal) -> None:
        self._dead = dead
        self._events = events
        self._journal = journal

    async def newest(self, limit: int) -> Sequence[DeadLetter]:
        """What was set aside, newest first."""
        return await self._dead.newest(limit)

    async def retry(self, letter_id: str) -> DeadLetter | None:
        """Queue a letter's item once more; None if there is no such letter, or it holds nothing to try.

        Raises:
            UnavailableError: it may be queued and still be listed; repeating is safe.
        """
        letter = next((found for found in await self._dead.newest(10**6) if found.id == letter_id), None)
        match letter.item if letter else None:
            case None:
                return None
            case Event() | StampedTick() as item:
                await self._events.append(item)
            case entry:
                await self._journal.note(entry)
        await self._dead.take(letter_id)
        return letter

    async def drop(self, letter_id: str) -> DeadLetter | None:
        """Give a letter up; None if there is no such letter."""
        return await self._dead.take(letter_id)
