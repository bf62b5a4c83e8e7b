from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenfilter.domain.ids import (
    Chain,
    ChatId,
    Destination,
    InvalidIdError,
    Token,
    base58,
    is_public_key,
    parse_chain,
    parse_channel,
    parse_destination,
    parse_token,
)
from tokenfilter.testing.strategies import channels, hostile_text, tokens

WRAPPED_SOL = "So11111111111111111111111111111111111111112"
HEX = "0xAbCdEf0123456789aBcDeF0123456789ABCDEF01"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def bytes_of(text: str) -> bytes:
    """Read base58 digit by digit, independently of the code under test."""
    number = sum(ALPHABET.index(letter) * 58**place for place, letter in enumerate(reversed(text)))
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


@given(st.binary(max_size=64))
def test_base58_spells_bytes_so_that_they_can_be_read_back(key):
    assert bytes_of(base58(key)) == key


@given(st.binary(max_size=40))
def test_only_32_bytes_are_a_public_key(key):
    assert is_public_key(base58(key)) == (len(key) == 32)


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["0", "O", "I", "l", " ", "é", "1"]), st.integers(0, 43))
def test_a_foreign_letter_or_a_byte_too_many_is_no_public_key(key, letter, place):
    spelt = base58(key)
    broken = spelt[:place] + letter + spelt[place:]
    assert not is_public_key(broken) or bytes_of(broken) != key


@pytest.mark.parametrize("address", [WRAPPED_SOL, "1" * 32, "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"])
def test_known_solana_addresses_are_read_with_their_case_and_without_a_chain(address):
    assert parse_token(f" {address}\n") == Token(Chain.SOLANA, address)


@given(tokens())
def test_a_token_is_read_back_from_its_own_spelling(token):
    assert parse_token(token.address, token.chain.value) == token
    assert str(token) == f"{token.chain.value}:{token.address}"


@given(st.binary(min_size=32, max_size=32))
def test_a_base58_address_is_never_recased(key):
    address = base58(key)
    assert parse_token(address, "SOL").address == address


@pytest.mark.parametrize(("name", "chain"), [("bnb", Chain.BSC), ("ETH", Chain.ETHEREUM), (" base ", Chain.BASE)])
def test_0x_addresses_compare_without_case_on_their_chain(name, chain):
    assert parse_token(HEX, name) == parse_token(HEX.lower(), name) == Token(chain, HEX.lower())


@pytest.mark.parametrize(
    ("address", "chain", "expected"),
    [
        (HEX, None, "needs its chain"),
        (HEX, "solana", "not a Solana address"),
        (HEX, "dogechain", "unknown chain 'dogechain': expected one of solana, bsc, ethereum, base"),
        (HEX[:-1], "bsc", "expected 0x and 40 hex digits on bsc"),
        (WRAPPED_SOL, "eth", "expected 0x and 40 hex digits on ethereum"),
        (WRAPPED_SOL[:-1] + "0", None, "not a token address"),
        ("", None, "not a token address"),
    ],
)
def test_an_address_that_is_none_is_refused_with_what_was_expected(address, chain, expected):
    with pytest.raises(InvalidIdError, match=expected):
        parse_token(address, chain)


@given(st.sampled_from(Chain))
def test_every_chain_is_read_by_its_name_in_any_case(chain):
    assert parse_chain(chain.value.upper()) is chain


@given(channels())
def test_reading_a_channel_again_changes_nothing(channel):
    assert parse_channel(channel) == channel


@pytest.mark.parametrize(
    ("text", "channel"),
    [("Alpha", "@alpha"), (" @ALPHA ", "@alpha"), ("-1001234", "-1001234"), ("1234", "1234"), ("a.b-c_1", "@a.b-c_1")],
)
def test_channels_compare_without_case_and_with_or_without_the_at_sign(text, channel):
    assert parse_channel(text) == channel


@pytest.mark.parametrize("text", ["", "@", "two words", "a" * 65, "<b>", "@@a", "é", "a\n"[:2] + "b"])
def test_what_no_channel_is_called_is_refused(text):
    with pytest.raises(InvalidIdError, match="not a channel name"):
        parse_channel(text)


@given(st.integers(-(2**52) + 1, 2**52 - 1).filter(bool), st.none() | st.integers(1, 2**31))
def test_a_destination_is_read_back_from_its_own_spelling(chat, thread):
    destination = Destination(ChatId(chat), thread)
    assert parse_destination(str(destination)) == destination


@pytest.mark.parametrize(
    "text", ["", "0", "x", "1/", "1/x", "1/0", "1/-1", "4503599627370496", "-4503599627370496", "1/2/3"]
)
def test_what_is_no_chat_or_topic_is_refused(text):
    with pytest.raises(InvalidIdError, match="not a destination"):
        parse_destination(text)


@given(hostile_text(), st.none() | hostile_text())
def test_hostile_text_meets_the_readers_own_error_or_none(text, chain):
    readers = (parse_channel, parse_destination, parse_chain, lambda t: parse_token(t, chain))
    for read in readers:
        with suppress(InvalidIdError):
            assert str(read(text))
