"""The sandbox keeps its world: what it knew before its end, however that came, it knows after the next start."""

import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.adapters.kept_sandbox import ACTS, ADA, GROUP, PNG, press, telegram_in

from tokenfilter.adapters.sandbox import world
from tokenfilter.adapters.sandbox.sandbox import TELEGRAM


@pytest.fixture
def directory():
    with tempfile.TemporaryDirectory() as made:
        yield Path(made) / "sandbox"


@settings(max_examples=25)
@given(story=st.lists(st.lists(st.sampled_from(sorted(ACTS)), max_size=8), min_size=1, max_size=4))
async def test_after_every_end_page_and_bot_learn_what_they_learnt_before_it(story: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        keep = Path(made) / "sandbox"
        for acts in story:
            async with telegram_in(keep) as telegram:
                for act in ["say", *acts]:
                    await ACTS[act](telegram)
                before = await telegram.knows()
            async with telegram_in(keep) as telegram:
                after = await telegram.knows()
            assert after["ledger"][: len(before["ledger"])] == before["ledger"]
            assert {**after, "ledger": None} == {**before, "ledger": None}


async def test_numbers_go_on_where_they_ended(directory) -> None:
    async with telegram_in(directory) as telegram:
        await ACTS["say"](telegram)
        last = (await telegram.bot("sendMessage", chat_id=ADA, text="x"))["result"]["message_id"]
        await telegram.bot("deleteMessage", chat_id=ADA, message_id=last)
        query = (await telegram.bot("getUpdates"))["result"][-1]["update_id"]
        await telegram.bot("getUpdates", offset=query + 1)
        calls = (await telegram.get("/api/ledger"))["last"]
    for _ in range(2):
        async with telegram_in(directory) as telegram:
            assert (await telegram.get("/api/ledger"))["last"] == calls
            sent = (await telegram.bot("sendMessage", chat_id=ADA, text="x"))["result"]["message_id"]
            said = (await telegram.person(f"people/{ADA}/messages", chat_id=ADA, text="x"))["message_id"]
            assert (sent, said) == (last + 1, last + 2)
            assert [u["update_id"] for u in (await telegram.bot("getUpdates", offset=-1))["result"]] == [query + 1]
        last, query, calls = last + 2, query + 1, calls + 1
    async with telegram_in(directory) as telegram:
        await telegram.bot("getUpdates", offset=query + 1)
    async with telegram_in(directory) as telegram:
        assert (await telegram.bot("getUpdates"))["result"] == []


async def test_a_button_pressed_before_the_end_is_answered_once_after_it(directory) -> None:
    async with telegram_in(directory) as telegram:
        await ACTS["say"](telegram)
        await press(telegram)
        query = (await telegram.bot("getUpdates", offset=-1))["result"][0]["callback_query"]["id"]
    async with telegram_in(directory) as telegram:
        assert (await telegram.bot("answerCallbackQuery", callback_query_id=query))["ok"]
    async with telegram_in(directory) as telegram:
        assert not (await telegram.bot("answerCallbackQuery", callback_query_id=query))["ok"]


async def test_an_end_is_no_way_around_the_rates(directory) -> None:
    async with telegram_in(directory, limits=TELEGRAM) as telegram:
        await ACTS["say"](telegram)
        for _ in range(TELEGRAM.chat_per_second):
            assert (await telegram.bot("sendMessage", chat_id=ADA, text="x"))["ok"]
    async with telegram_in(directory, limits=TELEGRAM) as telegram:
        assert (await telegram.bot("sendMessage", chat_id=ADA, text="x"))["error_code"] == 429


async def test_only_the_owner_may_read_what_is_kept(directory) -> None:
    async with telegram_in(directory) as telegram:
        for act in ("say", "photo", "card"):
            await ACTS[act](telegram)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (directory, *directory.iterdir())}
    assert modes == {"sandbox": 0o700, "files": 0o700, "world.jsonl": 0o600, "lock": 0o600}


async def test_a_chat_is_remembered_up_to_its_newest_messages(directory, monkeypatch) -> None:
    monkeypatch.setattr(world, "MAX_REMEMBERED", 3)
    async with telegram_in(directory) as telegram:
        for number in range(5):
            await telegram.person(f"people/{ADA}/messages", chat_id=ADA, text=str(number))
        telegram.sandbox._chronicle._shorten()
        await telegram.bot("deleteMessage", chat_id=ADA, message_id=5)
        await telegram.bot("sendMessage", chat_id=ADA, text="5", reply_parameters={"message_id": 1})
        own = (await telegram.bot("sendMessage", chat_id=ADA, text="6"))["result"]["message_id"]
        for number in range(7, 12):
            await telegram.bot("sendMessage", chat_id=ADA, text=str(number))
        telegram.sandbox._chronicle._shorten()
        await telegram.bot("editMessageText", chat_id=ADA, message_id=own, text="too old to be remembered")
    async with telegram_in(directory) as telegram:
        found = (await telegram.get(f"/api/chats/{ADA}/messages"))["messages"]
    assert [message["text"] for message in found] == ["9", "10", "11"]


async def test_a_content_that_nothing_refers_to_goes_and_a_lost_one_is_not_found(directory) -> None:
    async with telegram_in(directory) as telegram:
        photo = (await telegram.bot("sendPhoto", chat_id=GROUP, files={"photo": PNG}))["result"]["photo"][0]["file_id"]
    (directory / "files" / "stray").write_bytes(PNG)
    async with telegram_in(directory) as telegram:
        assert [p.name for p in (directory / "files").iterdir()] == [photo]
        assert (await telegram.bot("sendPhoto", chat_id=GROUP, photo=photo))["ok"]
        shutil.rmtree(directory / "files")
        assert (await telegram.http.get(f"/api/file/{photo}")).status_code == 404
