"""What a feed said as plain values: events, prices, calls, channels' statistics, and the stamps ingest gave them."""

from collections.abc import Callable

from tokenfilter.domain.call import Call, KeptCall
from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import Event, Heard, StampedTick, Tick, TokenFacts
from tokenfilter.domain.ids import EventId
from tokenfilter.domain.plain.fields import (
    Plain,
    choice,
    known,
    listed,
    member,
    object_of,
    optional_text,
    text,
    truth,
    whole,
)
from tokenfilter.domain.plain.measures import (
    instant,
    micros,
    numbers,
    optional_instant,
    optional_number,
    optional_spelt,
    spelt_numbers,
)
from tokenfilter.domain.plain.names import channel, token


def item_to_plain(item: Event | StampedTick) -> dict[str, object]:
    """Spell what an event stream holds."""
    if isinstance(item, Event):
        return {"type": "event", **event_to_plain(item)}
    return {"type": "tick", **stamped_tick_to_plain(item)}


def item_from_plain(plain: Plain) -> Event | StampedTick:
    """Read what `item_to_plain` spelt."""
    return choice(object_of(plain, "item"), "type", _ITEMS)(plain)


def event_to_plain(event: Event) -> dict[str, object]:
    """Spell a stamped event."""
    return {
        "heard": heard_to_plain(event.heard),
        "at": micros(event.at),
        "seq": event.settings_seq,
        "received": micros(event.received_at),
    }


def event_from_plain(plain: Plain) -> Event:
    """Read what `event_to_plain` spelt."""
    plain = object_of(plain, "event")
    return Event(
        heard=heard_from_plain(member(plain, "heard")),
        at=instant(plain, "at"),
        settings_seq=whole(plain, "seq"),
        received_at=instant(plain, "received"),
    )


def stamped_tick_to_plain(stamped: StampedTick) -> dict[str, object]:
    """Spell a stamped price."""
    return {
        "tick": tick_to_plain(stamped.tick),
        "at": micros(stamped.at),
        "seq": stamped.settings_seq,
        "received": micros(stamped.received_at),
    }


def stamped_tick_from_plain(plain: Plain) -> StampedTick:
    """Read what `stamped_tick_to_plain` spelt."""
    plain = object_of(plain, "tick")
    return StampedTick(
        tick=tick_from_plain(member(plain, "tick")),
        at=instant(plain, "at"),
        settings_seq=whole(plain, "seq"),
        received_at=instant(plain, "received"),
    )


def heard_to_plain(heard: Heard) -> dict[str, object]:
    """Spell what a feed said of a token."""
    return {
        "token": str(heard.token),
        "seen": micros(heard.observed_at),
        "id": heard.id,
        "facts": facts_to_plain(heard.facts),
        "market": spelt_numbers(heard.market),
        "flags": dict(heard.flags),
        "calls": [call_to_plain(call) for call in heard.calls],
    }


def heard_from_plain(plain: Plain) -> Heard:
    """Read what `heard_to_plain` spelt."""
    plain = object_of(plain, "heard")
    flags = member(plain, "flags")
    return Heard(
        token=token(plain, "token"),
        observed_at=instant(plain, "seen"),
        id=EventId(text(plain, "id")),
        facts=facts_from_plain(member(plain, "facts")),
        market=numbers(plain, "market"),
        flags={name: truth(flags, name) for name in flags},
        calls=tuple([call_from_plain(call) for call in listed(plain, "calls")]),
    )


def tick_to_plain(tick: Tick) -> dict[str, object]:
    """Spell a price."""
    return {"token": str(tick.token), "seen": micros(tick.observed_at), "market": spelt_numbers(tick.market)}


def tick_from_plain(plain: Plain) -> Tick:
    """Read what `tick_to_plain` spelt."""
    plain = object_of(plain, "tick")
    return Tick(token=token(plain, "token"), observed_at=instant(plain, "seen"), market=numbers(plain, "market"))


def facts_to_plain(facts: TokenFacts) -> dict[str, object]:
    """Spell what is fixed about a token."""
    return known(
        symbol=facts.symbol,
        name=facts.name,
        created=None if facts.created_at is None else micros(facts.created_at),
        dex=facts.dex,
        launchpad=facts.launchpad,
    )


def facts_from_plain(plain: Plain) -> TokenFacts:
    """Read what `facts_to_plain` spelt."""
    plain = object_of(plain, "facts")
    return TokenFacts(
        symbol=optional_text(plain, "symbol"),
        name=optional_text(plain, "name"),
        created_at=optional_instant(plain, "created"),
        dex=optional_text(plain, "dex"),
        launchpad=optional_text(plain, "launchpad"),
    )


def call_to_plain(call: Call) -> dict[str, object]:
    """Spell a call."""
    return known(
        channel=str(call.channel),
        at=micros(call.called_at),
        mcap=optional_spelt(call.market_cap_usd),
        fdv=optional_spelt(call.fdv_usd),
        url=call.message_url,
    )


def call_from_plain(plain: Plain) -> Call:
    """Read what `call_to_plain` spelt."""
    plain = object_of(plain, "call")
    return Call(
        channel=channel(plain, "channel"),
        called_at=instant(plain, "at"),
        market_cap_usd=optional_number(plain, "mcap"),
        fdv_usd=optional_number(plain, "fdv"),
        message_url=optional_text(plain, "url"),
    )


def kept_call_to_plain(kept: KeptCall) -> dict[str, object]:
    """Spell what is remembered of a channel's calls."""
    return {"first": call_to_plain(kept.first), "last": micros(kept.last_at)}


def kept_call_from_plain(plain: Plain) -> KeptCall:
    """Read what `kept_call_to_plain` spelt."""
    plain = object_of(plain, "kept call")
    return KeptCall(first=call_from_plain(member(plain, "first")), last_at=instant(plain, "last"))


def stats_to_plain(stats: ChannelStats) -> dict[str, object]:
    """Spell a channel's statistics."""
    return {"channel": str(stats.channel), "as_of": micros(stats.as_of), "values": spelt_numbers(stats.values)}


def stats_from_plain(plain: Plain) -> ChannelStats:
    """Read what `stats_to_plain` spelt."""
    plain = object_of(plain, "stats")
    return ChannelStats(
        channel=channel(plain, "channel"), as_of=instant(plain, "as_of"), values=numbers(plain, "values")
    )


_ITEMS: dict[str, Callable[[Plain], Event | StampedTick]] = {"event": event_from_plain, "tick": stamped_tick_from_plain}
