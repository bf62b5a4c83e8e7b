"""Evidence as plain values: what was heard and kept is stored, what follows from it is gathered again."""

from tokenfilter.domain.call import Call, KeptCall
from tokenfilter.domain.evidence import Evidence, gather
from tokenfilter.domain.plain.event import (
    event_from_plain,
    event_to_plain,
    kept_call_from_plain,
    kept_call_to_plain,
    stats_from_plain,
    stats_to_plain,
)
from tokenfilter.domain.plain.fields import Plain, listed, member, not_stored, object_of
from tokenfilter.domain.plain.measures import instant, micros


def evidence_to_plain(evidence: Evidence) -> dict[str, object]:
    """Spell evidence that `gather` made; a kept call that the event itself tells is only numbered."""
    heard = evidence.event.heard.calls
    return {
        "event": event_to_plain(evidence.event),
        "calls": [_kept_to_plain(kept, heard) for kept in evidence.calls],
        "stats": [stats_to_plain(stats) for stats in evidence.stats.values()],
    }


def evidence_from_plain(plain: Plain) -> Evidence:
    """Read what `evidence_to_plain` spelt.

    Raises:
        NotStoredFormError: it is not of the form.
    """
    plain = object_of(plain, "evidence")
    event = event_from_plain(member(plain, "event"))
    calls = tuple([kept_from_plain(kept, event.heard.calls) for kept in listed(plain, "calls")])
    stats = [stats_from_plain(stats) for stats in listed(plain, "stats")]
    return gather(event, calls, {one.channel: one for one in stats})


def _kept_to_plain(kept: KeptCall, heard: tuple[Call, ...]) -> dict[str, object]:
    for place, call in enumerate(heard):
        if call is kept.first or call == kept.first:
            return {"first": place, "last": micros(kept.last_at)}
    return kept_call_to_plain(kept)


def kept_from_plain(plain: Plain, heard: tuple[Call, ...]) -> KeptCall:
    """Read a kept call; `heard` are the calls that the event itself tells."""
    first = object_of(plain, "kept call").get("first")
    if type(first) is not int:
        return kept_call_from_plain(plain)
    if not 0 <= first < len(heard):
        raise not_stored("first", f"one of {len(heard)} calls", first)
    return KeptCall(first=heard[first], last_at=instant(plain, "last"))
