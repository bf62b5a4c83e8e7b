"""When a person is not told, and why."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.ids import ChannelId, ChatId
from tokenfilter.domain.mute import Withheld, muted, withheld
from tokenfilter.domain.subscriber import Mutes, Standing, Subscriber
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

ALPHA, BETA = ChannelId("@alpha"), ChannelId("@beta")
MOMENT = timedelta(microseconds=1)
ANNE = Subscriber(chat=ChatId(1))


def alert(*channels):
    """An alert about a token that these channels called."""
    said = examples.heard(calls=[examples.call(c) for c in channels])
    return examples.alert(about=examples.stamped(said)).body


def test_without_mutes_everything_is_told():
    assert withheld(ANNE, alert(ALPHA), now=NOON) is None


def test_who_is_not_active_is_told_nothing():
    for standing in (Standing.STOPPED, Standing.UNREACHABLE):
        assert withheld(replace(ANNE, standing=standing), alert(ALPHA), now=NOON) is Withheld.STOPPED


def test_a_muted_token_is_withheld_and_no_other():
    mutes = Mutes(tokens={examples.token(1): None, examples.token(2): None})
    assert muted(mutes, alert(ALPHA), now=NOON) is Withheld.TOKEN
    assert muted(Mutes(tokens={examples.token(2): None}), alert(ALPHA), now=NOON) is None


def test_a_token_is_withheld_only_if_every_channel_that_called_it_is_muted():
    mutes = Mutes(channels={ALPHA: None})
    assert muted(mutes, alert(ALPHA), now=NOON) is Withheld.CHANNEL
    assert muted(mutes, alert(ALPHA, BETA), now=NOON) is None
    assert muted(Mutes(channels={ALPHA: None, BETA: None}), alert(ALPHA, BETA), now=NOON) is Withheld.CHANNEL


def test_a_token_nobody_called_is_covered_by_no_channel():
    assert muted(Mutes(channels={ALPHA: None}), alert(), now=NOON) is None


@given(st.sampled_from(["token", "channel", "everything"]), st.integers(-2, 2))
def test_a_mute_holds_until_its_instant_and_not_at_it(kind, moments):
    until = NOON + moments * MOMENT
    mutes = {
        "token": Mutes(tokens={examples.token(): until}),
        "channel": Mutes(channels={ALPHA: until}),
        "everything": Mutes(everything_until=until),
    }[kind]
    found = muted(mutes, alert(ALPHA), now=NOON)
    assert (found is not None) == (moments > 0)


def test_a_snooze_is_the_reason_only_if_no_lasting_mute_covers_the_alert():
    until = NOON + timedelta(hours=1)
    assert withheld(replace(ANNE, mutes=Mutes(everything_until=until)), alert(ALPHA), now=NOON) is Withheld.SNOOZED
    both = Mutes(tokens={examples.token(): None}, everything_until=until)
    assert muted(both, alert(ALPHA), now=NOON) is Withheld.TOKEN
