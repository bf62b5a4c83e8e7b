"""The browser side: what the page sees, does, and is refused; and that nothing anybody sends is a server error."""

import asyncio
import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.sandbox.browser_stream import RING, BrowserStream
from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.limits import UNPACED
from tokenfilter.adapters.sandbox.sandbox import Sandbox

TOKEN = "123456:sandbox-secret"
ADA, BEN, GROUP, CHANNEL = 710001001, 710001002, -1002001, -1002002
PEOPLE = f"/api/people/{ADA}"


class Page:
    """A sandbox seen from the browser."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(
            token=TOKEN, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), banner="Simulated", limits=UNPACED
        )
        app = Starlette(routes=[Mount("/sandbox", routes=self.sandbox.routes())])
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://local/sandbox"
        )

    async def get(self, path: str):
        return (await self.http.get(path)).json()

    async def post(self, path: str, **fields):
        return (await self.http.post(path, json=fields)).json()

    async def bot(self, method: str, **parameters):
        return (await self.http.post(f"/bot{TOKEN}/{method}", json=parameters)).json()["result"]


@pytest.fixture
async def page():
    page = Page()
    async with page.http:
        yield page
        page.sandbox.close()


async def test_three_people_a_group_and_a_channel_are_there_at_the_start(page) -> None:
    state = await page.get("/api/state")
    assert [(person["id"], person["first_name"]) for person in state["me"]] == [
        (710001001, "Ada"),
        (710001002, "Ben"),
        (710001003, "Cleo"),
    ]
    chats = {chat["id"]: (chat["type"], chat["title"], chat["bot"]) for chat in state["chats"]}
    assert chats[GROUP] == ("supergroup", "Gem hunters", "member")
    assert chats[CHANNEL] == ("channel", "Alpha calls", "administrator")
    assert (state["banner"], state["seq"], state["bot"]["id"]) == ("Simulated", 0, 123456)


async def test_messages_come_oldest_first_a_page_at_a_time_and_say_who_wrote(page) -> None:
    for number in range(5):
        await page.post(f"{PEOPLE}/messages", chat_id=ADA, text=f"say {number}")
    await page.bot("sendMessage", chat_id=ADA, text="said")
    found = (await page.get(f"/api/chats/{ADA}/messages?limit=2"))["messages"]
    assert [message["text"] for message in found] == ["say 4", "said"]
    assert [message.get("out", False) for message in found] == [True, False]
    older = (await page.get(f"/api/chats/{ADA}/messages?before={found[0]['message_id']}&limit=3"))["messages"]
    assert [message["text"] for message in older] == ["say 1", "say 2", "say 3"]
    last = next(chat["last"] for chat in (await page.get("/api/state"))["chats"] if chat["id"] == ADA)
    assert (last["text"], last["from"]) == ("said", "tokenfilter")


async def test_a_post_in_a_channel_reaches_the_bot_as_a_channel_post(page) -> None:
    await page.post(f"{PEOPLE}/messages", chat_id=CHANNEL, text="CA: pump.fun/coin")
    update = (await page.bot("getUpdates"))[0]
    assert update["channel_post"]["sender_chat"]["username"] == "alpha_calls"
    assert "from" not in update["channel_post"]
    assert update["channel_post"]["entities"][0]["type"] == "url"


async def test_a_reply_shows_what_it_replies_to(page) -> None:
    first = await page.post(f"{PEOPLE}/messages", chat_id=GROUP, text="gm")
    reply = await page.post(f"{PEOPLE}/messages", chat_id=GROUP, text="gm you", reply_to_message_id=first["message_id"])
    assert reply["reply_to_message"]["text"] == "gm"


async def test_a_new_person_can_write_at_once(page) -> None:
    person = await page.post("/api/people", first_name="Dora")
    assert person["id"] == 710001004
    message = await page.post(f"/api/people/{person['id']}/messages", chat_id=person["id"], text="hi")
    assert message["from"]["first_name"] == "Dora"


@pytest.mark.parametrize(
    ("path", "fields", "status", "expected"),
    [
        ("/api/people", {}, 400, "expected first_name as text"),
        ("/api/people", {"first_name": " "}, 400, "expected first_name as 1 to 64 characters"),
        ("/api/people", {"first_name": "x", "username": "ADA"}, 400, "this username is taken"),
        ("/api/people", {"first_name": "x", "age": 5}, 400, "unknown field 'age'"),
        (f"{PEOPLE}/messages", {"chat_id": BEN, "text": "x"}, 400, "no such chat for this person"),
        (f"{PEOPLE}/messages", {"chat_id": ADA, "text": " "}, 400, "expected a text that is not empty"),
        (f"{PEOPLE}/messages", {"chat_id": ADA, "text": "x" * 4097}, 400, "expected a text of at most 4096 characters"),
        (f"{PEOPLE}/messages", {"chat_id": "710001001", "text": "x"}, 400, "expected chat_id as a whole number"),
        (f"{PEOPLE}/press", {"chat_id": ADA, "message_id": 9, "data": "x"}, 400, "no such message"),
        ("/api/people/7/block", {}, 404, "no such person"),
        ("/api/people/x/block", {}, 400, "expected person as a whole number"),
        ("/api/faults", {"method": "getMe"}, 400, "expected action as one of error, delay, drop"),
        (
            "/api/faults",
            {"method": "getMe", "action": "delay", "delay": 61},
            400,
            "expected delay as seconds from 0 to 60",
        ),
    ],
)
async def test_a_wrong_request_says_what_is_expected(page, path: str, fields: dict, status: int, expected: str) -> None:
    response = await page.http.post(path, json=fields)
    assert (response.status_code, response.json()) == (status, {"error": expected})


async def test_a_button_that_is_not_there_cannot_be_pressed(page) -> None:
    await page.post(f"{PEOPLE}/messages", chat_id=ADA, text="x")
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "yes"}, {"text": "b", "url": "x.com"}]]}
    sent = await page.bot("sendMessage", chat_id=ADA, text="x", reply_markup=markup)
    press = {"chat_id": ADA, "message_id": sent["message_id"]}
    assert "callback_query_id" in await page.post(f"{PEOPLE}/press", **press, data="yes")
    assert await page.post(f"{PEOPLE}/press", **press, data="no") == {"error": "the message has no such button"}


@pytest.mark.parametrize(("origin", "status"), [("http://evil.com", 403), ("null", 403), ("http://local", 200)])
async def test_other_sites_cannot_change_anything(page, origin: str, status: int) -> None:
    response = await page.http.post(f"{PEOPLE}/block", headers={"Origin": origin})
    assert response.status_code == status
    assert (await page.get("/api/state"))["me"][0]["blocked"] is (status == 200)


async def test_the_stream_resumes_where_it_was_and_ends_on_close(page) -> None:
    await page.post(f"{PEOPLE}/messages", chat_id=ADA, text="one")
    await page.post(f"{PEOPLE}/messages", chat_id=ADA, text="two")
    following = asyncio.create_task(page.http.get("/api/stream", headers={"Last-Event-ID": "1"}))
    for _ in range(100):
        await asyncio.sleep(0)
    sent = await page.bot("sendMessage", chat_id=ADA, text="three")
    place = {"chat_id": ADA, "message_id": sent["message_id"]}
    await page.bot("editMessageText", **place, text="four")
    await page.bot("deleteMessage", **place)
    await page.post(f"{PEOPLE}/block")
    await page.bot("setMyCommands", commands=[{"command": "start", "description": "Begin"}])
    assert not following.done()
    page.sandbox.close()
    response = await following
    assert response.headers["content-type"].startswith("text/event-stream")
    blocks = [block for block in response.text.split("\n\n") if block.startswith("id:")]
    kinds = [block.split("\n")[1].removeprefix("event: ") for block in blocks]
    assert kinds == ["message", "message", "edit", "delete", "person", "commands"]
    bodies = [json.loads(block.split("\n")[2].removeprefix("data: ")) for block in blocks]
    assert [bodies[0]["message"]["text"], bodies[2]["message"]["text"]] == ["two", "four"]
    assert bodies[3] == place
    assert bodies[5] == [{"command": "start", "description": "Begin"}]


async def test_an_answered_press_is_shown_to_who_pressed(page) -> None:
    await page.post(f"{PEOPLE}/messages", chat_id=ADA, text="x")
    markup = {"inline_keyboard": [[{"text": "a", "callback_data": "yes"}]]}
    sent = await page.bot("sendMessage", chat_id=ADA, text="x", reply_markup=markup)
    place = {"chat_id": ADA, "message_id": sent["message_id"]}
    query = await page.post(f"{PEOPLE}/press", **place, data="yes")
    before = (await page.get("/api/state"))["seq"]
    await page.bot("answerCallbackQuery", **query, text="Muted", show_alert=True)
    following = asyncio.create_task(page.http.get("/api/stream", headers={"Last-Event-ID": str(before)}))
    for _ in range(100):
        await asyncio.sleep(0)
    page.sandbox.close()
    answer = json.loads((await following).text.split("data: ")[1].split("\n")[0])
    assert answer == {"person_id": ADA, **place, "text": "Muted", "show_alert": True, "url": None}


@given(missed=st.integers(min_value=0, max_value=3), overflow=st.integers(min_value=-2, max_value=2))
@settings(max_examples=20)
async def test_a_follower_gets_every_event_or_is_told_to_start_over(missed: int, overflow: int) -> None:
    stream = BrowserStream(Chronicle(None))
    for number in range(RING + overflow):
        stream.publish("message", number)
    followed = stream.follow(missed)
    await anext(followed)
    first = await anext(followed)
    await followed.aclose()
    told = first.decode().split("\n")
    expected = "message" if missed >= overflow else "reset"
    assert told[1] == f"event: {expected}"
    assert told[0] == f"id: {missed + 1 if expected == 'message' else stream.seq}"


async def test_the_ledger_lists_every_call_but_polls(page) -> None:
    await page.bot("getMe")
    await page.bot("getUpdates")
    await page.http.post(f"/bot{TOKEN}/sendMessage", json={"chat_id": 5, "text": "x"})
    found = await page.get("/api/ledger")
    calls = found["calls"]
    assert [(call["method"], call["chat_id"], call["error_code"]) for call in calls] == [
        ("getMe", None, None),
        ("sendMessage", 5, 400),
    ]
    assert (await page.get(f"/api/ledger?after={calls[0]['n']}"))["calls"] == calls[1:]
    assert (await page.get("/api/ledger?limit=1")) == {"calls": calls[:1], "last": found["last"]}
    assert (await page.get("/api/ledger?after=9"))["calls"] == []
    assert (await page.get("/api/ledger?limit=5001"))["error"] == "expected limit from 1 to 5000"


async def test_a_scripted_fault_is_met_by_the_calls_it_names_and_no_more(page) -> None:
    await page.post(f"{PEOPLE}/messages", chat_id=ADA, text="x")
    await page.post("/api/faults", method="sendMessage", chat_id=GROUP, times=1, action="error", error_code=502)
    fault = {"error_code": 429, "description": "Too Many Requests: retry after 7", "parameters": {"retry_after": 7}}
    await page.post("/api/faults", method="*", times=2, action="error", **fault)
    send = f"/bot{TOKEN}/sendMessage"
    answers = [(await page.http.post(send, json={"chat_id": ADA, "text": "x"})).json() for _ in range(3)]
    assert [answer["ok"] for answer in answers] == [False, False, True]
    assert answers[0] == {"ok": False, **fault}
    assert (await page.http.post(send, json={"chat_id": GROUP, "text": "x"})).status_code == 502
    await page.post("/api/faults", method="getMe", times=5, action="error")
    assert (await page.http.delete("/api/faults")).json() == {"faults": []}
    assert await page.bot("getMe")


async def test_the_page_is_served(page) -> None:
    assert (await page.http.get("/")).headers["content-type"].startswith("text/html")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELD_NAMES = """
chat_id text caption parse_mode entities caption_entities reply_markup reply_parameters message_id media photo commands
scope offset limit allowed_updates callback_query_id url prices title description payload currency user_id first_name
username data action method times delay link_preview_options message_thread_id
"""
NAMES = st.sampled_from(FIELD_NAMES.split())
DEEDS = ["/api/people", "/api/faults", *(f"{PEOPLE}/{deed}" for deed in ("messages", "press", "block", "pay"))]
FIELDS = st.dictionaries(
    NAMES, st.sampled_from([ADA, GROUP, "HTML", "x", 2, [], {}, {"type": "chat", "chat_id": ADA}]) | JSON, max_size=8
)


@given(index=st.integers(0, 100), fields=FIELDS)
async def test_no_call_of_the_bot_is_a_server_error(index: int, fields: dict) -> None:
    page = Page()
    async with page.http:
        await page.post(f"{PEOPLE}/messages", chat_id=ADA, text="x")
        methods = sorted(page.sandbox._methods())
        response = await page.http.post(
            f"/bot{TOKEN}/{methods[index % len(methods)]}",
            content=json.dumps({**fields, "timeout": 0}),
            headers={"content-type": "application/json"},
        )
        page.sandbox.close()
    assert response.status_code < 500
    assert response.json()["ok"] is (response.status_code == 200)


@given(path=st.sampled_from(DEEDS), fields=FIELDS)
async def test_no_request_of_the_page_is_a_server_error(path: str, fields: dict) -> None:
    page = Page()
    async with page.http:
        response = await page.http.post(path, content=json.dumps(fields))
        page.sandbox.close()
    assert response.status_code < 500
    assert response.status_code == 200 or response.json()["error"]
