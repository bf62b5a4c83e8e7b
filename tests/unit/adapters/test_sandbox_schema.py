"""Every answer and every update conforms to the published Bot API schema, when that is at hand."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.sandbox.limits import UNPACED
from tokenfilter.adapters.sandbox.sandbox import Sandbox

TOKEN = "123456:sandbox-secret"
ADA, GROUP, CHANNEL = 710001001, -1002001, -1002002
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000010000000200806000000")
RECORDED = Path(os.environ.get("TOKENFILTER_RECORDED", Path(__file__).parents[4] / "shared" / "data"))
SCHEMA = RECORDED / "telegram" / "bot_api_schema.json"
PLAIN = {"Integer": int, "String": str, "Boolean": bool, "Float": float, "True": bool}


NEWER = {"AcceptedGiftTypes": {"gifts_from_channels"}}
"""Fields that came after the recorded version 9.2 and that python-telegram-bot 22.8 insists on."""


class Schema:
    def __init__(self, document: dict) -> None:
        self.methods = document["methods"]
        self.types = document["types"]

    def faults(self, value: object, kind: str, at: str) -> list[str]:
        """What in `value` does not conform to the type named `kind`; `at` is the way to it."""
        if kind.startswith("Array of "):
            if not isinstance(value, list):
                return [f"{at}: not a list"]
            inner = kind.removeprefix("Array of ")
            return [fault for n, item in enumerate(value) for fault in self.faults(item, inner, f"{at}[{n}]")]
        if kind in PLAIN:
            good = isinstance(value, PLAIN[kind]) and isinstance(value, bool) is (PLAIN[kind] is bool)
            return [] if good else [f"{at}: {value!r} is not {kind}"]
        if subtypes := self.types[kind].get("subtypes"):
            return min((self.faults(value, subtype, f"{at}:{subtype}") for subtype in subtypes), key=len)
        if not isinstance(value, dict):
            return [f"{at}: not an object"]
        fields = {field["name"]: field for field in self.types[kind].get("fields", [])}
        found = [f"{at}.{name}: unknown" for name in sorted(set(value) - set(fields) - NEWER.get(kind, set()))]
        for name, field in fields.items():
            if name in value:
                found += min((self.faults(value[name], one, f"{at}.{name}") for one in field["types"]), key=len)
            elif field["required"]:
                found.append(f"{at}.{name}: missing")
        return found


@pytest.fixture
def schema() -> Schema:
    if not SCHEMA.is_file():
        pytest.skip(f"no recorded schema: {SCHEMA.name} is not under TOKENFILTER_RECORDED")
    return Schema(json.loads(SCHEMA.read_text()))


class Telegram:
    def __init__(self, schema: Schema) -> None:
        async def receive(url, headers, body) -> int:
            return 200

        self.schema = schema
        self.checked: set[str] = set()
        self.sandbox = Sandbox(
            token=TOKEN, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), limits=UNPACED, webhook_sender=receive
        )
        app = Starlette(routes=[Mount("/sandbox", routes=self.sandbox.routes())])
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local/sandbox")

    async def call(self, method: str, files: dict | None = None, **parameters):
        data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
        answer = (await self.http.post(f"/bot{TOKEN}/{method}", data=data, files=files)).json()
        assert answer["ok"], answer
        returns = self.schema.methods[method]["returns"]
        assert min((self.schema.faults(answer["result"], kind, method) for kind in returns), key=len) == []
        self.checked.add(method.lower())
        return answer["result"]

    async def do(self, path: str, **fields):
        response = await self.http.post(f"/api/{path}", json=fields)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.mark.recorded
async def test_every_method_answers_and_every_update_looks_as_published(schema: Schema) -> None:
    telegram = Telegram(schema)
    call, do = telegram.call, telegram.do
    png = {"photo": ("a.png", PNG, "image/png")}
    rows = [
        [{"text": "a", "callback_data": "go"}, {"text": "b", "url": "x.com"}],
        [{"text": "c", "copy_text": {"text": "x"}}, {"text": "d", "web_app": {"url": "https://x.com"}}],
        [{"text": "e", "switch_inline_query": "q"}],
    ]
    marked = '<b>x</b> <a href="x.com">y</a> <a href="tg://user?id=710001001">z</a> <pre>q</pre>'
    async with telegram.http:
        for chat in (ADA, GROUP, CHANNEL):
            said = await do(
                f"people/{ADA}/messages", chat_id=chat, text="/start claim-now.com @someone #gem $TAG a@b.io"
            )
            await call("getChat", chat_id=chat)
            await call("getChatMember", chat_id=chat, user_id=ADA)
            await call("getChatMember", chat_id=chat, user_id=710001002)
            await call("getChatMember", chat_id=chat, user_id=123456)
            await call(
                "sendMessage",
                chat_id=chat,
                text=marked,
                parse_mode="HTML",
                reply_parameters={"message_id": said["message_id"]},
                link_preview_options={"is_disabled": True},
                protect_content=True,
            )
        sent = await call("sendMessage", chat_id=ADA, text="x", reply_markup={"inline_keyboard": rows})
        place = {"chat_id": ADA, "message_id": sent["message_id"]}
        query = await do(f"people/{ADA}/press", **place, data="go")
        await call("answerCallbackQuery", **query)
        await call("editMessageText", **place, text="y")
        await call("editMessageReplyMarkup", **place, reply_markup={"inline_keyboard": rows[:1]})
        await call("deleteMessage", **place)
        await call("sendChatAction", chat_id=ADA, action="typing")
        for kind in ("Video", "Animation", "Document"):
            await call(f"send{kind}", {kind.lower(): ("a", b"x", "video/mp4")}, chat_id=ADA)
        photo = await call("sendPhoto", png, chat_id=ADA, caption="<i>c</i>", parse_mode="HTML", has_spoiler=True)
        place = {"chat_id": ADA, "message_id": photo["message_id"]}
        await call("editMessageCaption", **place, caption="d", show_caption_above_media=True)
        media = {"type": "photo", "media": photo["photo"][0]["file_id"]}
        await call("editMessageMedia", **place, media=media)
        await call("sendMediaGroup", chat_id=ADA, media=[media, media])
        await call("getFile", file_id=media["media"])
        await call("setMyCommands", commands=[{"command": "start", "description": "Begin"}])
        await call("getMyCommands")
        await call("deleteMyCommands")
        await call("getMe")
        prices = [{"label": "x", "amount": 5}]
        goods = {"title": "t", "description": "d", "payload": "p", "currency": "XTR", "prices": prices}
        await call("sendInvoice", chat_id=ADA, **goods)
        link = await call("createInvoiceLink", **goods, subscription_period=2592000)
        paying = asyncio.create_task(do(f"people/{ADA}/pay", link=link))
        updates = await call("getUpdates")
        while "pre_checkout_query" not in updates[-1]:
            updates += await call("getUpdates", offset=updates[-1]["update_id"] + 1, timeout=5)
        query_id = updates[-1]["pre_checkout_query"]["id"]
        await call("answerPreCheckoutQuery", pre_checkout_query_id=query_id, ok=True)
        charge = (await paying)["charge_id"]
        await call("refundStarPayment", user_id=ADA, telegram_payment_charge_id=charge)
        await call("getStarTransactions")
        await do(f"people/{ADA}/block")
        updates += await call("getUpdates", offset=updates[-1]["update_id"] + 1)
        await call("setWebhook", url="https://local/hook", allowed_updates=["message"])
        await call("getWebhookInfo")
        await call("deleteWebhook")
        await call("getWebhookInfo")
        telegram.sandbox.close()
    assert {kind for update in updates for kind in update} == {
        "update_id",
        "message",
        "channel_post",
        "callback_query",
        "pre_checkout_query",
        "my_chat_member",
    }
    assert telegram.checked == set(telegram.sandbox._methods())


@pytest.mark.recorded
def test_the_check_itself_finds_unknown_missing_and_wrong_fields(schema: Schema) -> None:
    user = {"id": 1, "is_bot": False, "first_name": "x"}
    assert schema.faults(user, "User", "user") == []
    assert schema.faults({**user, "age": 5}, "User", "user") == ["user.age: unknown"]
    assert schema.faults({**user, "id": "1"}, "User", "user") == ["user.id: '1' is not Integer"]
    assert schema.faults({"id": 1, "is_bot": False}, "User", "user") == ["user.first_name: missing"]
