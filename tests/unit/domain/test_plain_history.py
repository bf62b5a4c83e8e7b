"""Journal entries: every kind has a name that stays, and comes back from a store that spells numbers its own way."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest

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
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import Digest, FoldReason
from tokenfilter.domain.plain.fields import NotStoredFormError
from tokenfilter.domain.plain.history import entry_from_plain, entry_to_plain
from tokenfilter.domain.plain.notification import body_from_plain, body_to_plain
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

SENT = DeliverySettled(
    notification="alert:1",
    token=examples.token(),
    destination=Destination(ChatId(-5), 2),
    outcome=DeliveryOutcome.IN_DOUBT,
    at=NOON,
)
ONE_OF_EACH = {
    "settled": EventSettled(evidence=examples.evidence_of(examples.stamped(examples.heard())), told=()),
    "price": price_seen(examples.tick(mcap=1)),
    "delivery": SENT,
    "stats": StatsHeard(stats=examples.stats(win=60)),
    "subscriber": SubscriberSaved(subscriber=Subscriber(chat=ChatId(1)), seq=0, renewed=frozenset(), at=NOON),
    "activity": ActivitySeen(chat=ChatId(1), what="/filters", at=NOON),
    "forgotten": PersonForgotten(chat=ChatId(1), at=NOON),
}


def test_every_kind_of_entry_keeps_its_type_for_good():
    assert {type(entry) for entry in ONE_OF_EACH.values()} == set(get_args(JournalEntry))
    assert {entry_to_plain(entry)["type"]: entry for entry in ONE_OF_EACH.values()} == ONE_OF_EACH


@pytest.mark.parametrize("delay", [0.1, 1e-05, 1e22, 0.0, 12_345.678901])
def test_a_delay_comes_back_from_a_store_that_writes_floats_without_an_exponent(delay):
    plain = entry_to_plain(replace(SENT, call_to_sent=delay))
    respelt = json.loads(format(Decimal(repr(delay)), "f"))
    assert entry_from_plain({**plain, "delay": respelt}) == replace(SENT, call_to_sent=delay)


@pytest.mark.parametrize("delay", [True, "1", float("nan"), float("inf"), 10**400, []])
def test_what_is_no_delay_is_refused(delay):
    with pytest.raises(NotStoredFormError, match="delay"):
        entry_from_plain({**entry_to_plain(SENT), "delay": delay})


@pytest.mark.parametrize("outcome", DeliveryOutcome)
def test_an_outcome_is_kept_by_its_name_so_that_its_words_may_change(outcome):
    plain = entry_to_plain(replace(SENT, outcome=outcome))
    assert plain["outcome"] == outcome.name.lower()
    assert entry_from_plain(plain).outcome is outcome


@pytest.mark.parametrize("reason", FoldReason)
def test_a_digests_reason_is_kept_by_its_name_so_that_its_words_may_change(reason):
    plain = body_to_plain(Digest(alerts=(), reason=reason))
    assert plain["reason"] == reason.name.lower()
    assert body_from_plain(plain).reason is reason


@pytest.mark.parametrize("plain", [{"type": "told"}, {"type": ["price"]}, {}, {"type": None}])
def test_an_entry_of_a_kind_that_is_not_known_is_refused(plain):
    with pytest.raises(NotStoredFormError, match="type"):
        entry_from_plain(plain)
