from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.call import CALLS_KEPT_FOR, Call, merge_calls
from tokenfilter.domain.ids import ChannelId
from tokenfilter.testing.strategies import calls
from tokenfilter.testing.strategies.names import EPOCH

AT = EPOCH + timedelta(days=10)
SECOND = timedelta(seconds=1)
channels = st.sampled_from(["@alpha", "@beta", "@gamma"]).map(ChannelId)
heard = st.lists(channels.flatmap(lambda channel: calls(channel=channel, at=AT)), max_size=8)


def call(channel="@alpha", *, ago=timedelta(0), mcap=None, fdv=None, url=None):
    return Call(channel=ChannelId(channel), called_at=AT - ago, market_cap_usd=mcap, fdv_usd=fdv, message_url=url)


@given(heard, st.randoms(use_true_random=False))
def test_the_order_in_which_calls_are_heard_does_not_matter(told, random):
    shuffled = random.sample(told, len(told))
    assert merge_calls((), told, at=AT) == merge_calls((), shuffled, at=AT)


@given(heard, st.integers(0, 8))
def test_the_grouping_in_which_calls_are_heard_does_not_matter(told, cut):
    step_by_step = merge_calls(merge_calls((), told[:cut], at=AT), told[cut:], at=AT)
    assert step_by_step == merge_calls((), told, at=AT)


@given(heard, heard)
def test_hearing_again_what_is_kept_changes_nothing(told, again):
    kept = merge_calls((), told + again, at=AT)
    assert merge_calls(kept, told, at=AT) == kept


@given(heard)
def test_each_channel_that_called_within_24_hours_stays_once_with_its_first_and_last_call(told):
    counting = [c for c in told if c.called_at + CALLS_KEPT_FOR > AT]
    kept = merge_calls((), told, at=AT)
    assert sorted(k.channel for k in kept) == sorted({c.channel for c in counting})
    for k in kept:
        times = [c.called_at for c in counting if c.channel == k.channel]
        assert (k.first.called_at, k.last_at) == (min(times), max(times))
    assert [k.first.called_at for k in kept] == sorted(k.first.called_at for k in kept)


@given(heard, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_kept_channel_leaves_24_hours_after_its_latest_call_to_the_instant(told, later):
    kept = merge_calls((), told, at=AT)
    still = merge_calls(kept, (), at=AT + later)
    assert still == tuple(k for k in kept if AT + later < k.last_at + CALLS_KEPT_FOR)


def test_a_call_counts_until_just_before_24_hours_have_passed():
    assert merge_calls((), [call(ago=CALLS_KEPT_FOR - SECOND)], at=AT)
    assert not merge_calls((), [call(ago=CALLS_KEPT_FOR)], at=AT)


def test_a_channel_that_calls_again_keeps_the_size_of_its_first_call():
    first, again = call(ago=timedelta(hours=2), mcap=Decimal(1000)), call(mcap=Decimal(9000))
    (kept,) = merge_calls(merge_calls((), [first], at=first.called_at), [again], at=AT)
    assert (kept.first, kept.last_at) == (first, again.called_at)


def test_a_call_of_the_future_counts_as_made():
    assert merge_calls((), [call(ago=-timedelta(minutes=3))], at=AT)


@given(st.permutations(["nothing", "url", "cap", "more"]))
def test_of_two_spellings_of_one_call_the_one_that_says_more_is_kept(order):
    spellings = {
        "nothing": call(),
        "url": call(url="https://t.me/alpha/1"),
        "cap": call(mcap=Decimal("0.5"), url="https://t.me/alpha/1"),
        "more": call(mcap=Decimal(1), fdv=Decimal(5), url="https://t.me/alpha/1"),
    }
    (kept,) = merge_calls((), [spellings[name] for name in order], at=AT)
    assert kept.first == spellings["more"]


@given(calls(at=AT), calls(at=AT))
def test_two_spellings_at_one_instant_never_depend_on_their_order(one, other):
    other = replace(other, channel=one.channel, called_at=one.called_at)
    assert merge_calls((), [one, other], at=AT) == merge_calls((), [other, one], at=AT)
