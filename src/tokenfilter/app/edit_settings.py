"""Change what a subscriber is told: filters, destinations, mutes, standing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from tokenfilter.domain.differences import differences
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, FilterId, Token
from tokenfilter.domain.quiet import MOST_PER_HOUR, QuietHours
from tokenfilter.domain.subscriber import (
    InvalidSettingError,
    NamedFilter,
    Standing,
    Subscriber,
    checked_name,
    judging_by,
    passing_until_known,
    undone,
    with_changed,
    with_filter,
    without_filter,
    without_place,
)
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.subscribers import ConflictError, Subscribers
from tokenfilter.ports.telemetry import Telemetry

MAX_PLACES = 20
_ATTEMPTS = 5
_Key = TypeVar("_Key")


class EditSettings:
    """Every edit reads the subscriber, changes a copy and saves it; a conflicting edit is repeated on what it met."""

    def __init__(self, *, subscribers: Subscribers, clock: Clock, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._subscribers = subscribers
        self._clock = clock

    async def subscriber(self, chat: ChatId) -> Subscriber | None:
        """The subscriber of a chat, None before `/start`."""
        return await self._subscribers.get(chat)

    async def start(self, chat: ChatId, name: str) -> Subscriber:
        """Make the chat a subscriber, or greet one that is; who was unreachable is reachable again."""
        found = await self._subscribers.get(chat)
        if found is None:
            try:
                return await self._subscribers.save(Subscriber(chat=chat, name=name), now=self._clock.now())
            except ConflictError:
                pass  # two starts at once: the other one made the subscriber
        return await self._edit(chat, lambda s: _revived(s, name))

    async def add_filter(self, chat: ChatId, name: str, wanted: Filter) -> Subscriber:
        """Add a filter.

        Raises:
            InvalidSettingError: too many filters or no name.
        """
        return await self._edit(chat, lambda s: with_filter(s, name, wanted))

    async def change_filter(self, chat: ChatId, filter_id: FilterId, wanted: Filter) -> Subscriber:
        """Let a filter judge by other criteria.

        Raises:
            InvalidSettingError: there is no such filter any more.
        """
        return await self._change(chat, filter_id, lambda f: judging_by(f, wanted))

    async def pass_until_known(self, chat: ChatId, filter_id: FilterId, criterion: str) -> Subscriber:
        """Let the unknown pass at a criterion, by its name, until its fact becomes known.

        Raises:
            InvalidSettingError: the filter is gone, or does not refuse the unknown there.
        """
        return await self._change(chat, filter_id, lambda f: passing_until_known(f, criterion))

    async def rename_filter(self, chat: ChatId, filter_id: FilterId, name: str) -> Subscriber:
        """Give a filter another name.

        Raises:
            InvalidSettingError: not a name, or there is no such filter any more.
        """
        return await self._change(chat, filter_id, lambda f: replace(f, name=checked_name(name)))

    async def pause_filter(self, chat: ChatId, filter_id: FilterId) -> Subscriber:
        """Stop judging by a filter, keeping it."""
        return await self._change(chat, filter_id, lambda f: replace(f, paused=True))

    async def resume_filter(self, chat: ChatId, filter_id: FilterId) -> Subscriber:
        """Judge by a paused filter again."""
        return await self._change(chat, filter_id, lambda f: replace(f, paused=False))

    async def delete_filter(self, chat: ChatId, filter_id: FilterId) -> Subscriber:
        """Take a filter away; `undo` brings it back."""
        return await self._edit(chat, lambda s: without_filter(s, filter_id))

    async def undo(self, chat: ChatId) -> Subscriber:
        """Take the last change to the filters back.

        Raises:
            InvalidSettingError: there is nothing to undo.
        """

        def back(subscriber: Subscriber) -> Subscriber:
            before = undone(subscriber)
            if before is None:
                raise InvalidSettingError("There is nothing to undo.")
            return before

        return await self._edit(chat, back)

    async def route_filter(
        self, chat: ChatId, filter_id: FilterId, destinations: tuple[Destination, ...]
    ) -> Subscriber:
        """Let a filter's matches go to these destinations, of which the subscriber must own each.

        Raises:
            InvalidSettingError: no destination, or one that is not the subscriber's.
        """

        def routed(subscriber: Subscriber) -> Subscriber:
            known = {subscriber.own_chat, *subscriber.places}
            if not destinations or not known.issuperset(destinations):
                raise InvalidSettingError(
                    "A filter needs at least one destination. Add the chat under Destinations first."
                )
            found = _existing(subscriber, filter_id)
            return with_changed(subscriber, replace(found, destinations=tuple(dict.fromkeys(destinations))))

        return await self._edit(chat, routed)

    async def add_place(self, chat: ChatId, destination: Destination, title: str) -> Subscriber:
        """Let matches go to another chat. Whether the person may write there is checked by the caller.

        Raises:
            InvalidSettingError: too many places.
        """

        def added(subscriber: Subscriber) -> Subscriber:
            if len(subscriber.places) >= MAX_PLACES and destination not in subscriber.places:
                raise InvalidSettingError(f"At most {MAX_PLACES} destinations. Remove one first.")
            return replace(subscriber, places={**subscriber.places, destination: title})

        return await self._edit(chat, added)

    async def remove_place(self, chat: ChatId, destination: Destination) -> Subscriber:
        """Take a chat away; filters that only went there go to the own chat again."""
        return await self._edit(chat, lambda s: without_place(s, destination))

    async def mute_token(self, chat: ChatId, token: Token, *, until: datetime | None = None) -> Subscriber:
        """Withhold alerts about a token; without `until`, until unmuted."""
        return await self._edit(
            chat, lambda s: replace(s, mutes=replace(s.mutes, tokens={**s.mutes.tokens, token: until}))
        )

    async def mute_channel(self, chat: ChatId, channel: ChannelId, *, until: datetime | None = None) -> Subscriber:
        """Withhold alerts of tokens that only muted channels called; without `until`, until unmuted."""
        return await self._edit(
            chat, lambda s: replace(s, mutes=replace(s.mutes, channels={**s.mutes.channels, channel: until}))
        )

    async def unmute_token(self, chat: ChatId, token: Token) -> Subscriber:
        """Hear of a token again."""
        return await self._edit(
            chat, lambda s: replace(s, mutes=replace(s.mutes, tokens=_without(s.mutes.tokens, token)))
        )

    async def unmute_channel(self, chat: ChatId, channel: ChannelId) -> Subscriber:
        """Hear of a channel's calls again."""
        return await self._edit(
            chat, lambda s: replace(s, mutes=replace(s.mutes, channels=_without(s.mutes.channels, channel)))
        )

    async def snooze(self, chat: ChatId, length: timedelta | None) -> Subscriber:
        """Withhold everything for a while, to be told in one digest afterwards; None ends it."""
        until = None if length is None else self._clock.now() + length
        return await self._edit(chat, lambda s: replace(s, mutes=replace(s.mutes, everything_until=until)))

    async def set_quiet(self, chat: ChatId, quiet: QuietHours | None) -> Subscriber:
        """Hold alerts back at these hours of the person's own clock, to be told in one digest afterwards."""
        return await self._edit(chat, lambda s: replace(s, quiet=quiet))

    async def set_most_per_hour(self, chat: ChatId, most: int | None) -> Subscriber:
        """Let at most so many alerts go to one destination within an hour; the others come in one digest at its end.

        Raises:
            InvalidSettingError: not a number that can be kept.
        """
        if most is not None and not 1 <= most <= MOST_PER_HOUR:
            raise InvalidSettingError(f"A cap is a number of 1 to {MOST_PER_HOUR} alerts an hour. Example: 10")
        return await self._edit(chat, lambda s: replace(s, most_per_hour=most))

    async def set_silent(self, chat: ChatId, *, silent: bool) -> Subscriber:
        """Alerts come with or without a sound."""
        return await self._edit(chat, lambda s: replace(s, silent=silent))

    async def set_zone(self, chat: ChatId, zone: str) -> Subscriber:
        """Show times in an IANA zone; the caller has checked that it exists."""
        return await self._edit(chat, lambda s: replace(s, zone=zone))

    async def stop(self, chat: ChatId) -> Subscriber:
        """Tell the subscriber nothing until `resume`; everything else is kept."""
        return await self._edit(chat, lambda s: replace(s, standing=Standing.STOPPED))

    async def resume(self, chat: ChatId) -> Subscriber:
        """Tell the subscriber again."""
        return await self._edit(chat, lambda s: replace(s, standing=Standing.ACTIVE))

    async def mark_unreachable(self, chat: ChatId) -> None:
        """Telegram says the chat cannot be reached: nothing is judged for it until it starts again."""
        if await self._subscribers.get(chat) is not None:
            await self._edit(chat, _unreachable)

    async def _change(
        self, chat: ChatId, filter_id: FilterId, change: Callable[[NamedFilter], NamedFilter]
    ) -> Subscriber:
        return await self._edit(chat, lambda s: with_changed(s, change(_existing(s, filter_id))))

    async def _edit(self, chat: ChatId, change: Callable[[Subscriber], Subscriber]) -> Subscriber:
        for attempt in range(_ATTEMPTS):
            found = await self._subscribers.get(chat)
            if found is None:
                raise InvalidSettingError("Send /start first.")
            changed = change(found)
            if changed == found:
                return found
            now = self._clock.now()
            try:
                saved = await self._subscribers.save(changed, now=now)
            except ConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            for one in differences(found, saved):
                self._telemetry.setting_changed(chat, one.what, one.before, one.after, now=now)
            return saved
        raise AssertionError("unreachable")


def _existing(subscriber: Subscriber, filter_id: FilterId) -> NamedFilter:
    found = subscriber.filter(filter_id)
    if found is None:
        raise InvalidSettingError("That filter is gone. /filters shows those there are.")
    return found


def _revived(subscriber: Subscriber, name: str) -> Subscriber:
    standing = Standing.ACTIVE if subscriber.standing is Standing.UNREACHABLE else subscriber.standing
    return replace(subscriber, standing=standing, name=name or subscriber.name)


def _unreachable(subscriber: Subscriber) -> Subscriber:
    return replace(subscriber, standing=Standing.UNREACHABLE)


def _without(mapping: Mapping[_Key, datetime | None], key: _Key) -> dict[_Key, datetime | None]:
    return {k: until for k, until in mapping.items() if k != key}
