"""Keep nothing of a person, and tell a person everything that is kept (R62)."""

from collections.abc import Mapping, Sequence

from tokenfilter.domain.ids import ChatId
from tokenfilter.ports.archive import Archive
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.processed_tokens import ProcessedTokens
from tokenfilter.ports.sessions import Sessions
from tokenfilter.ports.subscribers import Subscribers


class ForgetPerson:
    """The real-time store forgets at once; the permanent one as soon as the journal reaches it, within minutes."""

    def __init__(
        self,
        *,
        subscribers: Subscribers,
        tokens: ProcessedTokens,
        sessions: Sessions,
        archive: Archive,
        clock: Clock,
    ) -> None:
        self._subscribers = subscribers
        self._tokens = tokens
        self._sessions = sessions
        self._archive = archive
        self._clock = clock

    async def forget(self, chat: ChatId) -> None:
        """Forget the subscriber, their filters, and what they were told; payments stay (the law asks for them).

        Repeating is safe.

        Raises:
            UnavailableError: not everything is forgotten; repeat.
        """
        found = await self._subscribers.get(chat)
        if found:
            await self._tokens.forget(frozenset({found.own_chat}))
        await self._sessions.close(chat)
        await self._subscribers.remove(chat, now=self._clock.now())

    async def export(self, chat: ChatId) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Everything that is kept of the person, by kind.

        Raises:
            UnavailableError: try again soon.
        """
        return await self._archive.of_person(chat)
