"""Notifications through the Bot API, and what becomes of them when Telegram says no."""

import socket

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.telegram.connection import translated
from tokenfilter.adapters.telegram.messenger import TelegramMessenger
from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import FoldReason
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import (
    MigratedError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.testing.examples import NOON, alert, call, heard, stamped

ADA = 1001
GROUP = -1002001


@pytest.fixture
async def messenger(telegram_page):
    """A messenger whom Ada has written to."""
    await telegram_page.say(ADA, "/start")
    sender = TelegramMessenger(
        token=telegram_page.token,
        base_url=telegram_page.base_url,
        base_file_url=telegram_page.base_file_url,
        clock=HandClock(NOON),
    )
    await sender.open()
    yield sender
    await sender.close()


async def test_an_alert_arrives_as_a_card_with_its_buttons(messenger, telegram_page):
    about = stamped(heard(symbol="claim-now.com", calls=[call("@alpha")], mcap=164_000))
    sent = await messenger.send(alert(ADA, about=about), reader=Subscriber(chat=ChatId(ADA)))
    (message,) = await telegram_page.told(ADA)
    assert message["message_id"] == sent.message_id
    assert message["text"].startswith("🎯 Filter 1 matched claim-now.com at $164k")
    assert {e["type"] for e in message["entities"]} == {"code", "bold"}
    assert [len(row) for row in message["reply_markup"]["inline_keyboard"]] == [3, 2]


async def test_a_group_gets_a_link_to_its_own_explanation(messenger, telegram_page):
    await messenger.send(alert(to=Destination(ChatId(GROUP))), reader=None)
    (message,) = await telegram_page.told(GROUP)
    assert message["reply_markup"]["inline_keyboard"][-1][0]["url"].startswith(
        "https://t.me/tokenfilter_sandbox_bot?start="
    )


async def test_a_digest_arrives_as_one_message_without_buttons(messenger, telegram_page):
    folded = tuple(alert(ADA, about=stamped(heard(f"e{n}", symbol=f"T{n}"))) for n in range(3))
    await messenger.send(digest_of(folded, FoldReason.TOO_MANY, now=NOON), reader=Subscriber(chat=ChatId(ADA)))
    (message,) = await telegram_page.told(ADA)
    assert message["text"].startswith("3 alerts in one message: too many at once.")


async def test_markup_that_is_not_understood_is_sent_once_more_as_plain_text(messenger, telegram_page):
    await telegram_page.fault(
        method="sendMessage", error_code=400, description="Bad Request: can't parse entities: unsupported start tag"
    )
    await messenger.send(alert(ADA), reader=None)
    (message,) = await telegram_page.told(ADA)
    assert "matched" in message["text"]
    assert len(await telegram_page.calls("sendMessage")) == 2


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (
            {"error_code": 429, "description": "Too Many Requests: retry after 7", "parameters": {"retry_after": 7}},
            RateLimitedError,
        ),
        ({"error_code": 403, "description": "Forbidden: bot was blocked by the user"}, RecipientGoneError),
        ({"error_code": 400, "description": "Bad Request: chat not found"}, RecipientGoneError),
        ({"error_code": 400, "description": "Bad Request: message thread not found"}, RefusedError),
        (
            {
                "error_code": 400,
                "description": "Bad Request: group chat was upgraded to a supergroup chat",
                "parameters": {"migrate_to_chat_id": -1009},
            },
            MigratedError,
        ),
        ({"error_code": 500, "description": "Internal Server Error: restart"}, UnavailableError),
    ],
)
async def test_a_refusal_of_telegram_is_told_by_class(messenger, telegram_page, answer, failure):
    await telegram_page.fault(method="sendMessage", **answer)
    with pytest.raises(failure) as raised:
        await messenger.send(alert(ADA), reader=None)
    assert type(raised.value) is failure
    assert await telegram_page.told(ADA) == []


async def test_an_answer_that_never_came_leaves_it_open_whether_it_was_sent(messenger, telegram_page):
    await telegram_page.fault(method="sendMessage", action="drop")
    with pytest.raises(UnavailableError) as raised:
        await messenger.send(alert(ADA), reader=None)
    assert raised.value.acted is None
    assert len(await telegram_page.told(ADA)) == 1


async def test_a_server_that_is_not_there_was_sent_nothing():
    with socket.socket() as taken:  # bound, never listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        await _send_to_nobody(f"http://127.0.0.1:{taken.getsockname()[1]}/bot")


async def _send_to_nobody(nobody: str) -> None:
    sender = TelegramMessenger(token="1:x", base_url=nobody, base_file_url=nobody, clock=HandClock(NOON))
    with pytest.raises(UnavailableError) as raised:
        await sender.send(alert(ADA), reader=None)
    await sender.close()
    assert raised.value.acted is False


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (RetryAfter(3), RateLimitedError),
        (ChatMigrated(-5), MigratedError),
        (Forbidden("blocked"), RecipientGoneError),
        (InvalidToken(), RefusedError),
        (BadRequest("Message is too long"), RefusedError),
        (BadRequest("Chat not found"), RecipientGoneError),
        (TimedOut(), UnavailableError),
        (NetworkError("x"), UnavailableError),
        (Conflict("x"), UnavailableError),
        (TelegramError("x"), UnavailableError),
    ],
)
def test_every_kind_of_error_has_its_failure(error, failure):
    assert type(translated(error)) is failure


@pytest.mark.parametrize(
    ("cause", "acted"),
    [(httpx.PoolTimeout("x"), False), (httpx.ConnectError("x"), False), (httpx.ReadTimeout("x"), None), (None, None)],
)
def test_only_what_never_left_counts_as_not_sent(cause, acted):
    error = TimedOut()
    error.__cause__ = cause
    failure = translated(error)
    assert isinstance(failure, UnavailableError)
    assert failure.acted is acted
