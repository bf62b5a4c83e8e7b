"""Subscribers and routes as plain values.

A subscriber's filters are kept once each: most of the earlier lists that undo brings back hold what the newest holds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from tokenfilter.domain.ids import ChatId, FilterId
from tokenfilter.domain.plain.fields import (
    NotStoredFormError,
    Plain,
    choice,
    known,
    list_of,
    listed,
    member,
    not_stored,
    object_of,
    optional_whole,
    text,
    texts,
    truth,
    whole,
    whole_of,
)
from tokenfilter.domain.plain.filter import filter_from_plain, filter_to_plain
from tokenfilter.domain.plain.measures import optional_iso, optional_iso_instant
from tokenfilter.domain.plain.names import channel_of, destination, destination_of, destinations, token_of
from tokenfilter.domain.quiet import QuietHours
from tokenfilter.domain.subscriber import Mutes, NamedFilter, Route, Standing, Subscriber

_What = TypeVar("_What")
_STANDINGS = {standing.value: standing for standing in Standing}


def subscriber_to_plain(subscriber: Subscriber) -> dict[str, object]:
    """Spell a subscriber; `filters` and `past` name places in `versions`."""
    quiet = subscriber.quiet
    lists = (subscriber.filters, *subscriber.past)
    places = {version: place for place, version in enumerate(dict.fromkeys(f for filters in lists for f in filters))}
    now, *past = [[places[f] for f in filters] for filters in lists]
    return known(
        chat=subscriber.chat,
        name=subscriber.name,
        standing=subscriber.standing.value,
        versions=[named_filter_to_plain(version) for version in places],
        filters=now,
        past=past,
        places={str(place): title for place, title in subscriber.places.items()},
        mutes=_mutes_to_plain(subscriber.mutes),
        quiet=None if quiet is None else {"start": quiet.start, "end": quiet.end},
        most_per_hour=subscriber.most_per_hour,
        silent=subscriber.silent,
        zone=subscriber.zone,
        next_filter=subscriber.next_filter,
        version=subscriber.version,
    )


def subscriber_from_plain(plain: Plain) -> Subscriber:
    """Read what `subscriber_to_plain` spelt."""
    plain = object_of(plain, "subscriber")
    places = member(plain, "places")
    versions = [named_filter_from_plain(version) for version in listed(plain, "versions")]
    return Subscriber(
        chat=ChatId(whole(plain, "chat")),
        name=text(plain, "name"),
        standing=choice(plain, "standing", _STANDINGS),
        filters=_placed(plain.get("filters"), versions, "filters"),
        past=tuple([_placed(filters, versions, "past") for filters in listed(plain, "past")]),
        places={destination_of(place, "places"): text(places, place) for place in places},
        mutes=_mutes_from_plain(member(plain, "mutes")),
        quiet=None if plain.get("quiet") is None else _quiet_from_plain(member(plain, "quiet")),
        most_per_hour=optional_whole(plain, "most_per_hour"),
        silent=truth(plain, "silent"),
        zone=text(plain, "zone"),
        next_filter=whole(plain, "next_filter"),
        version=whole(plain, "version"),
    )


def named_filter_to_plain(named: NamedFilter) -> dict[str, object]:
    """Spell one of a subscriber's filters."""
    return {
        "id": named.id,
        "name": named.name,
        "filter": filter_to_plain(named.wanted),
        "destinations": [str(destination) for destination in named.destinations],
        "paused": named.paused,
        "until_known": list(named.until_known),
    }


def named_filter_from_plain(plain: Plain) -> NamedFilter:
    """Read what `named_filter_to_plain` spelt."""
    plain = object_of(plain, "versions")
    return NamedFilter(
        id=FilterId(text(plain, "id")),
        name=text(plain, "name"),
        wanted=filter_from_plain(plain.get("filter")),
        destinations=destinations(plain, "destinations"),
        paused=truth(plain, "paused"),
        until_known=tuple(texts(plain, "until_known")),
    )


def route_to_plain(route: Route) -> dict[str, object]:
    """Spell a route."""
    return {
        "filter_id": route.filter_id,
        "name": route.name,
        "owner": route.owner,
        "to": str(route.destination),
        "filter": filter_to_plain(route.wanted),
    }


def route_from_plain(plain: Plain) -> Route:
    """Read what `route_to_plain` spelt."""
    plain = object_of(plain, "route")
    return Route(
        filter_id=FilterId(text(plain, "filter_id")),
        name=text(plain, "name"),
        owner=ChatId(whole(plain, "owner")),
        destination=destination(plain, "to"),
        wanted=filter_from_plain(plain.get("filter")),
    )


def _placed(value: object, versions: list[NamedFilter], what: str) -> tuple[NamedFilter, ...]:
    places = [whole_of(place, what) for place in list_of(value, what)]
    if not all(0 <= place < len(versions) for place in places):
        raise not_stored(what, f"places below {len(versions)}", places)
    return tuple([versions[place] for place in places])


def _quiet_from_plain(plain: Plain) -> QuietHours:
    start, end = whole(plain, "start"), whole(plain, "end")
    try:
        return QuietHours(start=start, end=end)
    except ValueError as wrong:
        raise NotStoredFormError(f"quiet: {wrong}") from None


def _mutes_to_plain(mutes: Mutes) -> dict[str, object]:
    """Here null is no gap: it is until unmuted."""
    return known(
        tokens=_untils_to_plain(mutes.tokens),
        channels=_untils_to_plain(mutes.channels),
        everything_until=optional_iso(mutes.everything_until),
    )


def _mutes_from_plain(plain: Plain) -> Mutes:
    tokens, channels = member(plain, "tokens"), member(plain, "channels")
    return Mutes(
        tokens={token_of(name, "tokens"): optional_iso_instant(tokens, name) for name in tokens},
        channels={channel_of(name, "channels"): optional_iso_instant(channels, name) for name in channels},
        everything_until=optional_iso_instant(plain, "everything_until"),
    )


def _untils_to_plain(untils: Mapping[_What, datetime | None]) -> dict[str, str | None]:
    return {str(what): optional_iso(until) for what, until in untils.items()}
