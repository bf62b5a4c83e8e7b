"""A log of settings says every change and nothing else."""

from dataclasses import replace

from hypothesis import given

from tokenfilter.domain.differences import Difference, differences
from tokenfilter.domain.filter_text import parse_filter
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Standing, Subscriber, with_changed, with_filter, without_filter
from tokenfilter.testing.strategies.stored import subscribers

ANNE = with_filter(Subscriber(chat=ChatId(1)), "Cheap", parse_filter("mcap <= 50k"))
CHEAP = "Cheap to 1: mcap <= 50k"


@given(subscribers())
def test_what_stays_the_same_is_not_told(subscriber):
    assert not list(differences(subscriber, replace(subscriber, version=subscriber.version + 1)))


@given(subscribers(), subscribers())
def test_what_is_told_backwards_is_told_with_before_and_after_exchanged(one, other):
    there = {(d.what, d.before, d.after) for d in differences(one, other)}
    assert {(d.what, d.after, d.before) for d in differences(other, one)} == there


def test_a_filter_is_told_as_text_when_it_comes_changes_and_goes():
    empty, name = Subscriber(chat=ChatId(1)), "filter 1.1"
    paused = with_changed(ANNE, replace(ANNE.filters[0], paused=True))
    gone = without_filter(ANNE, ANNE.filters[0].id)
    assert list(differences(empty, ANNE)) == [Difference(what=name, before=None, after=CHEAP)]
    told = list(differences(ANNE, paused))
    assert told == [Difference(what=name, before=CHEAP, after=CHEAP.replace("Cheap", "Cheap (paused)"))]
    assert list(differences(ANNE, gone)) == [Difference(what=name, before=CHEAP, after=None)]


def test_other_settings_are_told_by_their_names():
    after = replace(ANNE, standing=Standing.STOPPED, zone="Asia/Tokyo")
    assert {(d.what, d.before, d.after) for d in differences(ANNE, after)} == {
        ("standing", "active", "stopped"),
        ("zone", "UTC", "Asia/Tokyo"),
    }
