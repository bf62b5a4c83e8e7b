"""That a person used the bot is noted, and never in the way."""

from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.app.note_activity import NoteActivity
from tokenfilter.domain.history import ActivitySeen
from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing.examples import NOON


class Away(MemoryJournal):
    """Cannot be reached."""

    async def note(self, entry):
        raise UnavailableError("away")


async def test_what_was_used_is_in_the_journal(process):
    await NoteActivity(journal=process.journal, clock=process.clock).note(ChatId(1), "/why")
    assert [n.entry for n in await process.journal.read(9)] == [ActivitySeen(chat=ChatId(1), what="/why", at=NOON)]


async def test_a_journal_that_is_away_stops_nobody(process):
    assert await NoteActivity(journal=Away(), clock=process.clock).note(ChatId(1), "/why") is None
