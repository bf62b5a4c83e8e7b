"""Strategies for what stores keep: subscribers, records, notifications, journal entries, and texts no store likes.

What holds text from outside may hold any text here: U+0000, lone surrogates, line breaks of every kind.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from tokenfilter.domain.call import KeptCall, merge_calls
from tokenfilter.domain.cohorts import Cohort, Exempt, TokenRecords
from tokenfilter.domain.dedup import Accepted, Record, Rejected
from tokenfilter.domain.event import StampedTick
from tokenfilter.domain.evidence import FLAG_KEYS, Evidence, gather
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.history import (
    ActivitySeen,
    DeliveryOutcome,
    DeliverySettled,
    EventSettled,
    JournalEntry,
    PersonForgotten,
    StatsHeard,
    SubscriberSaved,
    price_seen,
)
from tokenfilter.domain.ids import ChatId, Destination, EventId, FilterId
from tokenfilter.domain.notification import (
    BlindSpotNotice,
    Body,
    CallAlert,
    Digest,
    FoldReason,
    KnownAgain,
    Lane,
    Notification,
    PlaceLost,
)
from tokenfilter.domain.quiet import MOST_PER_HOUR, QuietHours
from tokenfilter.domain.silence import lenient, named, refuses_unknown
from tokenfilter.domain.subscriber import Mutes, NamedFilter, Route, Standing, Subscriber
from tokenfilter.testing.strategies.choices import several, some
from tokenfilter.testing.strategies.facts import (
    FEED_METRICS,
    FEED_STATISTICS,
    calls,
    channel_stats,
    evidence,
    ticks,
)
from tokenfilter.testing.strategies.filters import filters
from tokenfilter.testing.strategies.names import channels, instants, tokens

_MOST_CHAT = 2**52 - 1  # Telegram Bot API: chat ids have at most 52 significant bits
_UNKNOWABLE = (*FEED_METRICS, *FLAG_KEYS.values())
_LATER = st.sampled_from((timedelta(0), timedelta(microseconds=1), timedelta(hours=1)))
_FILTER_IDS = st.builds("{}.{}".format, st.integers(-100, 100), st.integers(1, 100)).map(FilterId)
_DELAYS = st.sampled_from((0.25, 1e-05, 3.0, 12_345.678901))


def any_text(*, max_size: int = 12) -> st.SearchStrategy[str]:
    """Texts of any characters there are, what stores refuse and what JSON escapes among them more often."""
    nasty = st.sampled_from(tuple('\0\ud83d\ude00\udfff\N{SYMBOL FOR ESCAPE}\\"/u0\n\x85\u2028\u2029\x7f'))
    return st.text(nasty | st.characters(), max_size=max_size)


def chats() -> st.SearchStrategy[ChatId]:
    """People, and groups and channels, which have negative ids."""
    return (st.integers(1, _MOST_CHAT) | st.integers(-_MOST_CHAT, -1)).map(ChatId)


def destinations() -> st.SearchStrategy[Destination]:
    """Chats, and topics in them."""
    return st.builds(Destination, chats(), st.none() | st.integers(1, 2**31))


def kept_calls() -> st.SearchStrategy[KeptCall]:
    """What is remembered of a channel's calls."""
    return st.builds(lambda first, later: KeptCall(first=first, last_at=first.called_at + later), calls(), _LATER)


@st.composite
def stored_evidence(draw: st.DrawFn) -> Evidence:
    """Evidence with texts of any kind, and calls kept from earlier events."""
    seen = draw(evidence())
    heard = seen.event.heard
    texts = draw(st.tuples(*[st.none() | any_text()] * 4))
    facts = replace(heard.facts, symbol=texts[0], name=texts[1], dex=texts[2], launchpad=texts[3])
    event = replace(seen.event, heard=replace(heard, id=EventId(draw(any_text())), facts=facts))
    earlier = draw(several(calls(at=event.at), 2))
    return gather(event, merge_calls((), (*earlier, *heard.calls), at=event.at), seen.stats)


def stamped_ticks() -> st.SearchStrategy[StampedTick]:
    """Prices with stamps."""
    return st.builds(
        StampedTick, tick=ticks(), at=instants(), settings_seq=st.integers(0, 1_000), received_at=instants()
    )


@st.composite
def stored_filters(draw: st.DrawFn) -> Filter:
    """Filters as subscribers keep them: those that pass until known have their alternatives in any order."""
    wanted = draw(filters())
    criteria = [name for name in _criteria_of(wanted) if refuses_unknown(wanted, name)]
    for criterion in draw(some(criteria, 2)):
        wanted = lenient(wanted, criterion)
    return replace(wanted, any_of=tuple(draw(st.permutations(wanted.any_of))))


@st.composite
def named_filters(draw: st.DrawFn) -> NamedFilter:
    """A subscriber's filters."""
    wanted = draw(stored_filters())
    return NamedFilter(
        id=draw(_FILTER_IDS),
        name=draw(any_text()),
        wanted=wanted,
        destinations=tuple(draw(several(destinations(), 3))),
        paused=draw(st.booleans()),
        until_known=tuple(draw(some(_criteria_of(wanted), 2))),
    )


@st.composite
def subscribers(draw: st.DrawFn) -> Subscriber:
    """Subscribers; most of their earlier lists hold what the newest holds."""
    versions = draw(several(named_filters(), 3))
    now, *past = (tuple(draw(some(versions, len(versions)))) for _ in range(draw(st.integers(1, 4))))
    untils = st.none() | instants()
    return Subscriber(
        chat=draw(chats()),
        name=draw(any_text()),
        standing=draw(st.sampled_from(Standing)),
        filters=now,
        past=tuple(past),
        places=draw(st.dictionaries(destinations(), any_text(), max_size=3)),
        mutes=Mutes(
            tokens=draw(st.dictionaries(tokens(), untils, max_size=2)),
            channels=draw(st.dictionaries(channels(), untils, max_size=2)),
            everything_until=draw(untils),
        ),
        quiet=draw(st.none() | st.builds(QuietHours, start=st.integers(0, 11), end=st.integers(12, 23))),
        most_per_hour=draw(st.none() | st.integers(1, MOST_PER_HOUR)),
        silent=draw(st.booleans()),
        zone=draw(st.sampled_from(("UTC", "Europe/Berlin"))),
        next_filter=draw(st.integers(1, 100)),
        version=draw(st.integers(0, 2**40)),
    )


def routes() -> st.SearchStrategy[Route]:
    """Filters and where their matches go."""
    return st.builds(
        Route,
        filter_id=_FILTER_IDS,
        name=any_text(),
        owner=chats(),
        destination=destinations(),
        wanted=stored_filters(),
    )


def rejected() -> st.SearchStrategy[Rejected]:
    """Refusals."""
    missing = some(_UNKNOWABLE, 4).map(frozenset)
    return st.builds(
        Rejected,
        at=instants(),
        checked=st.dictionaries(channels(), instants(), max_size=3),
        missing=missing,
        missing_stats=st.dictionaries(channels(), some(FEED_STATISTICS, 3).map(frozenset), max_size=2),
    )


def records() -> st.SearchStrategy[Record | None]:
    """What holds for a token and a destination."""
    return st.none() | st.builds(Accepted, at=instants()) | rejected()


def token_records() -> st.SearchStrategy[TokenRecords]:
    """Everything remembered of a token but who was told, and no version."""
    cohorts = st.builds(Cohort, upto=st.integers(-1, 2**40), record=rejected())
    exempt = st.builds(Exempt, record=st.none() | rejected(), seq=st.integers(-1, 2**40))
    return st.builds(
        TokenRecords,
        cohorts=several(cohorts, 3).map(tuple),
        exceptions=st.dictionaries(destinations(), exempt, max_size=3),
        calls=several(kept_calls(), 3).map(tuple),
        seen_at=st.none() | instants(),
    )


def bodies() -> st.SearchStrategy[Body]:
    """What is told, of every kind."""
    alerts = st.builds(CallAlert, evidence=stored_evidence(), filters=_texts())
    about = {"filter_id": _FILTER_IDS, "filter_name": any_text(), "criterion": st.sampled_from(FEED_METRICS)}
    counts = st.integers(0, 10**6)
    return st.one_of(
        alerts,
        st.builds(Digest, alerts=several(alerts, 2).map(tuple), reason=st.sampled_from(FoldReason), earlier=counts),
        st.builds(BlindSpotNotice, **about, unknown=counts, refusals=counts),
        st.builds(KnownAgain, **about),
        st.builds(PlaceLost, title=any_text()),
    )


def notifications() -> st.SearchStrategy[Notification]:
    """Messages owed."""
    return st.builds(
        Notification,
        id=any_text(),
        destination=destinations(),
        lane=st.sampled_from(Lane),
        owners=several(chats(), 3).map(tuple),
        body=bodies(),
        queued_at=instants(),
        useful_until=instants(),
    )


def journal_entries() -> st.SearchStrategy[JournalEntry]:
    """What history must be told, of every kind."""
    to = several(destinations(), 3)
    return st.one_of(
        st.builds(EventSettled, evidence=stored_evidence(), told=to.map(tuple)),
        ticks().map(price_seen),
        _deliveries(),
        st.builds(StatsHeard, stats=channel_stats()),
        st.builds(
            SubscriberSaved,
            subscriber=subscribers(),
            seq=st.integers(0, 2**40),
            renewed=to.map(frozenset),
            at=instants(),
        ),
        st.builds(ActivitySeen, chat=chats(), what=any_text(), at=instants()),
        st.builds(PersonForgotten, chat=chats(), at=instants()),
    )


def _deliveries() -> st.SearchStrategy[DeliverySettled]:
    return st.builds(
        DeliverySettled,
        notification=any_text(),
        token=st.none() | tokens(),
        destination=destinations(),
        outcome=st.sampled_from(DeliveryOutcome),
        at=instants(),
        message_id=st.none() | st.integers(1, 2**53),
        call_to_sent=st.none() | _DELAYS,
        event=st.none() | any_text().map(EventId),
    )


def _texts() -> st.SearchStrategy[tuple[str, ...]]:
    return several(any_text(), 3).map(tuple)


def _criteria_of(wanted: Filter) -> Sequence[str]:
    names = [name for name in (*FEED_METRICS, *FEED_STATISTICS) if named(wanted, name)]
    return [*names, *(name for name in FLAG_KEYS if named(wanted, name))]
