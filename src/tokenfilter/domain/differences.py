"""What a change of settings changed, in words for a log: who changed what, from what, to what (R35)."""

from collections.abc import Iterator
from dataclasses import dataclass

from tokenfilter.domain.filter_print import format_filter
from tokenfilter.domain.subscriber import NamedFilter, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting before and after; None: it was not there, or is not there any more."""

    what: str
    before: str | None
    after: str | None


def differences(before: Subscriber, after: Subscriber) -> Iterator[Difference]:
    """Every setting that differs, filters by their number."""
    for name in ("standing", "silent", "zone", "quiet", "most_per_hour", "mutes"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Difference(what=name, before=str(old), after=str(new))
    if before.places != after.places:
        yield Difference(what="destinations", before=_places(before), after=_places(after))
    filters = dict.fromkeys((*(f.id for f in before.filters), *(f.id for f in after.filters)))
    for filter_id in filters:
        was, is_now = before.filter(filter_id), after.filter(filter_id)
        if was != is_now:
            yield Difference(what=f"filter {filter_id}", before=_filter(was), after=_filter(is_now))


def _places(subscriber: Subscriber) -> str:
    return ", ".join(map(str, subscriber.places)) or "none"


def _filter(one: NamedFilter | None) -> str | None:
    if one is None:
        return None
    paused = " (paused)" if one.paused else ""
    to = ", ".join(map(str, one.destinations))
    return f"{one.name}{paused} to {to}: {format_filter(one.wanted) or 'everything'}"
