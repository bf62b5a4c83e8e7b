"""A sandbox that keeps its world, what people and bot do in it, and all that can be learnt from it."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.sandbox.limits import UNPACED
from tokenfilter.adapters.sandbox.sandbox import Sandbox

TOKEN = "123456:sandbox-secret"
ADA, BEN, GROUP = 710001001, 710001002, -1002001
NOW = datetime(2026, 1, 2, tzinfo=UTC)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000010000000200806000000")
PRICES = [{"label": "A month", "amount": 500}]
INVOICE = {"title": "Plan", "description": "A month", "payload": "order:1", "currency": "XTR", "prices": PRICES}
KEYBOARD = {"inline_keyboard": [[{"text": "Why", "callback_data": "why"}, {"text": "Chart", "url": "https://x.io"}]]}
CARD = "🎯 <code>Early</code> matched <b>$113k</b>\n<code>6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN</code>"


class Telegram:
    """A sandbox that keeps its world in a directory, if any, spoken to over HTTP in the same process."""

    def __init__(self, keep: Path | None, *, limits=UNPACED) -> None:
        self.sandbox = Sandbox(token=TOKEN, clock=lambda: NOW, limits=limits, keep=keep)
        app = Starlette(routes=[Mount("/sandbox", routes=self.sandbox.routes())])
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local/sandbox")

    async def bot(self, method: str, *, files=None, **parameters):
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
        return (await self.http.post(f"/bot{TOKEN}/{method}", data=form, files=files)).json()

    async def person(self, path: str, **fields):
        return (await self.http.post(f"/api/{path}", json=fields)).json()

    async def get(self, path: str):
        return (await self.http.get(path)).json()

    async def knows(self) -> dict:
        """All that page and bot can learn; the ledger first, because asking adds to it."""
        ledger, state = await self.get("/api/ledger?limit=5000"), await self.get("/api/state")
        chats = [chat["id"] for chat in state["chats"]]
        messages = {chat: await self.get(f"/api/chats/{chat}/messages?limit=200") for chat in chats}
        photos = [m["photo"][0]["file_id"] for page in messages.values() for m in page["messages"] if "photo" in m]
        return {
            "state": {**state, "seq": None},
            "messages": messages,
            "files": {photo: (await self.http.get(f"/api/file/{photo}")).content for photo in photos},
            "ledger": ledger["calls"],
            "updates": (await self.bot("getUpdates"))["result"],
            "stars": await self.bot("getStarTransactions"),
            "commands": await self.bot("getMyCommands", language_code="de"),
            "shown": self.sandbox.shown(),
        }


@asynccontextmanager
async def telegram_in(keep: Path, **more):
    telegram = Telegram(keep, **more)
    telegram.sandbox.open()
    async with telegram.http:
        yield telegram
        telegram.sandbox.close()


async def newest(telegram: Telegram, chat: int) -> int:
    found = (await telegram.get(f"/api/chats/{chat}/messages?limit=1"))["messages"]
    return found[0]["message_id"] if found else 1


async def press(telegram: Telegram) -> None:
    sent = await telegram.bot("sendMessage", chat_id=ADA, text="?", reply_markup=KEYBOARD)
    message = sent.get("result", {}).get("message_id", 1)
    await telegram.person(f"people/{ADA}/press", chat_id=ADA, message_id=message, data="why")


async def pay(telegram: Telegram) -> None:
    await telegram.bot("getUpdates", allowed_updates=[])
    sent = await telegram.bot("sendInvoice", chat_id=ADA, **INVOICE)
    if sent["ok"]:
        invoice = {"chat_id": ADA, "message_id": sent["result"]["message_id"]}
        pending = (await telegram.bot("getUpdates", offset=-1))["result"]
        paying = asyncio.create_task(telegram.person(f"people/{ADA}/pay", **invoice))
        after = pending[0]["update_id"] + 1 if pending else 0
        asked = (await telegram.bot("getUpdates", offset=after, timeout=10))["result"][0]["pre_checkout_query"]
        await telegram.bot("answerPreCheckoutQuery", pre_checkout_query_id=asked["id"], ok=True)
        assert (await paying)["ok"]


ACTS = {
    "say": lambda t: t.person(f"people/{ADA}/messages", chat_id=ADA, text="hi @ben_k, see pump.fun/coin"),
    "say in the group": lambda t: t.person(f"people/{BEN}/messages", chat_id=GROUP, text="gm"),
    "card": lambda t: t.bot("sendMessage", chat_id=ADA, text=CARD, parse_mode="HTML", reply_markup=KEYBOARD),
    "nobody there": lambda t: t.bot("sendMessage", chat_id=5, text="x"),
    "photo": lambda t: t.bot("sendPhoto", chat_id=GROUP, caption="<b>a</b>", parse_mode="HTML", files={"photo": PNG}),
    "album": lambda t: t.bot(
        "sendMediaGroup",
        chat_id=GROUP,
        media=[{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": "attach://b"}],
        files={"a": PNG, "b": PNG + b"b"},
    ),
    "invoice": lambda t: t.bot("sendInvoice", chat_id=ADA, **INVOICE),
    "link": lambda t: t.bot("createInvoiceLink", **INVOICE),
    "commands": lambda t: t.bot(
        "setMyCommands", language_code="de", commands=[{"command": "why", "description": "Warum"}]
    ),
    "no commands": lambda t: t.bot("deleteMyCommands", language_code="de"),
    "kinds": lambda t: t.bot("getUpdates", allowed_updates=["message"]),
    "block": lambda t: t.person(f"people/{ADA}/block"),
    "new person": lambda t: t.person("people", first_name="Dora"),
    "press": press,
    "pay": pay,
}


async def edit(telegram: Telegram) -> None:
    await telegram.bot("editMessageText", chat_id=ADA, message_id=await newest(telegram, ADA), text="changed")


async def delete(telegram: Telegram) -> None:
    await telegram.bot("deleteMessage", chat_id=ADA, message_id=await newest(telegram, ADA))


async def reply(telegram: Telegram) -> None:
    replied = {"message_id": await newest(telegram, ADA)}
    await telegram.bot("sendMessage", chat_id=ADA, text="because", reply_parameters=replied)


async def confirm(telegram: Telegram) -> None:
    pending = (await telegram.bot("getUpdates", limit=1))["result"]
    if pending:
        await telegram.bot("getUpdates", offset=pending[0]["update_id"] + 1)


ACTS |= {"edit": edit, "delete": delete, "reply": reply, "confirm": confirm}
