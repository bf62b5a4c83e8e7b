"""As many dedup records are remembered as there is room for, and all that the store lacks."""

import pytest

from tokenfilter.adapters.surviving import remembered_records
from tokenfilter.adapters.surviving.remembered_records import RememberedRecords
from tokenfilter.domain.cohorts import TokenRecords
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.testing import examples
from tokenfilter.testing.examples import NOON

TOKENS = [examples.token(n) for n in range(1, 6)]


def told(number):
    return TokenRecords(accepted={Destination(ChatId(chat)): NOON for chat in range(1, number + 1)})


@pytest.mark.parametrize(("bound", "most"), [("MOST_REMEMBERED", 3), ("MOST_ACCEPTED", 6)])
def test_the_tokens_put_longest_ago_are_given_up_first(monkeypatch, bound, most):
    monkeypatch.setattr(remembered_records, bound, most)
    remembered = RememberedRecords(kept=())
    for token in (*TOKENS, TOKENS[2]):
        remembered.put(token, told(2), 1)
    assert remembered.tokens() == [TOKENS[3], TOKENS[4], TOKENS[2]]


def test_what_is_put_anew_or_dropped_takes_no_room_any_more(monkeypatch):
    monkeypatch.setattr(remembered_records, "MOST_ACCEPTED", 6)
    remembered = RememberedRecords(kept=())
    for number in (5, 4, 1):
        remembered.put(TOKENS[0], told(number), 1)
    remembered.put(TOKENS[1], told(5), 1)
    remembered.drop(TOKENS[1])
    remembered.put(TOKENS[2], told(5), 1)
    assert remembered.tokens() == [TOKENS[0], TOKENS[2]]


def test_what_the_store_lacks_is_kept_and_so_is_what_was_put_last(monkeypatch):
    monkeypatch.setattr(remembered_records, "MOST_ACCEPTED", 1)
    remembered = RememberedRecords(kept=TOKENS[:2])
    for token in TOKENS:
        remembered.put(token, told(2), 1)
    assert remembered.tokens() == [*TOKENS[:2], TOKENS[4]]
