"""Note that a person used the bot, never what they typed."""

from tokenfilter.domain.history import ActivitySeen
from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.journal import Journal


class NoteActivity:
    """For the activity log (R25); an answer never waits for it, and never fails because of it."""

    def __init__(self, *, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def note(self, chat: ChatId, what: str) -> None:
        """The person gave a command or pressed a button of that name."""
        try:
            await self._journal.note(ActivitySeen(chat=chat, what=what, at=self._clock.now()))
        except UnavailableError:
            return
