"""Who was told is remembered as a dictionary would, whatever takes less room."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.acceptances import Acceptances, key_of
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.testing.examples import NOON

chats = st.integers(-3, 3).filter(bool).map(ChatId)
destinations = st.builds(Destination, chats, st.none() | st.integers(1, 2))
instants = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
told = st.dictionaries(destinations, instants)


@given(told, told, destinations)
def test_it_says_of_everybody_what_the_dictionary_says(plain, other, asked):
    kept = Acceptances(plain)
    assert kept == plain
    assert plain == kept
    assert (kept == Acceptances(other)) == (plain == other)
    assert (kept.get(asked), asked in kept, len(kept)) == (plain.get(asked), asked in plain, len(plain))
    assert list(kept) == list(plain)
    assert kept.earliest() == min(plain.values(), default=None)


@given(told, told)
def test_those_who_are_told_later_are_added_and_what_was_kept_stays_as_it_is(plain, later):
    kept = Acceptances(plain)
    assert kept.with_those({key_of(to): at for to, at in later.items()}) == {**plain, **later}
    assert kept == plain


def test_it_is_made_of_itself_without_being_copied():
    kept = Acceptances({Destination(ChatId(1)): NOON})
    assert Acceptances.of(kept) is kept
