"""A token's records: what is kept, and what people are shown of one (R7)."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from hypothesis import given

from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.dedup import Accepted, Rejected
from tokenfilter.domain.ids import ChannelId, ChatId, Destination
from tokenfilter.domain.plain.records import record_to_plain, records_from_plain, records_to_plain
from tokenfilter.domain.plain.text import dumps, loads
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON
from tokenfilter.testing.strategies.stored import records, token_records

ALPHA, BETA = ChannelId("@alpha"), ChannelId("@beta")
MOMENT = timedelta(microseconds=1)


@given(token_records())
def test_who_was_told_and_the_version_are_kept_elsewhere(kept):
    told = replace(kept, accepted={Destination(ChatId(1)): NOON}, version=7)
    assert records_to_plain(told) == records_to_plain(kept)
    assert records_from_plain(records_to_plain(told)) == kept


def test_nothing_remembered_takes_little_room():
    assert dumps(records_to_plain(TokenRecords())) == '{"cohorts":[],"exceptions":{},"calls":[]}'


def test_a_refusal_is_shown_with_what_was_checked_and_what_was_unknown():
    record = Rejected(
        at=NOON + MOMENT,
        checked={BETA: NOON, ALPHA: NOON + 2 * MOMENT},
        missing=frozenset({"mcap", "flag:mint", "holders"}),
        missing_stats={BETA: frozenset({"win", "gain"}), ALPHA: frozenset({"win"})},
    )
    assert record_to_plain(record) == {
        "timestamp": "2026-03-02T12:00:00.000001Z",
        "channels_checked": ["@alpha", "@beta"],
        "status": "rejected",
        "channels_called_at": {"@alpha": "2026-03-02T12:00:00.000002Z", "@beta": "2026-03-02T12:00:00.000000Z"},
        "unknown": {
            "facts": ["flag:mint", "holders", "mcap"],
            "statistics": {"@alpha": ["win"], "@beta": ["gain", "win"]},
        },
    }


def test_an_acceptance_is_shown_as_of_when_the_destination_was_told():
    shown = record_to_plain(Accepted(at=NOON.astimezone(timezone(timedelta(hours=5)))))
    assert (shown["status"], shown["timestamp"]) == ("accepted", "2026-03-02T12:00:00.000000Z")


@given(records())
def test_a_record_is_shown_with_the_same_keys_whatever_it_is(record):
    shown = record_to_plain(record)
    assert list(shown) == ["timestamp", "channels_checked", "status", "channels_called_at", "unknown"]
    assert (shown["status"], shown["timestamp"]) == (None, None) or datetime.fromisoformat(
        shown["timestamp"]
    ) == record.at
    assert list(shown["channels_called_at"]) == shown["channels_checked"]
    assert loads(dumps(shown)) == shown


def test_of_who_was_told_the_channels_are_those_that_had_called_by_then():
    late = NOON + timedelta(minutes=1)
    calls = merge_calls(
        (), [examples.call("@alpha"), examples.call("@alpha", late), examples.call("@beta", late)], at=late
    )
    shown = record_to_plain(Accepted(at=NOON), calls)
    assert shown["channels_checked"] == ["@alpha"]
    assert shown["channels_called_at"] == {"@alpha": "2026-03-02T12:00:00.000000Z"}
