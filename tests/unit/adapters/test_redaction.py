"""No secret leaves, whatever stands around it and however it is spelled."""

import json
import re
import string
from html import escape
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tokenfilter.adapters.system.redaction import Redactor, without_addresses

WORD = string.ascii_letters + string.digits
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

around = st.text(max_size=60)
secrets = st.text(WORD + "!\"#$%&'()*+,-./:;<=>?@\\^_`{|}~ äß€😀\n\t", min_size=6, max_size=60)
bot_tokens = st.builds(
    lambda number, letters: f"{number}:{letters}",
    st.integers(100_000, 10**12 - 1),
    st.text(WORD + "_-", min_size=30, max_size=50),
)
keys = st.text(WORD + "-_.+/=~", min_size=8, max_size=64)

SPELLINGS = [
    str,
    quote,
    quote_plus,
    lambda text: quote(text, safe=""),
    lambda text: quote(quote(text, safe=""), safe=""),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(json.dumps(text))[1:-1],
    lambda text: repr(text)[1:-1],
    lambda text: repr(text.encode())[2:-1],
    lambda text: json.dumps(repr(text))[1:-1],
    escape,
    lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
]


def shown(line, *known):
    """What is left of a line."""
    return Redactor(known)(line)


@given(around, secrets, around, st.sampled_from(SPELLINGS))
@example("", "a" * 6, "", str)
@example("x", 'pass"word\\', "'", repr)
@example("x", "0000\n0", "", json.dumps)
def test_a_known_secret_is_hidden_in_every_spelling(before, secret, after, spell):
    assume(len(secret.strip()) >= 6)
    spelled = spell(secret)
    assume(spelled not in before and spelled not in after)
    assert spelled not in shown(f"{before}<{spelled}>{after}", secret)


@given(around, st.text(WORD, min_size=16, max_size=60), around, st.data())
def test_what_was_cut_off_shows_no_15_characters_in_a_row(before, secret, after, data):
    start = data.draw(st.integers(0, len(secret)))
    end = data.draw(st.integers(start, len(secret)))
    left = shown(f"{before} {secret[start:end]}… {after}", secret)
    assert not any(secret[n : n + 15] in left for n in range(len(secret) - 14))


@given(around, bot_tokens, st.sampled_from(["", " ", "/getMe", "'", '"', ",", "\n"]), around)
@example("https://api.telegram.org/bot", "123456:" + "A" * 35, "/getMe", "")
@example("99999999999", "123456:" + "A" * 35, "", "")
def test_a_bot_token_is_hidden_wherever_it_stands(before, token, between, after):
    assume(not any(token.split(":")[1] in part for part in (before, after)))
    for spelled in (token, quote(token, safe="")):
        assert token.split(":")[1] not in shown(before + spelled + between + after)


schemes = st.sampled_from(["redis", "rediss", "postgresql+asyncpg", "https"])


@given(around, schemes, st.text(WORD, max_size=9), keys)
def test_a_password_in_a_url_is_hidden_and_the_rest_is_not(before, scheme, user, password):
    password = password.replace("/", "@")
    left = shown(f"{before} {scheme}://{user}:{password}@host.example:6379/0 refused")
    assert left.endswith(f"://{user}:[secret]@host.example:6379/0 refused")


@pytest.mark.parametrize("line", ["https://host:8080/x", "https://t.me/@alpha", "redis://host:6379/0", "at 12:03:05"])
def test_an_address_without_a_password_stays(line):
    assert shown(line) == line


BEARERS = ["Bearer {}", "bearer {}", "authorization: Bearer {}", "[(b'authorization', b'Bearer {}')]"]


@given(keys, st.sampled_from(BEARERS))
def test_a_bearer_token_is_hidden(token, written):
    assume(token not in written)
    left = shown(f"sent {written.format(token)} to them")
    assert token not in left
    assert "[secret]" in left


NAMES = ["api_key", "api-key", "apikey", "X-API-KEY", "IPN_SECRET", "secret", "password", "bot_token", "private_key"]
WRITTEN = [
    "{}={}",
    "?{}={}&x=1",
    "{}: {}",
    "{}%3D{}",
    '"{}": "{}"',
    "'{}': '{}'",
    "(b'{}', b'{}')",
    '{{\\"{}\\": \\"{}\\"}}',
]


@given(st.sampled_from(NAMES), st.sampled_from(WRITTEN), keys)
def test_a_value_is_hidden_by_its_name(name, written, value):
    assume(value not in name)
    left = shown(f"before {written.format(name, value)} after")
    assert value not in left
    assert left.startswith("before ")
    assert left.endswith(" after")


@given(st.text(BASE58, min_size=8, max_size=40))
def test_the_dashboards_token_is_hidden_in_its_address(value):
    assert value not in shown(f"GET /dashboard.json?token={value} HTTP/1.1")


@pytest.mark.parametrize(
    "line",
    [
        "token=solana:6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN",
        "id=alert:solana:6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN:-1002001",
        "tokenfilter:processed_token:{3}:solana:6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN:accepted",
        '{"timestamp": "2026-03-02T12:00:00.000000Z", "level": "info", "event": "state", "what": "redis"}',
        "the basic plan, passed on to 12 people",
    ],
)
def test_what_is_no_secret_stays(line):
    assert shown(line, "no-such-secret") == line


def test_of_a_known_url_only_the_password_is_secret():
    redactor = Redactor(["postgresql://tokenfilter:hunter%402hunter@db.example/tokenfilter"])
    assert redactor("tokenfilter at db.example with hunter%402hunter") == "tokenfilter at db.example with [secret]"
    assert redactor("hunter@2hunter") == "[secret]"


def test_what_is_shorter_than_a_word_hides_no_words():
    assert shown("a cab", "a", "", "ab") == "a cab"


def test_a_very_long_line_takes_no_longer_than_its_length_asks_for():
    for piece in ("1", "a-", "://a:", "secret", 'password="', "\\", "Bearer ", "0x", "%3A", "abcdefgh"):
        assert shown(piece * (100_000 // len(piece)), "abcdefghijklmnopqrstuvwxyz")


@given(around, st.text(BASE58, min_size=43, max_size=44), around)
def test_a_wallets_address_is_hidden(before, address, after):
    assume(address not in before and address not in after)
    assert address not in without_addresses(f"{before} {address} {after}")


@pytest.mark.parametrize("address", ["0x" + "aB3" * 13 + "f", "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"])
def test_addresses_of_other_chains_are_hidden_too(address):
    assert without_addresses(f"from={address}, to=x") == "from=[address], to=x"


@pytest.mark.parametrize(
    "kept", ["5" * 88, "4h" * 43, "0x" + "a1" * 32, "9f8b2c7d1e3a4b5c6d7e8f9a1b2c3d4e", "5077125051", "pay:solana:1"]
)
def test_the_id_of_a_payment_stays(kept):
    assert without_addresses(f"id={kept} settled") == f"id={kept} settled"


def test_what_is_hidden_twice_is_hidden():
    assert unquote(shown(shown("redis://:pw@h?api_key=abc", "pw-long"))) == "redis://:[secret]@h?api_key=[secret]"
