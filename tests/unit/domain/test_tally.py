"""The tally: what was told is told, what is missing is lost, what is there twice is doubled, and nothing else."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokenfilter.domain.dedup import ACCEPTED_FOR
from tokenfilter.domain.history import DeliveryOutcome, DeliverySettled
from tokenfilter.domain.ids import Chain, ChatId, Destination, parse_token
from tokenfilter.domain.notification import alert_id
from tokenfilter.domain.tally import GRACE, SETTLING, CardShown, Claim, DigestShown, Patience, Shown, tally
from tokenfilter.testing.examples import NOON, token

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
USEFUL_FOR = 10 * MINUTE
SOON, LATER = NOON + 10 * MINUTE, NOON + 60 * MINUTE
ADA, BEN = Destination(ChatId(710001001)), Destination(ChatId(710001002))
SENT, FOLDED = DeliveryOutcome.SENT, DeliveryOutcome.IN_DIGEST
NEVER_TOLD = (DeliveryOutcome.MUTED, DeliveryOutcome.GONE, DeliveryOutcome.REFUSED)


def claim(number, destination=ADA, at=NOON):
    return Claim(token=token(number), destination=destination, at=at)


def end(of, outcome, at):
    """How an alert ended."""
    name = alert_id(of.token, of.destination)
    return DeliverySettled(notification=name, token=of.token, destination=of.destination, outcome=outcome, at=at)


def digest_end(first, number, outcome, at):
    """How a digest ended."""
    name = f"digest:{alert_id(first.token, first.destination)}:{number}"
    return DeliverySettled(notification=name, token=None, destination=first.destination, outcome=outcome, at=at)


def card(of, at):
    return CardShown(address=of.token.address, destination=of.destination, at=at)


class Past:
    """What a sender without a fault did with some alerts."""

    def __init__(self, fates):
        self.claims, self.ends, self.cards, self.digests = [], [], [], []
        self.fates = Counter(fate for _, fate, _ in fates)
        folded, doomed = {}, {}
        for number, (destination, fate, after) in enumerate(fates, start=1):
            owed = claim(number, destination, NOON + after)
            ended = owed.at + MINUTE
            self.claims.append(owed)
            if fate == "card":
                self.cards.append(card(owed, ended))
                self.ends.append(end(owed, SENT, ended))
            elif fate in NEVER_TOLD:
                self.ends.append(end(owed, fate, ended))
            elif fate != "waiting":
                self.ends.append(end(owed, FOLDED, ended))
                {"digest": folded, "no digest": doomed}.get(fate, {}).setdefault(destination, []).append(owed)
        for number, (destination, owed) in enumerate(folded.items()):
            at = max(c.at for c in owed) + 2 * MINUTE
            self.digests.append(DigestShown(alerts=len(owed), destination=destination, at=at, mark=str(number)))
            self.ends.append(digest_end(owed[0], len(owed), SENT, at))
        for owed in doomed.values():
            self.ends.append(digest_end(owed[0], len(owed), DeliveryOutcome.GONE, SOON))

    def tally(self, now=SOON, **more):
        shown = Shown(cards=sorted(self.cards, key=when), digests=sorted(self.digests, key=when))
        return tally(self.claims, self.ends, shown, Patience(now=now, useful_for=USEFUL_FOR, **more))


def when(told):
    return told.at


def pasts(*fates, min_size=0):
    seconds = st.timedeltas(0 * SECOND, 5 * MINUTE)
    one = st.tuples(st.sampled_from([ADA, BEN]), st.sampled_from(fates), seconds)
    return st.lists(one, min_size=min_size, max_size=12).map(Past)


EVERY_FATE = ("card", "digest", "digest waiting", "no digest", "waiting", *NEVER_TOLD)
ENDED = ("card", "digest", *NEVER_TOLD)


@given(pasts("card", "digest", "waiting", *NEVER_TOLD))
def test_of_a_sender_without_a_fault_each_alert_is_in_the_state_it_is_in(past):
    found = past.tally()
    assert found.told == past.fates["card"] + past.fates["digest"]
    assert found.waiting == past.fates["waiting"]
    assert found.withheld == sum(past.fates[fate] for fate in NEVER_TOLD)
    assert (found.lost, found.doubled) == ((), 0)


@given(pasts(*EVERY_FATE), st.randoms(use_true_random=False))
def test_every_alert_is_owed_once_and_in_one_state_whatever_the_order(past, random: Random):
    found = past.tally()
    assert found.owed == len(past.claims)
    assert (found.lost, found.doubled) == ((), 0)
    random.shuffle(past.claims)
    random.shuffle(past.ends)
    assert past.tally() == found


@given(pasts("card", *ENDED, min_size=1), st.data())
def test_a_card_that_is_missing_is_the_one_that_is_lost(past, data):
    assume(past.cards)
    gone = data.draw(st.sampled_from(past.cards))
    before = past.tally(LATER)
    past.cards.remove(gone)
    found = past.tally(LATER)
    assert [(c.token.address, c.destination) for c in found.lost] == [(gone.address, gone.destination)]
    assert (found.told, found.doubled, found.owed) == (before.told - 1, 0, before.owed)


@given(pasts("digest", *ENDED, min_size=1), st.data())
def test_with_a_digest_that_is_missing_what_it_counted_is_lost(past, data):
    assume(past.digests)
    gone = data.draw(st.sampled_from(past.digests))
    past.digests.remove(gone)
    found = past.tally(LATER)
    assert len(found.lost) == gone.alerts
    assert {c.destination for c in found.lost} == {gone.destination}
    assert past.tally(SOON).waiting == gone.alerts


@given(pasts("card", *ENDED, min_size=1), st.data(), st.timedeltas(0 * SECOND, 13 * DAY))
def test_a_card_that_comes_again_within_the_days_is_doubled(past, data, after):
    assume(past.cards)
    again = data.draw(st.sampled_from(past.cards))
    before = past.tally(LATER)
    past.cards.append(replace(again, at=again.at + after))
    assert past.tally(LATER) == replace(before, doubled=1)


@given(pasts("digest", *ENDED, min_size=1), st.data())
def test_a_digest_that_comes_again_doubles_what_it_counts(past, data):
    assume(past.digests)
    again = data.draw(st.sampled_from(past.digests))
    before = past.tally(LATER)
    past.digests.append(replace(again, at=again.at + MINUTE))
    assert past.tally(LATER) == replace(before, doubled=again.alerts)


def test_what_a_card_and_a_digest_tell_is_doubled():
    past = Past([(ADA, "digest", MINUTE)])
    past.cards.append(card(past.claims[0], NOON + MINUTE))
    assert (past.tally().told, past.tally().doubled) == (1, 1)


@given(pasts(*EVERY_FATE), st.timedeltas(0 * SECOND, 2 * DAY))
def test_time_alone_turns_waiting_into_lost_and_nothing_else(past, after):
    before, found = past.tally(), past.tally(SOON + after)
    assert (found.told, found.withheld, found.doubled) == (before.told, before.withheld, before.doubled)
    assert set(before.lost) <= set(found.lost)
    assert past.tally(SOON + after, resting={ADA, BEN}).lost == before.lost


@pytest.mark.parametrize(("fate", "most"), [("waiting", USEFUL_FOR + GRACE), ("digest waiting", MINUTE + GRACE)])
def test_what_neither_came_nor_ended_is_waited_for_up_to_its_time(fate, most):
    past = Past([(ADA, fate, 0 * SECOND)])
    assert past.tally(NOON + most).waiting == 1
    assert past.tally(NOON + most + SECOND).lost == tuple(past.claims)
    assert past.tally(NOON + DAY, resting={ADA}).waiting == 1
    assert past.tally(NOON + DAY, resting={BEN}).lost == tuple(past.claims)


@given(pasts("waiting", "digest waiting", "card"), st.timedeltas(0 * SECOND, 8 * MINUTE))
def test_once_nothing_is_owed_any_more_what_has_not_come_is_lost(past, after):
    empty_at = NOON + after
    found = past.tally(SOON, empty_at=empty_at)
    assert all(c.at < empty_at for c in found.lost)
    assert found.told == past.fates["card"]
    assert past.tally(empty_at + SETTLING - SECOND, empty_at=empty_at).lost == ()
    everything = past.tally(SOON, empty_at=SOON - SETTLING)
    assert len(everything.lost) == past.fates["waiting"] + past.fates["digest waiting"]
    assert past.tally(SOON, empty_at=SOON - SETTLING, resting={ADA, BEN}) == everything


def test_sent_but_not_confirmed_is_told_where_it_is_shown_and_lost_where_not():
    past = Past([])
    past.claims = [claim(1), claim(2)]
    past.ends = [end(c, DeliveryOutcome.IN_DOUBT, NOON + SECOND) for c in past.claims]
    past.cards = [card(past.claims[0], NOON + SECOND)]
    assert (past.tally().told, past.tally().lost) == (1, (past.claims[1],))


def test_fourteen_days_later_it_is_another_alert():
    past = Past([(ADA, "card", 0 * SECOND)])
    again = replace(past.claims[0], at=NOON + ACCEPTED_FOR)
    past.claims.append(again)
    assert (past.tally(again.at).told, past.tally(again.at).waiting) == (1, 1)
    past.cards.append(card(again, again.at + SECOND))
    found = past.tally(again.at + MINUTE)
    assert (found.owed, found.told, found.doubled) == (2, 2, 0)


def test_a_claim_that_is_told_of_twice_is_one():
    past = Past([(ADA, "card", 0 * SECOND)])
    past.claims.append(replace(past.claims[0], at=NOON + MINUTE))
    assert (past.tally().owed, past.tally().told) == (1, 1)


def test_one_address_on_two_chains_is_two_alerts():
    address = "0x" + "ab" * 20
    tokens = [parse_token(address, chain) for chain in (Chain.BSC, Chain.BASE)]
    past = Past([])
    past.claims = [Claim(token=t, destination=ADA, at=NOON) for t in tokens]
    past.cards = [card(c, NOON + SECOND) for c in past.claims]
    assert (past.tally().told, past.tally().doubled) == (2, 0)


def test_a_digest_counts_nothing_that_came_after_it():
    past = Past([(ADA, "digest waiting", 5 * MINUTE)])
    past.digests = [DigestShown(alerts=9, destination=ADA, at=NOON - MINUTE, mark="of the day before")]
    assert (past.tally().told, past.tally().waiting) == (0, 1)


def test_what_may_have_been_forgotten_is_not_asked_for():
    claims = [claim(1, at=NOON), claim(2, at=NOON + MINUTE)]
    found = tally(claims, [], Shown(complete_from=NOON), Patience(now=LATER, useful_for=USEFUL_FOR))
    assert found.lost == (claims[1],)
