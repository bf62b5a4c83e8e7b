"""When a person is not told, and why."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.ids import ChannelId, ChatId
from tokenfilter.domain.mute import Withheld, muted, reader_among, withheld
from tokenfilter.domain.notification import FoldReason, Lane, PlaceLost
from tokenfilter.domain.quiet import QuietHours, Told
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


NIGHT = QuietHours(start=11, end=13)  # it is noon
BERT = Subscriber(chat=ChatId(2))
ALERT = replace(examples.alert(1), owners=(1, 2))
NOTICE = replace(ALERT, id="notice", lane=Lane.REPORTS, body=PlaceLost(title="x"))
MONEY = replace(NOTICE, id="money", lane=Lane.MONEY)

wishes = st.builds(
    replace,
    st.sampled_from((ANNE, BERT)),
    standing=st.sampled_from(Standing),
    mutes=st.sampled_from(
        (Mutes(), Mutes(tokens={examples.token(): None}), Mutes(everything_until=NOON + timedelta(hours=1)))
    ),
    quiet=st.sampled_from((None, NIGHT, QuietHours(start=13, end=11))),
    most_per_hour=st.sampled_from((None, 1, 2)),
)


def told_to_anne(number):
    """So many alerts went to Anne's chat within the hour."""
    told = Told()
    for n in range(number):
        told.note(ALERT.destination, f"n{n}", NOON)
    return told


def asked(owners, notification=ALERT, *, number=0, is_held=False):
    """Whose wishes count at noon, so many alerts having been told already."""
    return reader_among(owners, notification, now=NOON, told=told_to_anne(number), is_held=is_held)


@given(st.lists(wishes, max_size=4), st.sampled_from((ALERT, NOTICE, MONEY)), st.integers(0, 3))
def test_one_owner_who_wants_to_hear_is_enough_and_the_first_is_the_reader(owners, notification, number):
    alone = [asked([owner], notification, number=number) for owner in owners]
    wanting = [owner for owner, found in zip(owners, alone, strict=True) if not isinstance(found, Withheld)]
    together = asked(owners, notification, number=number)
    if wanting:
        assert together == wanting[0]
    elif any(reason.is_held for reason in alone):
        assert together.is_held
    else:
        assert together in {*alone, Withheld.REMOVED}


@given(wishes, st.integers(0, 3))
def test_money_reaches_everybody_who_can_be_reached(owner, number):
    reachable = owner.standing is not Standing.UNREACHABLE
    assert asked([owner], MONEY, number=number) == (owner if reachable else Withheld.STOPPED)


@given(wishes, st.integers(0, 3))
def test_a_notice_is_held_back_by_the_clock_and_never_muted_or_capped(owner, number):
    found = asked([owner], NOTICE, number=number)
    if owner.standing is not Standing.ACTIVE:
        assert found is Withheld.STOPPED
    elif owner.mutes.everything_until:
        assert found is Withheld.SNOOZED
    else:
        assert found == (Withheld.QUIET if owner.quiet == NIGHT else owner)


def test_what_never_had_an_owner_is_sent_and_what_nobody_is_left_to_ask_for_is_not():
    assert asked([], replace(ALERT, owners=())) is None
    assert asked([]) is Withheld.REMOVED


def test_quiet_hours_are_those_of_the_owners_own_clock():
    owner = replace(ANNE, quiet=QuietHours(start=20, end=23), zone="Asia/Tokyo")  # noon is nine in the evening there
    assert asked([owner]) is Withheld.QUIET
    assert asked([replace(owner, zone="UTC")]).chat == 1
    assert withheld(owner, ALERT.body, now=NOON) is Withheld.QUIET


def test_a_cap_counts_what_was_told_in_the_hour_that_runs():
    capped = replace(ANNE, most_per_hour=2)
    assert asked([capped], number=1) == capped
    assert asked([capped], number=2) is Withheld.CAPPED
    later = reader_among([capped], ALERT, now=NOON + timedelta(hours=1), told=told_to_anne(2))
    assert later == capped


def test_a_digest_of_what_was_over_the_cap_waits_with_it_only_while_it_is_held():
    capped = replace(ANNE, most_per_hour=2)
    over = replace(digest_of([ALERT], FoldReason.CAPPED, now=NOON), owners=(1,))
    assert asked([capped], over, number=2, is_held=True) is Withheld.CAPPED
    assert asked([capped], over, number=2) == capped
    assert asked([capped], replace(over, body=replace(over.body, reason=FoldReason.QUIET)), number=2, is_held=True)
