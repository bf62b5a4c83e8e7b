"""Follow what Telegram says of chats: where one went, and that one is gone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import reduce

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Lane, Notification, PlaceLost
from tokenfilter.domain.subscriber import Standing, Subscriber, moved, without_place
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.outbox import Outbox
from tokenfilter.ports.subscribers import ConflictError, Subscribers

_ATTEMPTS = 5
_USEFUL_FOR = timedelta(hours=6)


class FollowChats:
    """Changes the settings of those whose notifications went there. Repeating is safe."""

    def __init__(self, *, subscribers: Subscribers, outbox: Outbox, clock: Clock) -> None:
        self._subscribers = subscribers
        self._outbox = outbox
        self._clock = clock

    async def gone(self, destination: Destination, owners: tuple[ChatId, ...]) -> None:
        """A chat cannot be reached any more.

        Nothing is judged for a person until they start again. A group or channel is taken away from those who let
        matches go there, whatever the topic; they are told once.

        Raises:
            UnavailableError: not everybody's settings say so yet; repeat.
            ConflictError: somebody's settings changed all the time; repeat.
        """
        for owner in owners:
            if owner == destination.chat:
                await self._edit(owner, lambda s: replace(s, standing=Standing.UNREACHABLE))
            else:
                await self._lose(owner, destination.chat)

    async def moved(self, old: ChatId, new: ChatId, owners: tuple[ChatId, ...]) -> None:
        """A chat goes on under a new id, and so does everything that goes there.

        Raises:
            UnavailableError: not everybody's settings say so yet; repeat.
            ConflictError: somebody's settings changed all the time; repeat.
        """
        for owner in owners:
            await self._edit(owner, lambda s: moved(s, old, new))

    async def _lose(self, owner: ChatId, chat: ChatId) -> None:
        """Owe the notice first: should the edit fail, repeating owes the same one."""
        found = await self._subscribers.get(owner)
        lost = _places_in(found, chat) if found else ()
        if found is None or not lost:
            return
        now, title = self._clock.now(), next((found.places[d] for d in lost if d in found.places), str(chat))
        notice = Notification(
            id=f"lost:{owner}:{chat}:{found.version}",
            destination=found.own_chat,
            lane=Lane.REPORTS,
            owners=(owner,),
            body=PlaceLost(title=title),
            queued_at=now,
            useful_until=now + _USEFUL_FOR,
        )
        await self._outbox.put(notice)
        await self._edit(owner, lambda s: reduce(without_place, _places_in(s, chat), s))

    async def _edit(self, owner: ChatId, change: Callable[[Subscriber], Subscriber]) -> None:
        for attempt in range(_ATTEMPTS):
            found = await self._subscribers.get(owner)
            changed = change(found) if found else None
            if changed is None or changed == found:
                return
            try:
                await self._subscribers.save(changed, now=self._clock.now())
            except ConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return


def _places_in(subscriber: Subscriber, chat: ChatId) -> tuple[Destination, ...]:
    """Every topic of a chat that matches go to, or could."""
    routed = (d for f in subscriber.filters for d in f.destinations)
    return tuple(dict.fromkeys(d for d in (*subscriber.places, *routed) if d.chat == chat))
