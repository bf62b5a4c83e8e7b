"""The sandbox on a loopback port and the bot in it, for tests in which the Telegram adapter talks to people."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.memory.archive import MemoryArchive
from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.event_stream import MemoryEventStream
from tokenfilter.adapters.memory.filter_index import MemoryFilterIndex
from tokenfilter.adapters.memory.history import MemoryHistory
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.outbox import MemoryOutbox
from tokenfilter.adapters.memory.processed_tokens import MemoryProcessedTokens
from tokenfilter.adapters.memory.send_budget import MemorySendBudget
from tokenfilter.adapters.memory.sessions import MemorySessions
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.adapters.memory.telemetry import MemoryTelemetry
from tokenfilter.adapters.sandbox.sandbox import Sandbox
from tokenfilter.adapters.telegram.bot import TelegramBot
from tokenfilter.app.backtest_filter import BacktestFilter
from tokenfilter.app.edit_settings import EditSettings
from tokenfilter.app.explain_verdict import ExplainVerdict
from tokenfilter.app.forget_person import ForgetPerson
from tokenfilter.app.note_activity import NoteActivity
from tokenfilter.domain.history import EventSettled
from tokenfilter.domain.ids import ChatId
from tokenfilter.domain.subscriber import Subscriber
from tokenfilter.testing.examples import NOON, call, evidence_of, heard, stamped, token

ADA, BEN, GROUP = ChatId(710001001), ChatId(710001002), ChatId(-1002001)
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
    async with asyncio.TaskGroup() as tasks, httpx.AsyncClient(base_url=f"{address}/api", verify=False) as page:
        tasks.create_task(server._serve([listening]))
        yield TelegramPage(address, page)
        sandbox.close()
        server.should_exit = True
    listening.close()


Message = dict[str, Any]


@dataclass
class TelegramTalk:
    """The bot's people, its stores, and the clock of both."""

    page: Any
    bot: TelegramBot
    clock: HandClock
    edits: EditSettings
    sessions: MemorySessions

    async def say(self, words: str, *, person: int = ADA, answers: int | None = None) -> Message:
        """Write, and return what the bot answers with a new message."""
        before = len(await self.page.told(person))
        await self.page.say(person, words, answers=answers)
        return (await self.page.until(person, lambda told: len(told) > before))[-1]

    async def press(self, message: Message, label: str, *, person: int = ADA) -> Message:
        """Press a button and return the message once it has changed."""
        await self.page.press(person, message, label)
        return await self.changed(message)

    async def changed(self, message: Message) -> Message:
        def now(told: list[Message]) -> Message:
            return next(m for m in told if m["message_id"] == message["message_id"])

        return now(await self.page.until(message["chat"]["id"], lambda told: now(told) != message))

    async def shows(self, message: Message, words: str) -> Message:
        """The message, once it says so."""

        def now(told: list[Message]) -> Message:
            return next(m for m in told if m["message_id"] == message["message_id"])

        return now(await self.page.until(message["chat"]["id"], lambda told: words in now(told)["text"]))

    async def ada(self) -> Subscriber:
        found = await self.edits.subscriber(ADA)
        assert found
        return found


@pytest.fixture
async def talk(telegram_page):
    clock, history = HandClock(NOON), MemoryHistory()
    journal = MemoryJournal()
    subscribers, index, sessions = MemorySubscribers(journal=journal), MemoryFilterIndex(), MemorySessions()
    outbox, events = MemoryOutbox(journal=journal), MemoryEventStream()
    tokens = MemoryProcessedTokens(outbox=outbox, journal=journal, events=events)
    for number in range(1, 9):
        at = NOON - timedelta(hours=number)
        event = stamped(
            heard(
                f"e{number}",
                about=token(number),
                at=at,
                calls=[call("@alpha", at)],
                symbol=f"T{number}",
                mcap=number * 20_000,
                liq=9000,
            )
        )
        await history.record([EventSettled(evidence=evidence_of(event), told=())])
    edits = EditSettings(subscribers=subscribers, clock=clock, telemetry=MemoryTelemetry())
    bot = TelegramBot(
        token=telegram_page.token,
        base_url=telegram_page.base_url,
        base_file_url=telegram_page.base_file_url,
        edits=edits,
        explains=ExplainVerdict(history=history, subscribers=subscribers, tokens=tokens, index=index, clock=clock),
        previews=BacktestFilter(history=history, clock=clock),
        person=ForgetPerson(
            subscribers=subscribers, tokens=tokens, sessions=sessions, archive=MemoryArchive(history), clock=clock
        ),
        activity=NoteActivity(journal=journal, clock=clock),
        retention_days=90,
        sessions=sessions,
        budget=MemorySendBudget(),
        clock=clock,
    )
    await bot.start()
    yield TelegramTalk(telegram_page, bot, clock, edits, sessions)
    async with asyncio.timeout(1):
        await bot.stop()
