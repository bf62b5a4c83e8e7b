"""What a real-time store that came back with old data does not know of tokens, and the permanent one does.

Its data are of one instant: it knows what was judged before, and nothing of what was judged after. So the events judged
last are looked at until it knows all of so many; what is done about the others is decided in rebuild.py.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from tokenfilter.app.rebuild_state.many import in_batches, side_by_side
from tokenfilter.domain.call import CALLS_KEPT_FOR
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.evidence import Evidence
from tokenfilter.domain.ids import ChatId, Destination, Token
from tokenfilter.ports.archive import Archive
from tokenfilter.ports.processed_tokens import ProcessedTokens
from tokenfilter.ports.subscribers import Subscribers

LOOKED_AT = 500
"""Events at once. Several relays and a batch of each may bring them in another order than that of judging: within fewer
than these."""

Lost = tuple[Token, TokenRecords]
"""A token, and what to unite with what is stored of it."""


class LostRecords:
    """Only looks. `tokens` are those of the real-time store, never what a survivor remembers."""

    def __init__(self, *, archive: Archive, subscribers: Subscribers, tokens: ProcessedTokens) -> None:
        self._archive = archive
        self._subscribers = subscribers
        self._tokens = tokens

    async def find(self, now: datetime) -> list[Lost]:
        """What is not known, of tokens judged last first.

        Raises:
            UnavailableError: something could not be read.
        """
        lost: list[Lost] = []
        seen: set[Token] = set()
        people: dict[ChatId, bool] = {}
        async for some in in_batches(self._archive.newest_first(), LOOKED_AT):
            newest: dict[Token, Evidence] = {}
            for evidence in some:
                if evidence.event.token not in seen:
                    newest[evidence.event.token] = evidence
                    seen.add(evidence.event.token)
            told = await self._archive.told_of(list(newest), now - ACCEPTED_FOR)
            look = partial(self._look, told=told, people=people, now=now)
            found = [one for one in await side_by_side(look, list(newest.values())) if one]
            lost += found
            if newest and not found:
                break
        return lost

    async def _look(
        self,
        evidence: Evidence,
        *,
        told: Mapping[Token, Mapping[Destination, datetime]],
        people: dict[ChatId, bool],
        now: datetime,
    ) -> Lost | None:
        """What is not known of a token, if its newest event or anybody who was told is not known."""
        token = evidence.event.token
        here = await self._tokens.records(token)
        unknown = {to: at for to, at in told.get(token, {}).items() if not counts(here, to, at)}
        missing = {to: at for to, at in unknown.items() if await self._may_be_kept(to.chat, people)}
        calls_count = now < evidence.at + CALLS_KEPT_FOR
        if not missing and not (calls_count and (here.seen_at is None or here.seen_at < evidence.at)):
            return None
        return token, TokenRecords(accepted=missing, calls=evidence.calls, seen_at=evidence.at)

    async def _may_be_kept(self, chat: ChatId, people: dict[ChatId, bool]) -> bool:
        """Whether anything may be remembered of a chat: not of a person who was forgotten meanwhile (R62)."""
        if chat not in people:
            people[chat] = chat < 0 or await self._subscribers.get(chat) is not None
        return people[chat]


def counts(here: TokenRecords, to: Destination, at: datetime) -> bool:
    """Whether it is known that a destination was told then, or later."""
    return to in here.accepted and here.accepted[to] >= at
