"""The ordinary bot library talks to the sandbox over a real socket."""

import asyncio
import logging
import socket
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter

from tokenfilter.adapters.sandbox.sandbox import Sandbox

TOKEN = "123456:sandbox-secret"
ADA = 710001001


@pytest.fixture
async def address():
    """A running server's address; it stops by itself once the sandbox is closed."""
    sandbox = Sandbox(token=TOKEN, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    app = Starlette(routes=[Mount("/sandbox", routes=sandbox.routes())])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(app, log_level=logging.CRITICAL, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server._serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/sandbox"
        sandbox.close()
        server.should_exit = True
    listening.close()


async def test_a_bot_sends_edits_is_pressed_polls_and_hears_its_errors(address: str, monkeypatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Why", callback_data="why")]])
    page = httpx.AsyncClient(base_url=f"{address}/api")
    async with page, Bot(TOKEN, base_url=f"{address}/bot") as bot, Bot(TOKEN, base_url=f"{address}/bot") as other:
        assert bot.username == "tokenfilter_sandbox_bot"
        with pytest.raises(Forbidden, match="initiate"):
            await bot.send_message(ADA, "x")
        polling = asyncio.create_task(bot.get_updates(timeout=20))
        await page.post(f"/people/{ADA}/messages", json={"chat_id": ADA, "text": "/start"})
        heard = (await polling)[0]
        assert heard.message is not None
        assert heard.message.text == "/start"
        sent = await bot.send_message(ADA, "<code>claim-now.com</code> &lt;", parse_mode="HTML", reply_markup=keys)
        assert sent.text == "claim-now.com <"
        press = {"chat_id": ADA, "message_id": sent.message_id, "data": "why"}
        await page.post(f"/people/{ADA}/press", json=press)
        pressed = (await bot.get_updates(offset=heard.update_id + 1))[0]
        assert pressed.callback_query is not None
        assert await pressed.callback_query.answer("because")
        assert (await sent.edit_text("edited")).text == "edited"
        with pytest.raises(BadRequest, match="Message is not modified"):
            await sent.edit_text("edited")
        await bot.send_message(ADA, "2")
        await bot.send_message(ADA, "3")
        with pytest.raises(RetryAfter):
            await bot.send_message(ADA, "4")
        older = asyncio.create_task(bot.get_updates(offset=pressed.update_id + 1, timeout=20))
        newer = asyncio.create_task(other.get_updates(offset=pressed.update_id + 1, timeout=20))
        done, _ = await asyncio.wait({older, newer}, return_when=asyncio.FIRST_COMPLETED)
        assert [type(task.exception()) for task in done] == [Conflict]
        await page.post(f"/people/{ADA}/messages", json={"chat_id": ADA, "text": "still here"})
        (waiting,) = {older, newer} - done
        assert len(await waiting) == 1


async def test_a_dropped_call_takes_effect_and_is_never_answered(address: str) -> None:
    page = httpx.AsyncClient(base_url=f"{address}/api")
    async with page, Bot(TOKEN, base_url=f"{address}/bot") as bot:
        await page.post(f"/people/{ADA}/messages", json={"chat_id": ADA, "text": "/start"})
        await page.post("/faults", json={"method": "sendMessage", "action": "drop", "times": 1})
        with pytest.raises(NetworkError) as lost:
            await bot.send_message(ADA, "did it arrive?")
        assert isinstance(lost.value.__cause__, httpx.RemoteProtocolError)
        messages = (await page.get(f"/chats/{ADA}/messages")).json()["messages"]
        assert [message["text"] for message in messages] == ["/start", "did it arrive?"]


async def test_an_open_event_stream_ends_when_the_sandbox_closes(address: str) -> None:
    async with httpx.AsyncClient() as page, page.stream("GET", f"{address}/api/stream") as stream:
        assert (await anext(stream.aiter_lines())) == ": open"
