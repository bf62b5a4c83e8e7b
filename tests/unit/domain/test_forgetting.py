"""A token's records may be forgotten exactly when they can change no later decision."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.call import CALLS_KEPT_FOR
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.dedup import ACCEPTED_FOR, REJECTED_FOR
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

MOMENT = timedelta(microseconds=1)
ROUTES = (examples.route(1, "mcap >= 5"), examples.route(2, "quorum 2"), examples.route(3, "mcap >= 7, liq >= 1"))


def heard(name, at, *channels, **market):
    """An event with calls of its instant."""
    calls = [examples.call(c, at) for c in channels]
    return examples.stamped(examples.heard(name, at=at, calls=calls, **market))


def test_what_was_never_judged_may_be_forgotten():
    assert TokenRecords().is_forgettable(NOON)


def test_a_refusal_may_be_forgotten_after_an_hour():
    records = examples.decided(heard("e1", NOON), ROUTES).records
    assert not records.is_forgettable(NOON + REJECTED_FOR - MOMENT)
    assert records.is_forgettable(NOON + REJECTED_FOR)


def test_a_call_may_be_forgotten_after_a_day():
    records = examples.decided(heard("e1", NOON, "@alpha"), ROUTES[1:]).records
    assert not records.is_forgettable(NOON + CALLS_KEPT_FOR - MOMENT)
    assert records.is_forgettable(NOON + CALLS_KEPT_FOR)


def test_an_acceptance_may_be_forgotten_after_14_days():
    records = examples.decided(heard("e1", NOON, mcap=5), ROUTES).records
    assert not records.is_forgettable(NOON + ACCEPTED_FOR - MOMENT)
    assert records.is_forgettable(NOON + ACCEPTED_FOR)


steps = st.sampled_from((timedelta(minutes=1), REJECTED_FOR, CALLS_KEPT_FOR, ACCEPTED_FOR - REJECTED_FOR / 2))
facts = st.sampled_from(({}, {"mcap": 5}, {"mcap": 7}, {"mcap": 7, "liq": 1}))
stories = st.lists(st.tuples(steps, st.sampled_from(("@alpha", "@beta", None)), facts), min_size=2, max_size=12)


@settings(max_examples=60, deadline=None)
@given(stories)
def test_forgetting_what_may_be_forgotten_changes_no_decision(story):
    kept, thin, at = TokenRecords(), TokenRecords(), NOON
    for number, (step, channel, market) in enumerate(story):
        at += step
        event = heard(f"e{number}", at, *([channel] if channel else []), **market)
        if thin.is_forgettable(at):
            thin = TokenRecords()
        full, less = examples.decided(event, ROUTES, kept), examples.decided(event, ROUTES, thin)
        assert {t.destination: t.routes for t in full.told} == {t.destination: t.routes for t in less.told}
        assert full.evidence == less.evidence
        kept = full.records if full.changed else kept
        thin = less.records if less.changed else thin
