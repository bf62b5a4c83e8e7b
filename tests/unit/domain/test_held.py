"""What is held back is there until it is let go, and never too much of it one by one."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.held import FOLDED_FOR, Held
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.mute import Withheld
from tokenfilter.domain.notification import PlaceLost
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

PLAIN = examples.alert()
PLACES = (Destination(ChatId(1)), Destination(ChatId(-1)), Destination(ChatId(-1), 7))


def alert(number, to=PLACES[0]):
    """An alert that its number names."""
    return replace(PLAIN, id=f"n{number}", destination=to)


deeds = st.lists(
    st.tuples(st.sampled_from(("keep", "let go", "drop", "next")), st.sampled_from(PLACES), st.integers(0, 9)),
    max_size=60,
)


@settings(max_examples=80)
@given(deeds)
def test_what_is_held_is_what_was_kept_and_not_yet_let_go(story):
    held, model = Held(), {}
    for deed, place, number in story:
        match deed:
            case "keep":
                held.keep(alert(number, place), Withheld.QUIET)
                model[place, f"n{number}"] = None
            case "let go":
                held.let_go([alert(number, place)])
                model.pop((place, f"n{number}"), None)
            case "drop":
                dropped = held.drop(place.chat)
                assert {(n.destination, n.id) for n in dropped} == {k for k in model if k[0].chat == place.chat}
                model = {k: None for k in model if k[0].chat != place.chat}
            case _:
                held.next(number)
        assert len(held) == len(model)
    for place in PLACES:
        assert [k.notification.id for k in held.at(place)] == [name for at, name in model if at == place]


@given(st.integers(1, 50), st.integers(1, 20))
def test_every_place_is_looked_at_before_any_is_looked_at_again(places, most):
    held = Held()
    for chat in range(1, places + 1):
        held.keep(alert(chat, Destination(ChatId(chat))), Withheld.SNOOZED)
    seen = []
    while len(seen) < places:
        seen += held.next(most)
    assert len(set(seen[:places])) == places


def test_the_reason_is_that_of_the_last_look():
    held = Held()
    held.keep(alert(1), Withheld.CAPPED)
    held.keep(alert(1), Withheld.QUIET)
    assert [k.reason for k in held.at(PLACES[0])] == [Withheld.QUIET]


def test_a_place_is_crowded_by_one_more_than_may_wait_for_it_and_notices_do_not_count():
    held = Held(for_one=3)
    for number in range(3):
        held.keep(alert(number), Withheld.QUIET)
        held.keep(replace(alert(f"notice {number}"), body=PlaceLost(title="x")), Withheld.QUIET)
    assert held.crowded(PLACES[0]) == ()
    held.keep(alert(3), Withheld.QUIET)
    assert held.crowded(PLACES[0]) == tuple(alert(n) for n in range(4))


def test_once_much_is_held_in_all_no_alert_is_held_alone_and_a_digest_is():
    held = Held(for_one=20, in_all=10)
    for chat in range(1, 10):
        held.keep(alert(chat, Destination(ChatId(chat))), Withheld.QUIET)
    assert held.crowded(PLACES[0]) == ()
    held.keep(alert("tenth", PLACES[-1]), Withheld.QUIET)
    alone = held.crowded(PLACES[-1])
    assert [n.id for n in alone] == [alert("tenth").id]
    held.let_go(alone)
    held.keep(digest_of(alone, FOLDED_FOR[Withheld.QUIET], now=NOON), Withheld.QUIET)
    assert held.crowded(PLACES[-1]) == ()
    held.keep(alert("eleventh", PLACES[-1]), Withheld.QUIET)
    assert len(held.crowded(PLACES[-1])) == 2


def test_held_digests_leave_room_for_alerts_on_their_own():
    held = Held(for_one=20, in_all=3)
    for chat in range(1, 9):
        there = Destination(ChatId(chat))
        held.keep(digest_of([alert(chat, there)], FOLDED_FOR[Withheld.QUIET], now=NOON), Withheld.QUIET)
    held.keep(alert("first", PLACES[0]), Withheld.QUIET)
    assert held.crowded(PLACES[0]) == ()


def test_everything_that_is_held_has_words_for_its_digest():
    assert set(FOLDED_FOR) == {reason for reason in Withheld if reason.is_held}
