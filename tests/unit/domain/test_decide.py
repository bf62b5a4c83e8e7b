"""One decision: who is told by what, and how little is asked of the index. That it is right: test_cohorts.py."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.cohorts import BEFORE_ALL, TokenRecords
from tokenfilter.domain.decide import decide, decide_price
from tokenfilter.domain.dedup import ACCEPTED_FOR, Accepted, Rejected
from tokenfilter.domain.event import overlaid
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.testing import examples, strategies
from tokenfilter.testing.examples import NOON, RouteList, decided, heard, stamped

SECOND = timedelta(seconds=1)
ANNE, BERT, GROUP = Destination(ChatId(1)), Destination(ChatId(2)), Destination(ChatId(-3))


class Counting(RouteList):
    """Counts what it is asked."""

    def __init__(self, routes):
        super().__init__(routes)
        self.asked = Counter()

    def matches(self, evidence, *, fresh=None, only_always=False, since=None):
        self.asked["always" if only_always else (fresh, since.above, since.upto)] += 1
        return super().matches(evidence, fresh=fresh, only_always=only_always, since=since)


def event(name="e1", *, after=timedelta(0), channel="@alpha", **market):
    """An event with a call of its own."""
    at = NOON + after
    return stamped(heard(name, at=at, calls=[examples.call(channel, at)], **market))


def told(decision):
    """Each destination told, with the filters that wanted it."""
    return {t.destination: [r.filter_id for r in t.routes] for t in decision.told}


def test_a_destination_is_told_once_by_all_of_its_filters_that_match():
    routes = [
        examples.route(1, "mcap >= 5", to=GROUP),
        examples.route(1, "mcap >= 6", number=2, to=GROUP),
        examples.route(2, "mcap >= 4", to=GROUP),
        examples.route(2, "mcap >= 4", number=2),
    ]
    assert told(decided(event(mcap=5), routes)) == {GROUP: ["1.1", "2.1"], BERT: ["2.2"]}


def test_a_filter_that_is_always_checked_is_named_once_beside_the_others():
    routes = [examples.route(1, "mcap >= 5"), examples.route(1, "mcap >= 5, recheck always", number=2)]
    assert told(decided(event(mcap=5), routes)) == {ANNE: ["1.1", "1.2"]}


def test_a_decision_that_judged_nothing_changes_nothing():
    routes = [examples.route(1, "mcap >= 6")]
    first = decided(event(mcap=5), routes)
    assert (first.judged, first.changed, len(first.told)) == (True, True, 0)
    again = decided(stamped(heard("e2", at=NOON + SECOND, calls=[examples.call()], mcap=5)), routes, first.records)
    assert (again.judged, again.changed, len(again.told)) == (False, False, 0)


def test_calls_are_kept_with_the_records_and_the_version_is_left_to_the_store():
    first = decided(event(mcap=5), [], TokenRecords(version=7))
    assert [c.channel for c in first.records.calls] == ["@alpha"]
    assert first.records.version == 7


def test_the_index_is_asked_once_for_each_cohort_and_its_fresh_channels():
    index = Counting([examples.route(1, "mcap >= 6, win >= 50"), examples.route(2, "mcap >= 7, quorum 2")])
    records = decide(event(mcap=5), TokenRecords(), {}, index).records
    assert index.asked == {"always": 1, (None, BEFORE_ALL, 1): 1}
    index.asked.clear()
    decide(event("e2", after=SECOND, channel="@beta", mcap=5), records, {}, index)
    assert index.asked == {"always": 1, (frozenset({"@beta"}), BEFORE_ALL, 1): 1}
    index.asked.clear()
    decide(stamped(heard("e3", at=NOON + SECOND, calls=[examples.call()], mcap=5)), records, {}, index)
    assert index.asked == {"always": 1}


@settings(max_examples=15, deadline=None)
@given(strategies.histories(max_tokens=1), st.lists(strategies.filters(), min_size=1, max_size=4))
def test_the_index_is_never_asked_twice_the_same(history, wanted):
    index = Counting(replace(examples.route(n), wanted=one) for n, one in enumerate(wanted, start=1))
    records = TokenRecords()
    for heard_now in history.events:
        index.asked.clear()
        decision = decide(heard_now, records, history.stats_as_of(heard_now.at), index)
        assert set(index.asked.values()) <= {1}
        records = decision.records if decision.changed else records


def test_an_acceptance_that_ran_out_is_judged_again_and_refused_it_keeps_a_record_of_its_own():
    anne, bert = examples.route(1, "mcap 5..5"), examples.route(2, "mcap >= 9")
    records = decided(event(mcap=5), [anne, bert]).records
    assert records.record(ANNE, since=1, now=NOON) == Accepted(at=NOON)
    almost = ACCEPTED_FOR - timedelta(minutes=30)
    records = decided(event("e2", after=almost, mcap=6), [anne, bert], records).records
    later = event("e3", after=ACCEPTED_FOR, channel="@beta", mcap=6)
    decision = decided(later, [anne, bert], records)
    assert not decision.told
    assert isinstance(decision.records.record(ANNE, since=1, now=later.at), Rejected)
    assert decided(event("e4", after=ACCEPTED_FOR + SECOND, channel="@gamma", mcap=5), [anne], decision.records).told


def price(mcap, *, after, records):
    """A price of the token, with what was said of it at noon."""
    now = overlaid(stamped(heard(mcap=5)), examples.stamped_tick(examples.tick(NOON + after, mcap=mcap)))
    return examples.evidence_of(now), records


def test_a_price_is_judged_for_filters_that_are_always_checked_and_a_refusal_writes_nothing():
    routes = [examples.route(1, "mcap >= 10, recheck always"), examples.route(2, "mcap >= 10")]
    records = decided(stamped(heard(mcap=5)), routes).records
    low = decide_price(*price(9, after=SECOND, records=records), RouteList(routes))
    assert (len(low.told), low.changed, low.judged) == (0, False, False)
    high = decide_price(*price(10, after=SECOND, records=records), RouteList(routes))
    assert told(high) == {ANNE: ["1.1"]}
    assert high.changed
    assert high.records.record(ANNE, since=1, now=NOON + SECOND) == Accepted(at=NOON + SECOND)
    assert isinstance(high.records.record(BERT, since=1, now=NOON + SECOND), Rejected)


def test_a_price_tells_nobody_who_was_told_already():
    routes = [examples.route(1, "mcap >= 5, recheck always")]
    records = decided(stamped(heard(mcap=5)), routes).records
    again = decide_price(*price(99, after=SECOND, records=records), RouteList(routes))
    assert (len(again.told), again.changed) == (0, False)
    later = decide_price(*price(99, after=ACCEPTED_FOR, records=records), RouteList(routes))
    assert told(later) == {ANNE: ["1.1"]}
