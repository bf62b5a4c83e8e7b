"""A sandbox on a loopback port, for tests in which the Telegram adapter talks to it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.sandbox.sandbox import Sandbox

TELEGRAM_TOKEN = "123456:sandbox-secret"
_STEP = timedelta(milliseconds=400)


class TelegramPage:
    """What people do on the sandbox page."""

    def __init__(self, address: str, page: httpx.AsyncClient) -> None:
        self.token = TELEGRAM_TOKEN
        self.base_url = f"{address}/bot"
        self.base_file_url = f"{address}/file/bot"
        self._page = page

    async def say(self, person: int, words: str, *, chat: int | None = None, answers: int | None = None) -> int:
        """Write to the bot (or into a chat) and return the message's id."""
        sent = {"chat_id": chat or person, "text": words}
        if answers is not None:
            sent["reply_to_message_id"] = answers
        answer = await self._page.post(f"/people/{person}/messages", json=sent)
        answer.raise_for_status()
        return int(answer.json()["message_id"])

    async def press(self, person: int, message: dict[str, Any], label: str) -> None:
        """Press the first button whose label begins so."""
        buttons = [b for row in message["reply_markup"]["inline_keyboard"] for b in row]
        data = next(b["callback_data"] for b in buttons if b["text"].startswith(label) and "callback_data" in b)
        await self.press_data(person, message, data)

    async def press_data(self, person: int, message: dict[str, Any], data: str) -> None:
        """Press a button by its data."""
        sent = {"chat_id": message["chat"]["id"], "message_id": message["message_id"], "data": data}
        (await self._page.post(f"/people/{person}/press", json=sent)).raise_for_status()

    async def block(self, person: int) -> None:
        """Block the bot."""
        await self._page.post(f"/people/{person}/block")

    async def fault(self, **fault: object) -> None:
        """Let the next call of a method end otherwise."""
        (await self._page.post("/faults", json={"times": 1, "action": "error", **fault})).raise_for_status()

    async def told(self, chat: int) -> list[dict[str, Any]]:
        """What the bot wrote in a chat, oldest first."""
        found = (await self._page.get(f"/chats/{chat}/messages", params={"limit": 200})).json()["messages"]
        return [m for m in found if not m.get("out")]

    async def calls(self, method: str) -> list[dict[str, Any]]:
        """The calls of a method the sandbox received."""
        return [c for c in (await self._page.get("/ledger")).json()["calls"] if c["method"] == method]

    async def until(self, chat: int, holds: Callable[[list[dict[str, Any]]], object]) -> list[dict[str, Any]]:
        """What the bot wrote in a chat, as soon as it is as expected."""
        async with asyncio.timeout(10):
            while not holds(told := await self.told(chat)):
                pass
        return told


@pytest.fixture
async def telegram_page() -> AsyncIterator[TelegramPage]:
    """A running sandbox; its clock moves on at every look, so that nobody writes too fast."""
    instants = iter(datetime(2026, 3, 2, 12, tzinfo=UTC) + n * _STEP for n in range(10**9))
    sandbox = Sandbox(token=TELEGRAM_TOKEN, clock=lambda: next(instants))
    app = Starlette(routes=[Mount("/sandbox", routes=sandbox.routes())])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level=logging.CRITICAL, lifespan="off", ws="none"))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/sandbox"
    async with asyncio.TaskGroup() as tasks, httpx.AsyncClient(base_url=f"{address}/api") as page:
        tasks.create_task(server._serve([listening]))
        yield TelegramPage(address, page)
        sandbox.close()
        server.should_exit = True
    listening.close()
