"""What numpy's index is built of: arrays that grow, tables in parts, numbers given out again, rows of bits."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenfilter.adapters.numpy.arrays import Crowd, Grown, Numbers, Table, shared
from tokenfilter.adapters.numpy.bits import Ground, is_set, packed, slots_of, truths


@given(st.dictionaries(st.integers(0, 5_000), st.integers(-9, 9), max_size=20))
def test_a_grown_array_keeps_what_was_put(values):
    array = Grown(np.int32)
    for place, value in values.items():
        array.put(place, value)
    assert {place: int(array.values[place]) for place in values} == values


@given(st.lists(st.integers(0, 30)))
def test_a_crowd_holds_what_came_and_did_not_leave_in_order(moves):
    crowd, expected = Crowd(), set()
    for number in moves:
        assert (number in crowd) == (number in expected)
        (crowd.discard if number in expected else crowd.add)(number)
        expected ^= {number}
        assert len(crowd) == len(expected)
        assert not expected or crowd.numbers.tolist() == sorted(expected)


@given(st.lists(st.tuples(st.text(max_size=2), st.none() | st.integers())))
def test_a_table_is_a_dictionary(changes):
    table, expected = Table(), {}
    for key, value in changes:
        if value is None:
            assert table.pop(key) == expected.pop(key, None)
        else:
            table[key] = expected[key] = value
        assert table.get(key) == expected.get(key)
    assert len(table) == len(expected)
    assert set(table) == set(expected)


@given(st.lists(st.booleans(), max_size=50))
def test_a_number_is_never_in_two_hands_and_none_is_left_unused(takes):
    numbers, held = Numbers(), []
    for take in takes:
        if take or not held:
            number = numbers.take()
            assert number not in held
            held.append(number)
        else:
            numbers.give_back(held.pop(0))
        assert numbers.ever >= len(held)
    assert numbers.ever <= len(takes)


def test_equal_numbers_are_one_object():
    assert shared(70_000) is shared(70_000) == 70_000


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 700), st.booleans()), max_size=40), st.booleans())
def test_bits_stay_what_they_were_set_to_however_rows_grow(changes, fill):
    ground = Ground()
    first, expected, others = ground.bits(2, fill=fill), {}, []
    for slot, value in changes:
        ground.reach(slot)
        (first.set if value else first.clear)(slot, 1)
        expected[slot] = value
        others.append(ground.bits(1, fill=not fill))
        others[-1].set(slot)
    held = set(slots_of(first.rows[1, : ground.words].copy()).tolist())
    for slot in range(ground.words * 64):
        assert (slot in held) == expected.get(slot, fill)
    if others and fill:
        assert slots_of(others[-1].rows[0, : ground.words].copy()).tolist() == [changes[-1][0]]


@given(st.frozensets(st.integers(0, 299)), st.frozensets(st.integers(0, 299)))
def test_a_row_more_begins_as_a_copy_or_empty_and_goes_its_own_way(before, after):
    ground = Ground()
    ground.reach(299)
    bits = ground.bits(1, fill=True)
    bits.clear_all(np.array(sorted(before), np.int32), 0)
    bits.insert(0)
    bits.insert(2, like=1)
    bits.clear_all(np.array(sorted(after), np.int32), 2)
    slots = np.arange(300)
    held = [set(slots[~one].tolist()) for one in is_set(list(bits.rows), slots)]
    assert held == [set(), before, before | after]
    bits.remove(1)
    assert [set(slots[~one].tolist()) for one in is_set(list(bits.rows), slots)] == [held[0], held[2]]


@given(st.lists(st.booleans(), min_size=64, max_size=64))
def test_truths_and_bits_are_the_same(slots):
    packs = packed(np.array(slots))
    assert truths(packs).tolist() == slots
    assert slots_of(packs).tolist() == [n for n, one in enumerate(slots) if one]
