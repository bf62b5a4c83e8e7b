"""What the bot receives: pressed buttons, long polls and their conflicts, offsets, kinds of updates."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.sandbox.limits import UNPACED
from tokenfilter.adapters.sandbox.sandbox import Sandbox

TOKEN = "123456:sandbox-secret"
ADA = 710001001


class Telegram:
    """A sandbox with a clock that moves by hand, spoken to over HTTP in the same process."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, tzinfo=UTC)
        self.sandbox = Sandbox(token=TOKEN, clock=lambda: self.now, limits=UNPACED)
        app = Starlette(routes=[Mount("/sandbox", routes=self.sandbox.routes())])
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local/sandbox")

    async def answer(self, method: str, **parameters):
        return (await self.http.post(f"/bot{TOKEN}/{method}", json=parameters)).json()

    async def call(self, method: str, **parameters):
        answer = await self.answer(method, **parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **parameters) -> str:
        answer = await self.answer(method, **parameters)
        assert not answer["ok"], answer
        return answer["description"]

    async def do(self, path: str, **fields):
        response = await self.http.post(f"/api/{path}", json=fields)
        assert response.status_code == 200, response.text
        return response.json()

    async def say(self, text: str, *, person: int = ADA, chat: int | None = None):
        return await self.do(f"people/{person}/messages", chat_id=chat or person, text=text)


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    telegram = Telegram()
    async with telegram.http:
        await telegram.say("/start")
        yield telegram
        telegram.sandbox.close()


def keyboard(data: str = "x") -> dict:
    return {"inline_keyboard": [[{"text": "Press", "callback_data": data}]]}


async def test_a_pressed_button_is_answered_once_and_in_time(telegram) -> None:
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    sent = await telegram.call("sendMessage", chat_id=ADA, text="x", reply_markup=keyboard("go"))
    press = {"chat_id": ADA, "message_id": sent["message_id"], "data": "go"}
    query = (await telegram.do(f"people/{ADA}/press", **press))["callback_query_id"]
    assert (await telegram.call("getUpdates", offset=-1))[0]["callback_query"]["data"] == "go"
    assert await telegram.refusal("answerCallbackQuery", callback_query_id=query, text="x" * 201) == (
        "Bad Request: MESSAGE_TOO_LONG"
    )
    assert await telegram.call("answerCallbackQuery", callback_query_id=query, text="x" * 200) is True
    assert await telegram.refusal("answerCallbackQuery", callback_query_id=query) == too_old
    query = (await telegram.do(f"people/{ADA}/press", **press))["callback_query_id"]
    telegram.now += timedelta(seconds=31)
    assert await telegram.refusal("answerCallbackQuery", callback_query_id=query) == too_old
    assert await telegram.refusal("answerCallbackQuery", callback_query_id="made up") == too_old


async def test_the_older_of_two_polls_ends_with_a_conflict(telegram) -> None:
    await telegram.call("getUpdates", offset=-1)
    head = (await telegram.call("getUpdates"))[0]["update_id"]
    older = asyncio.create_task(telegram.answer("getUpdates", offset=head + 1, timeout=30))
    await asyncio.sleep(0)
    newer = asyncio.create_task(telegram.answer("getUpdates", offset=head + 1, timeout=30))
    assert await older == {
        "ok": False,
        "error_code": 409,
        "description": (
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        ),
    }
    await telegram.say("hi")
    assert [update["message"]["text"] for update in (await newer)["result"]] == ["hi"]


async def test_closing_ends_a_long_poll_at_once(telegram) -> None:
    poll = asyncio.create_task(telegram.call("getUpdates", offset=2**40, timeout=50))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not poll.done()
    telegram.sandbox.close()
    assert await poll == []


@given(
    said=st.integers(min_value=0, max_value=8),
    polls=st.lists(st.tuples(st.integers(-3, 12), st.integers(0, 9)), max_size=6),
)
async def test_only_what_an_offset_confirms_is_forgotten(said: int, polls: list[tuple[int, int]]) -> None:
    telegram = Telegram()
    async with telegram.http:
        for number in range(said):
            await telegram.say(str(number))
        everything = await telegram.call("getUpdates")
        first = everything[0]["update_id"] if everything else 1
        kept = list(range(said))
        for offset, limit in polls:
            asked = offset if offset < 0 else first + offset
            if offset:
                kept = kept[asked:] if asked < 0 else [number for number in kept if number >= offset]
            found = await telegram.call("getUpdates", offset=asked if offset else 0, limit=limit)
            assert [int(update["message"]["text"]) for update in found] == kept[: max(1, limit)]


async def test_kinds_of_updates_not_asked_for_are_not_queued(telegram) -> None:
    await telegram.call("getUpdates", offset=2**40, allowed_updates=["callback_query"])
    await telegram.say("unheard")
    assert await telegram.call("getUpdates") == []
    await telegram.call("getUpdates", allowed_updates=[])
    await telegram.say("heard")
    assert len(await telegram.call("getUpdates")) == 1
