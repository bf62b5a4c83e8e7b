"""A token's dedup records as plain values, and one record as people read it (R7).

What stores keep elsewhere is left out: who was told, and the version.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tokenfilter.domain.call import KeptCall
from tokenfilter.domain.cohorts import Cohort, Exempt, TokenRecords
from tokenfilter.domain.dedup import Accepted, Record, Rejected
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.plain.event import kept_call_from_plain, kept_call_to_plain
from tokenfilter.domain.plain.fields import Plain, known, listed, member, object_of, texts, whole
from tokenfilter.domain.plain.measures import instant, iso, micros, optional_instant
from tokenfilter.domain.plain.names import channel_of, destination_of


def records_to_plain(records: TokenRecords) -> dict[str, object]:
    """Spell what is remembered of a token, but for who was told and the version."""
    return known(
        cohorts=[{"upto": cohort.upto, **rejected_to_plain(cohort.record)} for cohort in records.cohorts],
        exceptions={str(to): _exempt_to_plain(exempt) for to, exempt in records.exceptions.items()},
        calls=[kept_call_to_plain(kept) for kept in records.calls],
        seen_at=None if records.seen_at is None else micros(records.seen_at),
    )


def records_from_plain(plain: Plain) -> TokenRecords:
    """Read what `records_to_plain` spelt; nobody was told, and the version is 0."""
    plain = object_of(plain, "records")
    return TokenRecords(
        cohorts=tuple([_cohort_from_plain(cohort) for cohort in listed(plain, "cohorts")]),
        exceptions={
            destination_of(to, "exceptions"): _exempt_from_plain(exempt)
            for to, exempt in member(plain, "exceptions").items()
        },
        calls=tuple([kept_call_from_plain(kept) for kept in listed(plain, "calls")]),
        seen_at=optional_instant(plain, "seen_at"),
    )


def rejected_to_plain(record: Rejected) -> dict[str, object]:
    """Spell a refusal."""
    return {
        "at": micros(record.at),
        "checked": {str(channel): micros(at) for channel, at in record.checked.items()},
        "missing": sorted(record.missing),
        "missing_stats": _sorted_by_channel(record.missing_stats),
    }


def rejected_from_plain(plain: Plain) -> Rejected:
    """Read what `rejected_to_plain` spelt."""
    plain = object_of(plain, "record")
    checked, missing = member(plain, "checked"), member(plain, "missing_stats")
    return Rejected(
        at=instant(plain, "at"),
        checked={channel_of(name, "checked"): instant(checked, name) for name in checked},
        missing=frozenset(texts(plain, "missing")),
        missing_stats={channel_of(name, "missing_stats"): frozenset(texts(missing, name)) for name in missing},
    )


def record_to_plain(record: Record | None, calls: Iterable[KeptCall] = ()) -> dict[str, object]:
    """Spell a destination's record for people: the requirement's JSON (R7), instants in ISO 8601.

    Without a record `timestamp` and `status` are null. What was unknown is remembered of refusals only; of who was told
    the channels are those among the token's kept `calls` that had called by then.
    """
    refused = record if isinstance(record, Rejected) else None
    checked: Mapping[ChannelId, datetime] = refused.checked if refused else {}
    if isinstance(record, Accepted):
        checked = {c.channel: min(c.last_at, record.at) for c in calls if c.first.called_at <= record.at}
    return {
        "timestamp": iso(record.at) if record else None,
        "channels_checked": sorted(checked),
        "status": _status(record),
        "channels_called_at": {channel: iso(checked[channel]) for channel in sorted(checked)},
        "unknown": {
            "facts": sorted(refused.missing) if refused else [],
            "statistics": _sorted_by_channel(refused.missing_stats) if refused else {},
        },
    }


def _status(record: Record | None) -> str | None:
    match record:
        case Accepted():
            return "accepted"
        case Rejected():
            return "rejected"
        case None:
            return None


def _cohort_from_plain(plain: Plain) -> Cohort:
    return Cohort(record=rejected_from_plain(plain), upto=whole(plain, "upto"))


def _exempt_to_plain(exempt: Exempt) -> dict[str, object]:
    return known(seq=exempt.seq, record=None if exempt.record is None else rejected_to_plain(exempt.record))


def _exempt_from_plain(plain: Plain) -> Exempt:
    plain = object_of(plain, "exceptions")
    record = plain.get("record")
    return Exempt(record=None if record is None else rejected_from_plain(record), seq=whole(plain, "seq"))


def _sorted_by_channel(missing: Mapping[ChannelId, frozenset[str]]) -> dict[str, list[str]]:
    return {str(channel): sorted(missing[channel]) for channel in sorted(missing)}
