"""The ledger: what each call did, and what alerts its message tells, whatever a token calls itself."""

from collections import deque
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.adapters.kept_sandbox import ADA, NOW, Telegram

from tokenfilter.adapters.sandbox import ledger
from tokenfilter.adapters.sandbox.formatted_text import format_text
from tokenfilter.adapters.sandbox.telling import Telling, telling, token_addresses
from tokenfilter.adapters.telegram.card import card
from tokenfilter.adapters.telegram.digest import digest
from tokenfilter.domain.notification import CallAlert, Digest, FoldReason
from tokenfilter.testing.examples import NOON
from tokenfilter.testing.strategies import evidence, hostile_text, tokens

CHANNEL = -1002002
ALERTS = st.builds(CallAlert, evidence=evidence(), filters=st.lists(hostile_text(), min_size=1, max_size=2).map(tuple))


def shown(html) -> str:
    """The text a chat shows of it."""
    return format_text(html.markup, parse_mode="HTML").text


@given(ALERTS)
def test_a_card_tells_one_alert_of_its_own_token(alert) -> None:
    told = telling(shown(card(alert, now=alert.evidence.at + timedelta(seconds=1), zone="UTC")))
    assert told == Telling(addresses=(alert.token.address,), tells="card", alerts=1)


@given(ALERTS, st.integers(min_value=1, max_value=40), st.sampled_from(FoldReason))
def test_a_digest_tells_as_many_alerts_as_it_counts(alert, number, reason) -> None:
    told = Digest(alerts=(alert,) * number, reason=reason)
    read = telling(shown(digest(told, now=alert.evidence.at, zone="UTC")))
    assert (read.tells, read.alerts) == ("digest", number)
    again = telling(shown(digest(told, now=alert.evidence.at, zone="UTC")))
    other = telling(shown(digest(replace(told, alerts=(alert,) * (number + 1)), now=alert.evidence.at, zone="UTC")))
    assert read.mark == again.mark != other.mark


@given(st.lists(tokens(), max_size=5), st.text("1z 0x.,\n", max_size=3))
def test_addresses_are_found_in_any_text_each_once(named, between) -> None:
    found = token_addresses(f" {between} ".join(token.address for token in named))
    assert found == tuple(dict.fromkeys(token.address for token in named))


@given(tokens())
def test_what_merely_contains_an_address_is_none(token) -> None:
    assert token_addresses(f"0{token.address} {token.address}0") == ()


def test_other_words_tell_nothing() -> None:
    for text in (
        "",
        "❓ JANITOR · Solana",
        "🎯",
        "🎯 matched filter",
        "2 alerts",
        "You have 2 alerts in one message: x",
    ):
        assert telling(text) == Telling()
    assert telling("x" * 40 + f"\n{NOON}").addresses == ()


@pytest.fixture
async def telegram():
    telegram = Telegram(None)
    async with telegram.http:
        yield telegram
        telegram.sandbox.close()


async def test_the_ledger_tells_which_message_a_call_made_and_what_it_tells(telegram) -> None:
    await telegram.person(f"people/{ADA}/messages", chat_id=ADA, text="x")
    address, upper = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN", f"0x{'AB' * 20}"
    card = {"text": f"🎯 <code>{upper}</code> matched\n<code>{address}</code>", "parse_mode": "HTML"}
    sent = (await telegram.bot("sendMessage", chat_id=str(ADA), **card))["result"]
    await telegram.bot("editMessageText", chat_id=ADA, message_id=sent["message_id"], text=f"{upper} and {address}!")
    await telegram.bot("sendMessage", chat_id="@alpha_calls", text="1,200 alerts in one message: too many at once.")
    told = [call for call in (await telegram.get("/api/ledger"))["calls"] if call["ok"]]
    assert [(c["chat_id"], c["message_id"], c["addresses"], c["tells"], c["alerts"]) for c in told] == [
        (ADA, sent["message_id"], [address], "card", 1),
        (ADA, sent["message_id"], [upper.lower(), address], None, 0),
        (CHANNEL, 1, [], "digest", 1200),
    ]
    shown = telegram.sandbox.shown()
    assert [(card.address, card.destination.chat) for card in shown.cards] == [(address, ADA)]
    assert [(digest.alerts, digest.destination.chat) for digest in shown.digests] == [(1200, CHANNEL)]


async def test_what_the_ledger_has_forgotten_is_said_to_be_incomplete(telegram, monkeypatch) -> None:
    await telegram.bot("getMe")
    assert telegram.sandbox.shown().complete_from is None
    telegram.sandbox._ledger._calls = deque(telegram.sandbox._ledger._calls, maxlen=2)
    monkeypatch.setattr(ledger, "KEPT", 2)
    for _ in range(3):
        await telegram.bot("getMe")
    found = await telegram.get("/api/ledger")
    assert ([call["n"] for call in found["calls"]], found["last"]) == ([3, 4], 4)
    assert telegram.sandbox.shown().complete_from == NOW
