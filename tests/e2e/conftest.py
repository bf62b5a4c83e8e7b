"""The whole program on a free port, and a person who uses it through the sandbox's browser side."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tokenfilter.adapters.postgres.migrate import migrate
from tokenfilter.adapters.system import logs
from tokenfilter.service import Running, started
from tokenfilter.settings import load

PATIENCE = 30
ADA = 710001001


class Person:
    """Types, presses, and reads what the bot says, waiting on the event stream rather than on the clock."""

    def __init__(self, web: httpx.AsyncClient, person: int = ADA) -> None:
        self.id = person
        self._web = web
        self._seq = 0
        self.messages: dict[int, dict] = {}
        self.answers: list[dict] = []

    async def say(self, text: str, **more: object) -> None:
        body = {"chat_id": self.id, "text": text, **more}
        (await self._web.post(f"/sandbox/api/people/{self.id}/messages", json=body)).raise_for_status()

    async def press(self, label: str) -> None:
        message, button = self._button(label)
        body = {"chat_id": self.id, "message_id": message, "data": button["callback_data"]}
        (await self._web.post(f"/sandbox/api/people/{self.id}/press", json=body)).raise_for_status()

    async def stage(self, action: str) -> dict:
        answer = await self._web.post(f"/sandbox/stage/{action}", json={"person_id": self.id})
        return answer.raise_for_status().json()

    async def sees(self, wanted: Callable[[dict], bool] | str) -> dict:
        """The newest message of the bot that is wanted; waits until there is one."""
        test = (lambda m: wanted in m.get("text", "")) if isinstance(wanted, str) else wanted
        async with asyncio.timeout(PATIENCE):
            while True:
                for number in sorted(self.messages, reverse=True):
                    if test(self.messages[number]):
                        return self.messages[number]
                await self._read()

    def _button(self, label: str) -> tuple[int, dict]:
        for number in sorted(self.messages, reverse=True):
            rows = self.messages[number].get("reply_markup", {}).get("inline_keyboard", [])
            for button in (b for row in rows for b in row):
                if label in button["text"] and "callback_data" in button:
                    return number, button
        raise AssertionError(f"no button {label!r} in sight")

    async def _read(self) -> None:
        """Take the next change of this person's chat from the stream."""
        async with self._web.stream("GET", f"/sandbox/api/stream?after={self._seq}", timeout=PATIENCE) as stream:
            event, seq = "", self._seq
            async for line in stream.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    seq = int(value)
                elif field == "event":
                    event = value
                elif field == "data" and seq > self._seq:
                    self._seq = seq
                    if self._take(event, json.loads(value)):
                        return

    def _take(self, event: str, data: dict) -> bool:
        if event == "answer" and data["person_id"] == self.id:
            self.answers.append(data)
            return True
        if event not in ("message", "edit") or data["chat_id"] != self.id or data["message"].get("out"):
            return False
        self.messages[data["message"]["message_id"]] = data["message"]
        return True


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    """Wait until something inside the program is so."""

    async def wait(is_so: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await is_so():  # noqa: ASYNC110 - inside the program there is nothing to wait on
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
async def running(valkey_url: str, key_prefix: str, fresh_database: str, tmp_path: Path) -> AsyncIterator[Running]:
    options = {
        "http__address": "127.0.0.1:0",
        "simulator__pre_roll_days": 0.02,
        "logs__level": "error",
        "redis__prefix": key_prefix,
        "embedded__directory": str(tmp_path),
    }
    environment = {
        "TOKENFILTER_HTTP__EVENTS_TOKEN": "push-secret",
        "TOKENFILTER_REDIS__URL": valkey_url,
        "TOKENFILTER_POSTGRES__URL": fresh_database,
    }
    await migrate(fresh_database)
    logs.configure(level="error", json_lines=False)
    async with started(load(None, options, environ=environment)) as program:
        yield program


@pytest.fixture
async def web(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.address, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def ada(web: httpx.AsyncClient) -> Person:
    return Person(web)
