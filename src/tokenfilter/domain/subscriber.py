"""A subscriber: whose filters are judged, where the results go, and what the person does not want to hear now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tokenfilter.domain.filter import Filter
from tokenfilter.domain.ids import ChannelId, ChatId, Destination, FilterId, Token
from tokenfilter.domain.quiet import QuietHours
from tokenfilter.domain.silence import lenient, named, refuses_unknown, strict

MAX_FILTERS = 20
MAX_NAME = 40
UNDO_STEPS = 10


class InvalidSettingError(ValueError):
    """A setting that cannot be; the message says what was expected."""


class Standing(StrEnum):
    """Whether a subscriber is told anything at all."""

    ACTIVE = "active"
    STOPPED = "stopped"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFilter:
    """One of a subscriber's filters and where its matches go.

    `until_known` names the criteria whose policy is to pass only until their fact becomes known (silence.py).
    """

    id: FilterId
    name: str
    wanted: Filter
    destinations: tuple[Destination, ...]
    paused: bool = False
    until_known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutes:
    """What is withheld at delivery. An instant is when it ends; None: until unmuted."""

    tokens: Mapping[Token, datetime | None] = field(default_factory=dict)
    channels: Mapping[ChannelId, datetime | None] = field(default_factory=dict)
    everything_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person (or one group's owner), known by the private chat with the bot.

    `places` are other chats the person lets matches go to, by title. `past` are earlier lists of filters, newest last,
    for undo. `quiet` and `most_per_hour` (alerts to one destination) hold back what then comes in one digest. `version`
    is raised by the store at each write.
    """

    chat: ChatId
    name: str = ""
    standing: Standing = Standing.ACTIVE
    filters: tuple[NamedFilter, ...] = ()
    past: tuple[tuple[NamedFilter, ...], ...] = ()
    places: Mapping[Destination, str] = field(default_factory=dict)
    mutes: Mutes = field(default_factory=Mutes)
    quiet: QuietHours | None = None
    most_per_hour: int | None = None
    silent: bool = False
    zone: str = "UTC"
    next_filter: int = 1
    version: int = 0

    @property
    def own_chat(self) -> Destination:
        """The private chat with the bot."""
        return Destination(self.chat)

    def filter(self, filter_id: FilterId) -> NamedFilter | None:
        """The filter of that id."""
        return next((f for f in self.filters if f.id == filter_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A filter whose matches go to a destination. `owner` is the subscriber it belongs to."""

    filter_id: FilterId
    name: str
    owner: ChatId
    destination: Destination
    wanted: Filter


def routes(subscriber: Subscriber) -> Iterator[Route]:
    """The routes that are judged now: none unless the subscriber is active; none of a paused filter."""
    if subscriber.standing is not Standing.ACTIVE:
        return
    for f in subscriber.filters:
        if not f.paused:
            for destination in f.destinations:
                yield Route(
                    filter_id=f.id, name=f.name, owner=subscriber.chat, destination=destination, wanted=f.wanted
                )


def renewed(before: Subscriber | None, after: Subscriber) -> frozenset[Destination]:
    """The destinations whose rejections a change forgets: a route is new, or its filter judges otherwise than before.

    Taking a route away or renaming a filter forgets nothing.
    """
    old = {(r.filter_id, r.destination): r.wanted for r in routes(before)} if before else {}
    return frozenset(r.destination for r in routes(after) if old.get((r.filter_id, r.destination)) != r.wanted)


def with_filter(subscriber: Subscriber, name: str, wanted: Filter) -> Subscriber:
    """Add a filter that goes to the subscriber's own chat.

    Raises:
        InvalidSettingError: too many filters, or a name that is empty or too long.
    """
    if len(subscriber.filters) >= MAX_FILTERS:
        raise InvalidSettingError(f"At most {MAX_FILTERS} filters. Delete one first.")
    added = NamedFilter(
        id=FilterId(f"{subscriber.chat}.{subscriber.next_filter}"),
        name=_free_name(subscriber, checked_name(name)),
        wanted=wanted,
        destinations=(subscriber.own_chat,),
    )
    changed = _with_filters(subscriber, (*subscriber.filters, added))
    return replace(changed, next_filter=subscriber.next_filter + 1)


def with_changed(subscriber: Subscriber, changed: NamedFilter) -> Subscriber:
    """Put `changed` in the place of the filter of the same id."""
    filters = tuple(changed if f.id == changed.id else f for f in subscriber.filters)
    return subscriber if filters == subscriber.filters else _with_filters(subscriber, filters)


def judging_by(changed: NamedFilter, wanted: Filter) -> NamedFilter:
    """The filter with other criteria; one that passed until known and was touched stays as the person left it."""
    kept = tuple(c for c in changed.until_known if set(named(wanted, c)) == set(named(changed.wanted, c)))
    return replace(changed, wanted=wanted, until_known=kept)


def passing_until_known(changed: NamedFilter, criterion: str) -> NamedFilter:
    """Let the unknown pass at a criterion until its fact becomes known; repeating changes nothing.

    Raises:
        InvalidSettingError: the filter does not refuse the unknown there (any more).
    """
    if criterion in changed.until_known:
        return changed
    if not refuses_unknown(changed.wanted, criterion):
        raise InvalidSettingError("That filter no longer refuses this when it is not known. /filters shows it.")
    wanted = lenient(changed.wanted, criterion)
    return replace(changed, wanted=wanted, until_known=(*changed.until_known, criterion))


def refusing_again(changed: NamedFilter, criterion: str) -> NamedFilter:
    """Refuse the unknown again at a criterion that passed until known; any other criterion stays as it is."""
    if criterion not in changed.until_known:
        return changed
    kept = tuple(c for c in changed.until_known if c != criterion)
    return replace(changed, wanted=strict(changed.wanted, criterion), until_known=kept)


def without_filter(subscriber: Subscriber, filter_id: FilterId) -> Subscriber:
    """Take a filter away."""
    filters = tuple(f for f in subscriber.filters if f.id != filter_id)
    return subscriber if filters == subscriber.filters else _with_filters(subscriber, filters)


def without_place(subscriber: Subscriber, destination: Destination) -> Subscriber:
    """Take a chat away, also from what undo brings back; filters that only went there go to the own chat."""

    def left(filters: tuple[NamedFilter, ...]) -> tuple[NamedFilter, ...]:
        kept = [tuple(d for d in f.destinations if d != destination) or (subscriber.own_chat,) for f in filters]
        return tuple(replace(f, destinations=to) for f, to in zip(filters, kept, strict=True))

    places = {d: title for d, title in subscriber.places.items() if d != destination}
    return replace(subscriber, places=places, filters=left(subscriber.filters), past=tuple(map(left, subscriber.past)))


def moved(subscriber: Subscriber, old: ChatId, new: ChatId) -> Subscriber:
    """Follow a chat to its new id: what went there, now or after any undo, goes to the new one, topic by topic."""

    def place(destination: Destination) -> Destination:
        return replace(destination, chat=new) if destination.chat == old else destination

    def there(filters: tuple[NamedFilter, ...]) -> tuple[NamedFilter, ...]:
        return tuple(replace(f, destinations=tuple(dict.fromkeys(map(place, f.destinations)))) for f in filters)

    places = {place(destination): title for destination, title in subscriber.places.items()}
    return replace(
        subscriber, places=places, filters=there(subscriber.filters), past=tuple(map(there, subscriber.past))
    )


def undone(subscriber: Subscriber) -> Subscriber | None:
    """The filters as they were before the last change to them; None if there is nothing to undo."""
    if not subscriber.past:
        return None
    return replace(subscriber, filters=subscriber.past[-1], past=subscriber.past[:-1])


def checked_name(text: str) -> str:
    """A filter's name as a person typed it.

    Raises:
        InvalidSettingError: empty, too long, or with characters that cannot be printed.
    """
    name = " ".join(text.split())
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidSettingError(f"A name has 1 to {MAX_NAME} letters. Example: Early gems")
    return name


def _with_filters(subscriber: Subscriber, filters: tuple[NamedFilter, ...]) -> Subscriber:
    past = (*subscriber.past, subscriber.filters)[-UNDO_STEPS:]
    return replace(subscriber, filters=filters, past=past)


def _free_name(subscriber: Subscriber, name: str) -> str:
    taken = {f.name.casefold() for f in subscriber.filters}
    candidates = (name if n == 1 else f"{name[: MAX_NAME - 3]} {n}" for n in range(1, MAX_FILTERS + 2))
    return next(c for c in candidates if c.casefold() not in taken)
