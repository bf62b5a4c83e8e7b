"""The bot among people and through failures."""

import asyncio
from datetime import timedelta

import pytest

from tokenfilter.adapters.memory.send_budget import MemorySendBudget
from tokenfilter.adapters.telegram.bot import TelegramBot
from tokenfilter.adapters.telegram.messenger import TelegramMessenger
from tokenfilter.domain.ids import ChatId, Destination, FilterId
from tokenfilter.domain.subscriber import Standing
from tokenfilter.ports.failures import RefusedError
from tokenfilter.testing.examples import alert, heard, stamped, token

ADA, BEN, GROUP = ChatId(710001001), ChatId(710001002), ChatId(-1002001)


async def test_who_blocks_the_bot_is_unreachable_until_writing_again(talk):
    await talk.say("/start")
    await talk.page.block(ADA)
    async with asyncio.timeout(5):
        while (await talk.ada()).standing is not Standing.UNREACHABLE:
            await talk.page.told(ADA)


async def test_a_button_names_only_the_pressers_own_filters(talk):
    await talk.press(await talk.say("/start"), "Crowd")
    bens = await talk.press(await talk.say("/start", person=BEN), "Early", person=BEN)
    await talk.press(await talk.press(bens, "Edit", person=BEN), "Delete", person=BEN)
    ben = await talk.edits.subscriber(BEN)
    assert ben is not None
    assert [f.id for f in (*ben.filters, *(await talk.ada()).filters)] == [f"{ADA}.1"]


async def test_in_a_group_only_whose_filter_it_is_may_mute(talk, telegram_page):
    place = Destination(GROUP)
    await talk.press(await talk.say("/start"), "Crowd")
    await talk.edits.add_place(ADA, place, "Gem hunters")
    await talk.edits.route_filter(ADA, FilterId(f"{ADA}.1"), (place,))
    await talk.say("/start", person=BEN)
    sender = TelegramMessenger(
        token=telegram_page.token, base_url=telegram_page.base_url, base_file_url=None, clock=talk.clock
    )
    await sender.send(alert(to=place, about=stamped(heard(about=token(2)))), reader=None)
    await sender.close()
    (card,) = await telegram_page.told(GROUP)
    answered = len(await telegram_page.calls("answerCallbackQuery"))
    await telegram_page.press(BEN, card, "🔕")
    async with asyncio.timeout(5):
        while len(await telegram_page.calls("answerCallbackQuery")) == answered:
            pass
    assert (await telegram_page.told(GROUP))[0] == card
    opened = await talk.press(card, "🔕")
    await talk.press(opened, "This token")
    assert (await talk.ada()).mutes.tokens == {token(2): None}


async def test_an_update_that_fails_stops_nothing_and_is_told_with_a_number(talk, monkeypatch):
    async def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    await talk.say("/start")
    monkeypatch.setattr(talk.edits, "resume", broken)
    assert "Incident" in (await talk.say("/resume"))["text"]
    assert (await talk.say("/status"))["text"].startswith("Status")


async def test_polling_outlasts_errors_of_telegram(talk):
    await talk.page.fault(method="getUpdates", error_code=500, description="Internal Server Error")
    assert (await talk.say("/start"))["text"]


async def test_a_reply_that_telegram_wants_later_is_sent_later(talk):
    await talk.say("/start")
    await talk.page.fault(
        method="sendMessage",
        error_code=429,
        description="Too Many Requests: retry after 1",
        parameters={"retry_after": 1},
    )
    await talk.page.say(ADA, "/status")
    async with asyncio.timeout(5):
        while len(await talk.page.calls("sendMessage")) < 2:
            pass
        talk.clock.advance(timedelta(seconds=1))
    assert (await talk.page.until(ADA, lambda told: len(told) == 2))[-1]["text"].startswith("Status")


async def test_a_screen_that_cannot_be_edited_any_more_is_sent_anew(talk):
    first = await talk.say("/start")
    await talk.page.fault(method="editMessageText", error_code=400, description="Bad Request: message can't be edited")
    await talk.page.press(ADA, first, "Help")
    told = await talk.page.until(ADA, lambda told: len(told) == 2)
    assert told[-1]["text"].startswith("What you can do")


async def test_in_a_group_only_commands_are_answered_and_settings_stay_private(talk):
    await talk.page.say(ADA, "hello all", chat=GROUP)
    await talk.page.say(ADA, "/filters", chat=GROUP)
    (told,) = await talk.page.until(GROUP, lambda told: told)
    assert "private chat with @tokenfilter_sandbox_bot" in told["text"]


async def test_a_refused_token_is_told_at_the_start(telegram_page, talk):
    other = TelegramBot(
        token="123456:wrong",
        base_url=telegram_page.base_url,
        base_file_url=None,
        edits=talk.edits,
        explains=None,  # type: ignore[arg-type]
        previews=None,  # type: ignore[arg-type]
        person=None,  # type: ignore[arg-type]
        activity=None,  # type: ignore[arg-type]
        retention_days=90,
        sessions=talk.sessions,
        budget=MemorySendBudget(),
        clock=talk.clock,
    )
    with pytest.raises(RefusedError):
        await other.start()
    await other.stop()


async def test_the_commands_are_offered_while_one_types(talk):
    assert len(await talk.page.calls("setMyCommands")) == 1
