"""Journal entries as plain values: one table says which kinds there are, by what `type` and how each is spelt.

A type names a kind for good: entries of it wait in journals and files while the program changes.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tokenfilter.domain.history import (
    ActivitySeen,
    DeliveryOutcome,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    PersonForgotten,
    PriceSeen,
    StatsHeard,
    SubscriberSaved,
)
from tokenfilter.domain.ids import ChatId, EventId
from tokenfilter.domain.plain.event import stats_from_plain, stats_to_plain
from tokenfilter.domain.plain.evidence import evidence_from_plain, evidence_to_plain
from tokenfilter.domain.plain.fields import (
    Plain,
    choice,
    known,
    member,
    object_of,
    optional_text,
    optional_whole,
    text,
    whole,
)
from tokenfilter.domain.plain.measures import (
    instant,
    micros,
    numbers,
    optional_float,
    optional_number,
    optional_spelt,
    spelt_numbers,
)
from tokenfilter.domain.plain.names import destination, destinations, optional_token, token
from tokenfilter.domain.plain.subscriber import subscriber_from_plain, subscriber_to_plain

_OUTCOMES = {outcome.name.lower(): outcome for outcome in DeliveryOutcome}  # their values are texts, to be reworded


def entry_to_plain(entry: JournalEntry) -> dict[str, object]:
    """Spell a journal entry."""
    kind = _BY_CLASS[type(entry)]
    return {"type": kind.word, **kind.spell(entry)}


def entry_from_plain(plain: Plain) -> JournalEntry:
    """Read what `entry_to_plain` spelt."""
    return choice(object_of(plain, "entry"), "type", _BY_TYPE).read(plain)


def _event_to_plain(entry: EventSettled) -> dict[str, object]:
    return {"evidence": evidence_to_plain(entry.evidence), "told": [str(to) for to in entry.told]}


def _event_from_plain(plain: Plain) -> EventSettled:
    return EventSettled(evidence=evidence_from_plain(member(plain, "evidence")), told=destinations(plain, "told"))


def _price_to_plain(entry: PriceSeen) -> dict[str, object]:
    return known(
        token=str(entry.token),
        seen=micros(entry.observed_at),
        values=spelt_numbers(entry.values),
        liquidity=optional_spelt(entry.liquidity),
    )


def _price_from_plain(plain: Plain) -> PriceSeen:
    return PriceSeen(
        token=token(plain, "token"),
        observed_at=instant(plain, "seen"),
        values=numbers(plain, "values"),
        liquidity=optional_number(plain, "liquidity"),
    )


def _delivery_to_plain(entry: DeliverySettled) -> dict[str, object]:
    return known(
        notification=entry.notification,
        token=None if entry.token is None else str(entry.token),
        to=str(entry.destination),
        outcome=entry.outcome.name.lower(),
        at=micros(entry.at),
        message=entry.message_id,
        delay=entry.call_to_sent,
        event=entry.event,
    )


def _delivery_from_plain(plain: Plain) -> DeliverySettled:
    event = optional_text(plain, "event")
    return DeliverySettled(
        notification=text(plain, "notification"),
        token=optional_token(plain, "token"),
        destination=destination(plain, "to"),
        outcome=choice(plain, "outcome", _OUTCOMES),
        at=instant(plain, "at"),
        message_id=optional_whole(plain, "message"),
        call_to_sent=optional_float(plain, "delay"),
        event=None if event is None else EventId(event),
    )


def _stats_to_plain(entry: StatsHeard) -> dict[str, object]:
    return {"stats": stats_to_plain(entry.stats)}


def _stats_from_plain(plain: Plain) -> StatsHeard:
    return StatsHeard(stats=stats_from_plain(member(plain, "stats")))


def _saved_to_plain(entry: SubscriberSaved) -> dict[str, object]:
    return {
        "subscriber": subscriber_to_plain(entry.subscriber),
        "seq": entry.seq,
        "renewed": sorted(map(str, entry.renewed)),
        "at": micros(entry.at),
    }


def _saved_from_plain(plain: Plain) -> SubscriberSaved:
    return SubscriberSaved(
        subscriber=subscriber_from_plain(member(plain, "subscriber")),
        seq=whole(plain, "seq"),
        renewed=frozenset(destinations(plain, "renewed")),
        at=instant(plain, "at"),
    )


def _activity_to_plain(entry: ActivitySeen) -> dict[str, object]:
    return {"chat": entry.chat, "what": entry.what, "at": micros(entry.at)}


def _activity_from_plain(plain: Plain) -> ActivitySeen:
    return ActivitySeen(chat=ChatId(whole(plain, "chat")), what=text(plain, "what"), at=instant(plain, "at"))


def _forgotten_to_plain(entry: PersonForgotten) -> dict[str, object]:
    return {"chat": entry.chat, "at": micros(entry.at)}


def _forgotten_from_plain(plain: Plain) -> PersonForgotten:
    return PersonForgotten(chat=ChatId(whole(plain, "chat")), at=instant(plain, "at"))


class _Kind(NamedTuple):
    """One kind of entry; a new one is a line more below."""

    word: str
    made: type[JournalEntry]
    spell: Callable[[Any], dict[str, object]]
    read: Callable[[Plain], JournalEntry]


_KINDS = (
    _Kind("settled", EventSettled, _event_to_plain, _event_from_plain),
    _Kind("price", PriceSeen, _price_to_plain, _price_from_plain),
    _Kind("delivery", DeliverySettled, _delivery_to_plain, _delivery_from_plain),
    _Kind("stats", StatsHeard, _stats_to_plain, _stats_from_plain),
    _Kind("subscriber", SubscriberSaved, _saved_to_plain, _saved_from_plain),
    _Kind("activity", ActivitySeen, _activity_to_plain, _activity_from_plain),
    _Kind("forgotten", PersonForgotten, _forgotten_to_plain, _forgotten_from_plain),
)
_BY_TYPE = {kind.word: kind for kind in _KINDS}
_BY_CLASS: dict[type, _Kind] = {kind.made: kind for kind in _KINDS}
