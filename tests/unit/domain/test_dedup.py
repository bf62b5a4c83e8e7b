"""What an earlier judgement settles for one destination, on any history of a token (R5-R7)."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.call import merge_calls
from tokenfilter.domain.dedup import (
    ACCEPTED_FOR,
    REJECTED_FOR,
    Accepted,
    Judge,
    Rejected,
    Skip,
    SkipReason,
    after_match,
    after_refusal,
    next_step,
)
from tokenfilter.domain.evidence import gather
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChannelId
from tokenfilter.domain.matching import matches
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

MOMENT = timedelta(microseconds=1)
ALPHA, BETA = ChannelId("@alpha"), ChannelId("@beta")


STEPS = tuple(
    timedelta(seconds=n) for n in (-200, 0, 60, 1_800, 3_599, 3_600, 80_000, 14 * 86_400 - 1_800, 15 * 86_400)
)
FILTERS = tuple(
    map(
        parse_filter,
        ("mcap >= 11", "mcap <= 10 unknown pass", "win >= 50", "quorum 2 in 1h", "mint revoked\nor\nchannel only @c1"),
    )
)
CHANNELS = tuple(ChannelId(f"@c{n}") for n in range(3))

lines = st.tuples(
    st.sampled_from(STEPS),
    st.lists(st.tuples(st.sampled_from(CHANNELS), st.sampled_from((0, 30, 7_200))), max_size=3),
    st.sampled_from((None, 5, 11)),
    st.sampled_from((None, True, False)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(CHANNELS, st.sampled_from((10, 90)))),
)
stories = st.lists(lines, min_size=2, max_size=15)
wishes = st.sampled_from(FILTERS)


def replayed(story, wanted, *, listed=lambda calls: calls):
    """Each event of a token with the record before, the step and the record after, for one destination and filter."""
    record, kept, at, found = None, (), NOON, []
    for step, calls, mcap, mint, wins in story:
        at += step
        event = examples.stamped(
            examples.heard(
                at=at,
                calls=listed([examples.call(c, at - timedelta(seconds=ago)) for c, ago in calls]),
                flags={} if mint is None else {"mint": mint},
                **({} if mcap is None else {"mcap": mcap}),
            )
        )
        kept = merge_calls(kept, event.heard.calls, at=at)
        evidence = gather(event, kept, {c: examples.stats(c, win=win) for c, win in wins.items()})
        before, step_taken = record, next_step(record, evidence)
        if isinstance(step_taken, Judge):
            wants = matches(wanted, evidence, fresh=step_taken.fresh)
            record = (after_match if wants else after_refusal)(record, evidence)
        found.append((evidence, before, step_taken, record))
    return found


def seen(*calls, at=NOON, flags=None, stats=None, **market):
    """Evidence of a token called so."""
    event = examples.stamped(examples.heard(at=at, calls=calls, flags=flags, **market))
    return gather(event, merge_calls((), calls, at=at), {s.channel: s for s in stats or ()})


def refused(evidence):
    """The record of a token refused at first sight."""
    return after_refusal(None, evidence)


@given(stories, wishes)
def test_no_token_is_told_twice_to_one_destination_within_14_days(story, wanted):
    told = [
        after.at
        for _, before, _, after in replayed(story, wanted)
        if isinstance(after, Accepted) and after is not before
    ]
    assert all(later - earlier >= ACCEPTED_FOR for earlier, later in pairwise(told))


@given(stories, wishes, st.randoms(use_true_random=False))
def test_the_order_in_which_calls_are_listed_does_not_matter(story, wanted, random):
    shuffled = replayed(story, wanted, listed=lambda calls: random.sample(calls, len(calls)))
    assert [found[1:] for found in replayed(story, wanted)] == [found[1:] for found in shuffled]


@given(stories, wishes)
def test_an_acceptance_is_never_lost_while_it_lives(story, wanted):
    for evidence, before, step, after in replayed(story, wanted):
        if isinstance(before, Accepted) and evidence.at < before.at + ACCEPTED_FOR:
            assert step == Skip(reason=SkipReason.ALREADY_ACCEPTED)
            assert after == before


@given(stories, wishes)
def test_a_records_time_never_goes_back_while_it_lives(story, wanted):
    for evidence, before, _, after in replayed(story, wanted):
        if before is not None and after is not None and not before.is_over(evidence.at):
            assert after.at >= before.at


@given(stories, wishes)
def test_what_was_judged_and_refused_is_not_judged_again_by_the_same_facts(story, wanted):
    for evidence, _, step, after in replayed(story, wanted):
        if isinstance(step, Judge) and isinstance(after, Rejected) and not after.is_over(evidence.at):
            assert next_step(after, evidence) == Skip(reason=SkipReason.NOTHING_FRESH)


@given(stories, wishes)
def test_fresh_channels_are_among_the_callers_and_are_new_or_called_again_later(story, wanted):
    for evidence, before, step, _ in replayed(story, wanted):
        if isinstance(step, Judge) and step.fresh is not None:
            called_at = {c.channel: c.last_at for c in evidence.calls}
            assert step.fresh <= called_at.keys()
            assert all(c not in before.checked or called_at[c] > before.checked[c] for c in step.fresh)


def test_a_token_never_seen_before_is_judged_with_all_channels():
    assert next_step(None, seen(examples.call())) == Judge(fresh=None)


def test_an_accepted_token_is_skipped_until_exactly_14_days_later():
    record = after_match(None, seen())
    assert next_step(record, seen(at=NOON + ACCEPTED_FOR - MOMENT)) == Skip(reason=SkipReason.ALREADY_ACCEPTED)
    assert next_step(record, seen(at=NOON + ACCEPTED_FOR)) == Judge(fresh=None)


def test_a_refused_token_is_judged_in_full_from_exactly_an_hour_later():
    record = refused(seen(examples.call()))
    assert next_step(record, seen(examples.call(), at=NOON + REJECTED_FOR - MOMENT)) == Skip(
        reason=SkipReason.NOTHING_FRESH
    )
    assert next_step(record, seen(examples.call(), at=NOON + REJECTED_FOR)) == Judge(fresh=None)


def test_only_a_new_channel_is_fresh_after_a_refusal():
    record = refused(seen(examples.call("@alpha")))
    assert next_step(record, seen(examples.call("@alpha"), examples.call("@beta"))) == Judge(fresh=frozenset({BETA}))


def test_a_channel_that_calls_again_later_is_fresh_and_one_told_of_an_earlier_call_is_not():
    record = refused(seen(examples.call("@alpha")))
    again, before = examples.call("@alpha", NOON + MOMENT), examples.call("@alpha", NOON - MOMENT)
    assert next_step(record, seen(again, at=NOON + MOMENT)) == Judge(fresh=frozenset({ALPHA}))
    assert next_step(record, seen(before, at=NOON + MOMENT)) == Skip(reason=SkipReason.NOTHING_FRESH)


def test_each_kind_of_fact_that_becomes_known_lets_everything_be_judged_again():
    call = examples.call()
    record = refused(seen(call, mcap=5))
    for now_known in (
        seen(call, mcap=5, liq=1),
        seen(call, mcap=5, flags={"mint": False}),
        seen(call, mcap=5, stats=[examples.stats(win=0)]),
    ):
        assert next_step(record, now_known) == Judge(fresh=None)


def test_a_fact_that_changes_or_goes_missing_is_no_reason_to_judge_again():
    call = examples.call()
    record = refused(seen(call, mcap=5, liq=1, flags={"mint": True}, stats=[examples.stats(win=60)]))
    for changed in (
        seen(call, mcap=500, liq=9, flags={"mint": False}, stats=[examples.stats(win=10)]),
        seen(call),
    ):
        assert next_step(record, changed) == Skip(reason=SkipReason.NOTHING_FRESH)


def test_statistics_of_a_channel_that_was_not_checked_do_not_count_as_become_known():
    record = refused(seen(examples.call("@alpha"), stats=[examples.stats("@alpha", win=60)]))
    step = next_step(
        record,
        seen(
            examples.call("@alpha"),
            examples.call("@beta"),
            stats=[examples.stats("@alpha", win=60), examples.stats("@beta", win=60)],
        ),
    )
    assert step == Judge(fresh=frozenset({BETA}))


def test_channels_stay_checked_while_refusals_follow_one_another_and_are_forgotten_with_the_record():
    first = refused(seen(examples.call("@alpha")))
    minute = NOON + timedelta(minutes=1)
    second = after_refusal(first, seen(examples.call("@beta", minute), at=minute))
    assert second.checked == {ALPHA: NOON, BETA: minute}
    assert second.at == minute
    late = NOON + timedelta(hours=2)
    assert after_refusal(second, seen(examples.call("@beta", late), at=late)).checked == {BETA: late}


def test_a_late_event_does_not_shorten_the_life_of_a_record():
    record = refused(seen(at=NOON))
    assert after_refusal(record, seen(at=NOON - timedelta(minutes=4))).at == NOON
    assert after_match(record, seen(at=NOON - timedelta(minutes=4))).at == NOON


def test_what_is_missing_at_a_refusal_is_recorded_and_what_is_known_is_not():
    record = refused(seen(examples.call(), mcap=5, flags={"mint": True}, stats=[examples.stats(win=60)]))
    assert {"liq", "flag:lp"} <= record.missing
    assert not {"mcap", "flag:mint"} & record.missing
    assert "win" not in record.missing_stats[ALPHA]
    assert "record" in record.missing_stats[ALPHA]
