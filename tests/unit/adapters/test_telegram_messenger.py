"""Notifications through the Bot API, and what becomes of them when Telegram says no."""

import socket
from dataclasses import replace
from datetime import timedelta

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
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.adapters.telegram.connection import translated
from tokenfilter.adapters.telegram.messenger import TelegramMessenger
from tokenfilter.domain.delivery import digest_of
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.notification import FoldReason, PlaceLost
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.ports.failures import (
    MigratedError,
    RateLimitedError,
    RecipientGoneError,
    RefusedError,
    UnavailableError,
)
from tokenfilter.testing.examples import NOON, alert, call, heard, stamped, token

ADA = 710001001
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
        telemetry=MemoryTelemetry(),
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


async def test_markup_that_is_not_understood_is_counted_and_sent_once_more_as_plain_text(messenger, telegram_page):
    await telegram_page.fault(
        method="sendMessage", error_code=400, description="Bad Request: can't parse entities: unsupported start tag"
    )
    await messenger.send(alert(ADA), reader=None)
    (message,) = await telegram_page.told(ADA)
    assert "matched" in message["text"]
    assert len(await telegram_page.calls("sendMessage")) == 2
    (counted,) = messenger._telemetry.failures.values()
    assert counted[1] == 1


async def test_plain_text_that_is_not_understood_either_is_not_tried_a_third_time(messenger, telegram_page):
    words = "Bad Request: can't parse entities: unsupported start tag"
    await telegram_page.fault(method="sendMessage", error_code=400, description=words, times=2)
    with pytest.raises(RefusedError):
        await messenger.send(alert(ADA), reader=None)
    assert len(await telegram_page.calls("sendMessage")) == 2


async def test_a_lost_place_is_told_by_its_title_with_a_way_to_add_it_anew(messenger, telegram_page):
    lost = replace(alert(ADA), body=PlaceLost(title="Gems <b>"))
    await messenger.send(lost, reader=Subscriber(chat=ChatId(ADA)))
    (message,) = await telegram_page.told(ADA)
    assert message["text"].startswith("I can no longer post in Gems <b>. It is no destination of yours any more.")
    labels = [b["text"] for row in message["reply_markup"]["inline_keyboard"] for b in row]
    assert labels == ["Destinations", "Filters"]


async def test_a_digest_of_more_than_it_lists_says_how_many_there_are(messenger, telegram_page):
    folded = [alert(ADA, about=stamped(heard(f"e{n}", about=token(n), symbol=f"T{n}"))) for n in range(1, 46)]
    told = digest_of(folded, FoldReason.QUIET, now=NOON)
    await messenger.send(told, reader=Subscriber(chat=ChatId(ADA)))
    (message,) = await telegram_page.told(ADA)
    assert message["text"].startswith("45 alerts in one message: during your quiet hours.\n… 15 earlier ones left out")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (
            {"error_code": 429, "description": "Too Many Requests: retry after 7", "parameters": {"retry_after": 7}},
            RateLimitedError,
        ),
        ({"error_code": 403, "description": "Forbidden: bot was blocked by the user"}, RecipientGoneError),
        ({"error_code": 400, "description": "Bad Request: chat not found"}, RecipientGoneError),
        ({"error_code": 403, "description": "Forbidden: user is deactivated"}, RecipientGoneError),
        ({"error_code": 403, "description": "Forbidden: bot was kicked from the supergroup chat"}, RecipientGoneError),
        ({"error_code": 403, "description": "Forbidden: bot is not a member of the channel chat"}, RecipientGoneError),
        ({"error_code": 400, "description": "Bad Request: have no rights to send a message"}, RecipientGoneError),
        (
            {"error_code": 400, "description": "Bad Request: not enough rights to send text messages to the chat"},
            RecipientGoneError,
        ),
        ({"error_code": 400, "description": "Bad Request: message thread not found"}, RefusedError),
        ({"error_code": 400, "description": "Bad Request: message is too long"}, RefusedError),
        ({"error_code": 401, "description": "Unauthorized"}, UnavailableError),
        ({"error_code": 502, "description": "Bad Gateway"}, UnavailableError),
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
        (InvalidToken(), UnavailableError),
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


def test_a_wish_to_wait_is_passed_on_to_the_second():
    assert translated(RetryAfter(37)).retry_after == timedelta(seconds=37)
    assert translated(RetryAfter(timedelta(seconds=2.5))).retry_after == timedelta(seconds=2.5)


def test_a_refused_token_says_nothing_of_the_message_which_is_kept():
    assert translated(InvalidToken()).acted is False


@pytest.mark.parametrize(
    ("cause", "acted"),
    [
        (httpx.PoolTimeout("x"), False),
        (httpx.ConnectTimeout("x"), False),
        (httpx.ConnectError("x"), False),
        (httpx.ReadTimeout("x"), None),
        (httpx.WriteTimeout("x"), None),
        (httpx.WriteError("x"), None),
        (httpx.ReadError("x"), None),
        (httpx.RemoteProtocolError("x"), None),
        (None, None),
    ],
)
def test_only_what_never_left_counts_as_not_sent(cause, acted):
    error = TimedOut()
    error.__cause__ = cause
    failure = translated(error)
    assert isinstance(failure, UnavailableError)
    assert failure.acted is acted
