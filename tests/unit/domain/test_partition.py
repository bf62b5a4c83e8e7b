"""Where a token is at home, and which slot a key has in a Redis Cluster."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.partition import PARTITIONS, hash_slot, home, partition_of, share
from tokenfilter.testing import examples
from tokenfilter.testing.strategies import tokens
from tokenfilter.testing.strategies.stored import destinations

CHECK = "123456789"


def crc16(text):
    """CRC16/XMODEM bit by bit: polynomial 0x1021, from 0."""
    crc = 0
    for byte in text.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def test_the_check_value_is_that_of_the_redis_cluster_specification():
    assert partition_of(CHECK, 2**16) == 0x31C3
    assert hash_slot(CHECK) == 0x31C3 % 16_384


@given(st.text(), st.integers(1, 64))
def test_a_partition_is_the_crc_of_the_name_within_their_number(name, partitions):
    assert partition_of(name, partitions) == crc16(name) % partitions
    assert partition_of(name) == crc16(name) % PARTITIONS


@pytest.mark.parametrize(("key", "slot"), [("foo", 12_182), ("bar", 5_061), ("hello", 866), ("", 0)])
def test_a_key_has_the_slot_that_cluster_keyslot_says(key, slot):
    assert hash_slot(key) == slot


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        ("{user1000}.following", "user1000"),
        ("foo{}{bar}", "foo{}{bar}"),
        ("foo{{bar}}zap", "{bar"),
        ("foo{bar}{zap}", "bar"),
        ("foo{bar", "foo{bar"),
        ("foo}bar{zap}", "zap"),
        ("}{", "}{"),
    ],
)
def test_only_what_stands_in_the_first_braces_counts_unless_it_is_nothing(key, hashed):
    assert hash_slot(key) == crc16(hashed) % 16_384


@given(st.text(), st.text(), st.integers(0, PARTITIONS - 1))
def test_the_keys_of_a_partition_share_a_slot(kind, name, partition):
    key = f"{kind.replace('{', '')}:{{{partition}}}:{name}"
    assert hash_slot(key) == hash_slot(f"{{{partition}}}")


def test_no_two_partitions_share_a_slot():
    assert len({hash_slot(f"{{{partition}}}") for partition in range(PARTITIONS)}) == PARTITIONS


@given(tokens(), destinations(), destinations())
def test_what_is_about_a_token_is_at_home_with_the_token_and_all_else_with_the_destination(token, one, other):
    assert home(token, one) == home(token, other) == partition_of(str(token))
    assert home(None, one) == partition_of(str(one))
    assert home(None, one, 7) == partition_of(str(one), 7)


def test_no_partition_is_left_out_and_none_overfull():
    spread = Counter(home(examples.token(n), Destination(ChatId(1))) for n in range(1_600))
    assert len(spread) == PARTITIONS
    assert max(spread.values()) < 150


@given(st.lists(st.text(), unique=True), st.integers(1, 20))
def test_what_is_dealt_out_is_dealt_out_evenly_and_whole(names, places):
    shares = [share(names, place, places) for place in range(places)]
    assert sorted(name for one in shares for name in one) == sorted(names)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
