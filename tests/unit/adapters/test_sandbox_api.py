"""The Bot API side: exact refusals, boundaries, and chats that cannot be written to."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.sandbox.limits import UNPACED, Limits
from tokenfilter.adapters.sandbox.sandbox import Sandbox

TOKEN = "123456:sandbox-secret"
ADA, BEN, GROUP, CHANNEL = 710001001, 710001002, -1002001, -1002002
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000010000000100806000000")


class Telegram:
    """A sandbox with a clock that moves by hand, spoken to over HTTP in the same process."""

    def __init__(self, limits: Limits = UNPACED) -> None:
        self.now = datetime(2026, 1, 2, tzinfo=UTC)
        self.sandbox = Sandbox(token=TOKEN, clock=lambda: self.now, limits=limits)
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


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"chat_id": ADA}, "Bad Request: message text is empty"),
        ({"text": "x"}, "Bad Request: chat_id is empty"),
        ({"chat_id": ADA, "text": " \n"}, "Bad Request: text must be non-empty"),
        ({"chat_id": ADA, "text": "x" * 4097}, "Bad Request: message is too long"),
        ({"chat_id": 77, "text": "x"}, "Bad Request: chat not found"),
        ({"chat_id": "@nobody", "text": "x"}, "Bad Request: chat not found"),
        ({"chat_id": BEN, "text": "x"}, "Forbidden: bot can't initiate conversation with a user"),
        ({"chat_id": ADA, "text": "x", "parse_mode": "Wiki"}, "Bad Request: unsupported parse_mode"),
        (
            {"chat_id": ADA, "text": "<x>", "parse_mode": "HTML"},
            'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0',
        ),
        (
            {"chat_id": ADA, "text": "x", "reply_parameters": {"message_id": 99}},
            "Bad Request: message to be replied not found",
        ),
        (
            {"chat_id": ADA, "text": "x", "reply_markup": "{"},
            "Bad Request: can't parse reply keyboard markup JSON object",
        ),
        ({"chat_id": ADA, "text": "x", "reply_markup": "[]"}, "Bad Request: object expected as reply markup"),
        ({"chat_id": ADA, "text": "x", "reply_markup": keyboard("x" * 65)}, "Bad Request: BUTTON_DATA_INVALID"),
        ({"chat_id": ADA, "text": "x", "reply_markup": keyboard("ж" * 33)}, "Bad Request: BUTTON_DATA_INVALID"),
        ({"chat_id": ADA, "text": "x", "reply_markup": keyboard("")}, "Bad Request: BUTTON_DATA_INVALID"),
        (
            {"chat_id": ADA, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}},
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"chat_id": ADA, "text": "x", "reply_markup": {"inline_keyboard": [{"text": "a"}]}},
            'Bad Request: field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            {"chat_id": ADA, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "no"}]]}},
            "Bad Request: inline keyboard button URL 'no' is invalid: Wrong HTTP URL",
        ),
        (
            {"chat_id": ADA, "text": "x", "reply_markup": {"inline_keyboard": keyboard()["inline_keyboard"] * 101}},
            "Bad Request: reply markup is too long",
        ),
        ({"chat_id": ADA, "text": "x", "message_thread_id": 5}, "Bad Request: message thread not found"),
    ],
)
async def test_a_message_is_refused_in_the_words_of_telegram(telegram, parameters: dict, expected: str) -> None:
    assert await telegram.refusal("sendMessage", **parameters) == expected


async def test_lengths_are_exact_at_the_boundary_and_counted_after_parsing(telegram) -> None:
    longest = "<b>" + "\U0001f680" * 2048 + "</b>"
    assert await telegram.call("sendMessage", chat_id=ADA, text=longest, parse_mode="HTML")
    refused = await telegram.refusal("sendMessage", chat_id=ADA, text=longest + "x", parse_mode="HTML")
    assert refused == "Bad Request: message is too long"
    assert await telegram.call("sendMessage", chat_id=ADA, text="x", reply_markup=keyboard("ж" * 32))
    photo = {"photo": ("a.png", PNG, "image/png")}
    for size, ok in ((1024, True), (1025, False)):
        form = {"chat_id": str(ADA), "caption": "&amp;" * size, "parse_mode": "HTML"}
        answer = (await telegram.http.post(f"/bot{TOKEN}/sendPhoto", data=form, files=photo)).json()
        assert answer["ok"] is ok
        assert ok or answer["description"] == "Bad Request: message caption is too long"


async def test_tokens_and_methods_are_checked(telegram) -> None:
    async def get(path: str):
        response = await telegram.http.get(path)
        return response.status_code, response.json()["description"]

    assert await get("/bot1:wrong/getMe") == (401, "Unauthorized")
    assert await get("/botnonsense/getMe") == (404, "Not Found")
    assert await get(f"/bot{TOKEN}/flyAway") == (404, "Not Found: method not found")
    assert (await telegram.http.get(f"/bot{TOKEN}/GETME")).json()["result"]["id"] == 123456


async def test_parameters_may_come_by_query_json_urlencoded_or_multipart_form(telegram) -> None:
    path = f"/bot{TOKEN}/sendMessage"
    fields = {"chat_id": str(ADA), "text": "a+b & ж"}
    for request in (
        {"params": fields},
        {"json": fields},
        {"data": fields},
        {"data": fields, "files": {"unused": b"x"}},
    ):
        answer = (await telegram.http.post(path, **request)).json()
        assert answer["result"]["text"] == "a+b & ж"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nno-blank-line\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--"),
        ("application/json", b"[1]"),
        ("application/json", b'{"chat_id": NaN}'),
        ("application/json", b"\xff"),
        ("application/json", b'{"text": "\\ud800"}'),
        ("application/json", b"[" * 100_000),
        ("application/x-www-form-urlencoded", b"text=%ff"),
    ],
)
async def test_a_broken_body_is_a_bad_request(telegram, content_type: str, body: bytes) -> None:
    headers = {"content-type": content_type}
    answer = await telegram.http.post(f"/bot{TOKEN}/sendMessage", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["description"].startswith("Bad Request: ")


async def test_a_body_beyond_the_upload_limit_is_refused_unread() -> None:
    telegram = Telegram(Limits(upload_bytes=10))
    async with telegram.http:
        answer = await telegram.answer("sendMessage", chat_id=ADA, text="x" * 1024 * 1024)
        assert (answer["error_code"], answer["description"]) == (413, "Request Entity Too Large")
        refused = await telegram.refusal("sendMessage", chat_id=ADA, text="x" * 1024 * 1000)
        assert refused == "Bad Request: message is too long"


async def test_closing_lets_a_delayed_call_go_on_at_once(telegram) -> None:
    await telegram.do("faults", method="getMe", action="delay", delay=60)
    delayed = asyncio.create_task(telegram.call("getMe"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not delayed.done()
    telegram.sandbox.close()
    assert (await delayed)["id"] == 123456


async def test_too_many_messages_are_told_how_long_to_wait() -> None:
    telegram = Telegram(Limits())
    async with telegram.http:
        await telegram.say("hello")
        for _ in range(3):
            sent = await telegram.call("sendMessage", chat_id=ADA, text="x")
        answer = await telegram.answer("sendMessage", chat_id=ADA, text="x")
        assert answer == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        }
        for text in "abcdef":
            await telegram.call("editMessageText", chat_id=ADA, message_id=sent["message_id"], text=text)
        telegram.now += timedelta(seconds=1)
        assert await telegram.call("sendMessage", chat_id=ADA, text="x")


async def test_a_person_who_blocked_the_bot_is_out_of_reach_until_they_write(telegram) -> None:
    assert (await telegram.do(f"people/{ADA}/block"))["blocked"] is True
    assert await telegram.refusal("sendMessage", chat_id=ADA, text="x") == "Forbidden: bot was blocked by the user"
    await telegram.say("/start")
    assert await telegram.call("sendMessage", chat_id=ADA, text="x")
    updates = await telegram.call("getUpdates")
    assert [min(update) for update in updates] == ["message", "my_chat_member", "my_chat_member", "message"]
    standings = [update["my_chat_member"]["new_chat_member"]["status"] for update in updates[1:3]]
    assert standings == ["kicked", "member"]


async def test_groups_the_bot_left_or_was_kicked_from_are_out_of_reach(telegram) -> None:
    world = telegram.sandbox.world
    world.change_chat(replace(world.chats[GROUP], bot="kicked"))
    refused = await telegram.refusal("sendMessage", chat_id=GROUP, text="x")
    assert refused == "Forbidden: bot was kicked from the supergroup chat"
    world.change_chat(replace(world.chats[CHANNEL], bot="left"))
    refused = await telegram.refusal("sendMessage", chat_id="@alpha_calls", text="x")
    assert refused == "Forbidden: bot is not a member of the channel chat"


async def test_edits_change_in_place_and_refuse_what_is_the_same(telegram) -> None:
    sent = await telegram.call("sendMessage", chat_id=ADA, text="<b>a</b>", parse_mode="HTML", reply_markup=keyboard())
    place = {"chat_id": ADA, "message_id": sent["message_id"]}
    same = await telegram.refusal(
        "editMessageText", **place, text="<strong>a</strong>", parse_mode="HTML", reply_markup=keyboard()
    )
    assert same == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as"
        " a current content and reply markup of the message"
    )
    edited = await telegram.call("editMessageText", **place, text="a", reply_markup=keyboard())
    assert edited["edit_date"] == int(telegram.now.timestamp())
    assert "reply_markup" not in await telegram.call("editMessageReplyMarkup", **place)
    assert await telegram.refusal("editMessageCaption", **place, caption="x") == (
        "Bad Request: there is no caption in the message to edit"
    )
    assert await telegram.refusal("editMessageText", chat_id=ADA, message_id=1, text="x") == (
        "Bad Request: message can't be edited"
    )
    assert await telegram.refusal("editMessageText", chat_id=ADA, message_id=99, text="x") == (
        "Bad Request: message to edit not found"
    )
    assert await telegram.refusal("editMessageText", text="x") == "Bad Request: message identifier is not specified"


async def test_messages_are_deleted_within_two_days(telegram) -> None:
    sent = [await telegram.call("sendMessage", chat_id=ADA, text="x") for _ in range(2)]
    assert await telegram.call("deleteMessage", chat_id=ADA, message_id=sent[0]["message_id"]) is True
    again = await telegram.refusal("deleteMessage", chat_id=ADA, message_id=sent[0]["message_id"])
    assert again == "Bad Request: message to delete not found"
    telegram.now += timedelta(hours=48, seconds=1)
    late = await telegram.refusal("deleteMessage", chat_id=ADA, message_id=sent[1]["message_id"])
    assert late == "Bad Request: message can't be deleted"


async def test_commands_are_listed_by_scope_and_checked(telegram) -> None:
    commands = [{"command": "start", "description": "Begin"}]
    assert await telegram.call("setMyCommands", commands=commands) is True
    assert await telegram.call("getMyCommands") == commands
    assert await telegram.call("getMyCommands", scope={"type": "all_private_chats"}) == []
    assert await telegram.refusal("setMyCommands", commands=[{"command": "Start!", "description": "x"}]) == (
        "Bad Request: BOT_COMMAND_INVALID"
    )
    assert await telegram.refusal("setMyCommands", commands=commands * 101) == "Bad Request: BOT_COMMANDS_TOO_MUCH"
    assert await telegram.call("deleteMyCommands") is True
    assert json.dumps(await telegram.call("getMyCommands")) == "[]"
