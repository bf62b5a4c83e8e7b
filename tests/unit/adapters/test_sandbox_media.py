"""Files, albums, payments and the webhook."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.sandbox.limits import UNPACED
from tokenfilter.adapters.sandbox.multipart import parse_multipart
from tokenfilter.adapters.sandbox.pictures import picture_size
from tokenfilter.adapters.sandbox.sandbox import Sandbox

TOKEN = "123456:sandbox-secret"
ADA = 710001001
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000010000000200806000000")
PRICES = [{"label": "A month", "amount": 500}]
INVOICE = {"title": "Plan", "description": "A month", "payload": "order:1", "currency": "XTR", "prices": PRICES}


class Telegram:
    """A sandbox whose webhook deliveries land in a list and fail as often as `failing` says."""

    def __init__(self) -> None:
        self.failing = 0
        self.delivered: list[tuple[Mapping[str, str], dict]] = []
        self.slept: list[float] = []
        self.arrived = asyncio.Event()
        self.sandbox = Sandbox(
            token=TOKEN,
            clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
            limits=UNPACED,
            webhook_sender=self._receive,
            sleep=self._sleep,
        )
        app = Starlette(routes=[Mount("/sandbox", routes=self.sandbox.routes())])
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local/sandbox")

    async def _receive(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        if self.failing:
            self.failing -= 1
            if self.failing % 2:
                raise ConnectionRefusedError
            return 500
        self.delivered.append((headers, json.loads(body)))
        self.arrived.set()
        return 200

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def answer(self, method: str, files: dict | None = None, **parameters):
        data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
        return (await self.http.post(f"/bot{TOKEN}/{method}", data=data, files=files)).json()

    async def call(self, method: str, files: dict | None = None, **parameters):
        answer = await self.answer(method, files, **parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, files: dict | None = None, **parameters) -> str:
        return (await self.answer(method, files, **parameters))["description"]

    async def do(self, path: str, **fields):
        return (await self.http.post(f"/api/{path}", json=fields)).json()


@pytest.fixture
async def telegram():
    telegram = Telegram()
    async with telegram.http:
        await telegram.do(f"people/{ADA}/messages", chat_id=ADA, text="/start")
        yield telegram
        telegram.sandbox.close()


async def test_an_upload_is_sent_again_by_its_id_and_downloaded_whole(telegram) -> None:
    sent = await telegram.call("sendPhoto", {"photo": ("a.png", PNG, "image/png")}, chat_id=ADA, caption="x")
    size = sent["photo"][-1]
    assert (size["width"], size["height"]) == (16, 32)
    again = await telegram.call("sendPhoto", chat_id=ADA, photo=size["file_id"])
    assert again["photo"] == sent["photo"]
    path = (await telegram.call("getFile", file_id=size["file_id"]))["file_path"]
    assert (await telegram.http.get(f"/file/bot{TOKEN}/{path}")).content == PNG
    assert (await telegram.http.get(f"/file/bot{TOKEN}/photos/nothing.jpg")).status_code == 404
    shown = await telegram.http.get(f"/api/file/{size['file_id']}")
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")


@pytest.mark.parametrize("kind", ["video", "animation", "document"])
async def test_other_media_keep_their_names_and_types(telegram, kind: str) -> None:
    files = {kind: ("clip.mp4", b"moving", "video/mp4")}
    sent = await telegram.call(f"send{kind.capitalize()}", files, chat_id=ADA, width=640, height=360, duration=5)
    assert (sent[kind]["file_name"], sent[kind]["mime_type"]) == ("clip.mp4", "video/mp4")


async def test_files_are_refused_in_the_words_of_telegram(telegram) -> None:
    refused = telegram.refusal
    assert await refused("sendPhoto", chat_id=ADA) == "Bad Request: there is no photo in the request"
    assert await refused("sendPhoto", {"photo": ("a", b"text", "image/png")}, chat_id=ADA) == (
        "Bad Request: IMAGE_PROCESS_FAILED"
    )
    assert await refused("sendDocument", {"document": ("a", b"", "text/plain")}, chat_id=ADA) == (
        "Bad Request: file must be non-empty"
    )
    assert await refused("sendPhoto", chat_id=ADA, photo="https://x.com/a.png") == (
        "Bad Request: failed to get HTTP URL content"
    )
    assert await refused("getFile", file_id="x") == (
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    )
    thin = PNG[:16] + (1).to_bytes(4) + (21).to_bytes(4)
    assert await refused("sendPhoto", {"photo": ("a", thin, "image/png")}, chat_id=ADA) == (
        "Bad Request: PHOTO_INVALID_DIMENSIONS"
    )


async def test_an_album_holds_two_to_ten_and_shares_one_id(telegram) -> None:
    media = [{"type": "photo", "media": "attach://one"}] * 2
    files = {"one": ("a.png", PNG, "image/png")}
    sent = await telegram.call("sendMediaGroup", files, chat_id=ADA, media=media)
    assert len({message["media_group_id"] for message in sent}) == 1
    for wrong in (media[:1], media * 6):
        assert "2-10 items" in await telegram.refusal("sendMediaGroup", files, chat_id=ADA, media=wrong)
    animation = [{"type": "animation", "media": "attach://one"}] * 2
    assert await telegram.refusal("sendMediaGroup", files, chat_id=ADA, media=animation) == (
        "Bad Request: can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup"
    )


async def test_a_file_is_exchanged_in_place_and_a_caption_edited(telegram) -> None:
    sent = await telegram.call("sendPhoto", {"photo": ("a.png", PNG, "image/png")}, chat_id=ADA, caption="x")
    place = {"chat_id": ADA, "message_id": sent["message_id"]}
    edited = await telegram.call("editMessageCaption", **place, caption="<i>y</i>", parse_mode="HTML")
    assert (edited["caption"], edited["caption_entities"][0]["type"]) == ("y", "italic")
    media = {"type": "document", "media": "attach://new", "caption": "z"}
    edited = await telegram.call("editMessageMedia", {"new": ("b.txt", b"b", "text/plain")}, **place, media=media)
    assert (edited["document"]["file_name"], edited["caption"]) == ("b.txt", "z")
    assert await telegram.refusal("editMessageText", **place, text="x") == (
        "Bad Request: there is no text in the message to edit"
    )


async def test_a_paid_invoice_is_asked_about_booked_and_can_be_refunded_once(telegram) -> None:
    link = await telegram.call("createInvoiceLink", **INVOICE, subscription_period=2592000)
    paying = asyncio.create_task(telegram.do(f"people/{ADA}/pay", link=link))
    update = (await telegram.call("getUpdates", offset=-1, timeout=5))[0]
    while "pre_checkout_query" not in update:
        update = (await telegram.call("getUpdates", offset=update["update_id"] + 1, timeout=5))[0]
    query = update["pre_checkout_query"]
    assert (query["total_amount"], query["invoice_payload"]) == (500, "order:1")
    await telegram.call("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)
    charge = (await paying)["charge_id"]
    paid = (await telegram.call("getUpdates", offset=-1))[0]["message"]["successful_payment"]
    assert (paid["telegram_payment_charge_id"], paid["is_first_recurring"]) == (charge, True)
    refund = {"user_id": ADA, "telegram_payment_charge_id": charge}
    assert await telegram.call("refundStarPayment", **refund) is True
    assert await telegram.refusal("refundStarPayment", **refund) == "Bad Request: CHARGE_ALREADY_REFUNDED"
    booked = (await telegram.call("getStarTransactions"))["transactions"]
    assert ["source" in transaction for transaction in booked] == [True, False]
    assert "too old" in await telegram.refusal("answerPreCheckoutQuery", pre_checkout_query_id=query["id"], ok=True)


async def test_a_refused_checkout_takes_nothing(telegram) -> None:
    sent = await telegram.call("sendInvoice", chat_id=ADA, **INVOICE)
    paying = asyncio.create_task(telegram.do(f"people/{ADA}/pay", chat_id=ADA, message_id=sent["message_id"]))
    update = (await telegram.call("getUpdates", offset=-1, timeout=5))[0]
    while "pre_checkout_query" not in update:
        update = (await telegram.call("getUpdates", offset=update["update_id"] + 1, timeout=5))[0]
    query = update["pre_checkout_query"]["id"]
    await telegram.call("answerPreCheckoutQuery", pre_checkout_query_id=query, ok=False, error_message="sold out")
    assert await paying == {"ok": False, "error": "sold out"}
    assert await telegram.call("getStarTransactions") == {"transactions": []}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "x" * 33}, "INVOICE_TITLE_INVALID"),
        ({"payload": "ж" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"prices": PRICES * 2}, "STARS_INVOICE_INVALID"),
        ({"prices": [{"label": "x", "amount": 10_001}]}, "STARS_INVOICE_INVALID"),
        ({"provider_token": "x"}, "PAYMENT_PROVIDER_INVALID"),
        ({"subscription_period": 86400}, "SUBSCRIPTION_PERIOD_INVALID"),
        ({"title": ""}, 'parameter "title" is required'),
    ],
)
async def test_an_invoice_outside_the_rules_is_refused(telegram, change: dict, expected: str) -> None:
    assert await telegram.refusal("createInvoiceLink", **{**INVOICE, **change}) == f"Bad Request: {expected}"


async def test_a_webhook_gets_every_update_once_in_order_despite_failures(telegram) -> None:
    telegram.failing = 4
    secret = {"url": "https://local/hook", "secret_token": "s-1"}
    assert await telegram.call("setWebhook", **secret, drop_pending_updates=True) is True
    assert "webhook is active" in await telegram.refusal("getUpdates")
    for text in ("one", "two"):
        await telegram.do(f"people/{ADA}/messages", chat_id=ADA, text=text)
    while len(telegram.delivered) < 2:
        telegram.arrived.clear()
        await telegram.arrived.wait()
    assert [body["message"]["text"] for _, body in telegram.delivered] == ["one", "two"]
    assert {headers["X-Telegram-Bot-Api-Secret-Token"] for headers, _ in telegram.delivered} == {"s-1"}
    assert telegram.slept == [1, 2, 4, 8]
    await asyncio.sleep(0)
    info = await telegram.call("getWebhookInfo")
    assert (info["url"], info["pending_update_count"]) == ("https://local/hook", 0)
    assert await telegram.call("deleteWebhook") is True
    assert await telegram.call("getUpdates") == []


async def test_setting_a_webhook_ends_a_waiting_poll(telegram) -> None:
    poll = asyncio.create_task(telegram.answer("getUpdates", offset=2**40, timeout=30))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not poll.done()
    await telegram.call("setWebhook", url="https://local/hook")
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"
    assert "HTTPS URL" in await telegram.refusal("setWebhook", url="http://local/hook")


@given(
    st.dictionaries(st.text("abcdefgh_", min_size=1), st.text(st.characters(exclude_categories=["Cs"])), max_size=4),
    st.binary(max_size=200),
)
async def test_any_multipart_form_is_read_back(values: dict[str, str], content: bytes) -> None:
    request = httpx.Request("POST", "http://x", data=values, files={"FILE": ("näme.bin", content, "a/b")})
    read, files = parse_multipart(request.headers["content-type"], request.read())
    assert read == values
    assert (files["FILE"].content, files["FILE"].mime_type) == (content, "a/b")


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n0000IHDR", b"GIF89a", b"RIFF0000WEBPVP8X", b"\xff\xd8", b""]), st.binary())
def test_the_size_of_a_broken_picture_is_unknown_or_positive(start: bytes, rest: bytes) -> None:
    size = picture_size(start + rest)
    assert size is None or min(size) > 0
