"""The file the sandbox remembers in: cut short, damaged, in use, grown large, not writable."""

import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.adapters.kept_sandbox import ACTS, ADA, CARD, KEYBOARD, NOW, TOKEN, Telegram, telegram_in

from tokenfilter.adapters.sandbox.chronicle import Chronicle, WorldUnreadableError
from tokenfilter.adapters.sandbox.formatted_text import FormattedText
from tokenfilter.adapters.sandbox.keyboard import Button
from tokenfilter.adapters.sandbox.message import Chat, File, Invoice, Media, Message, Payment, Person, Text
from tokenfilter.adapters.sandbox.noted_lines import kind_of, line_of, numbers_of, values_of
from tokenfilter.adapters.sandbox.sandbox import Sandbox
from tokenfilter.adapters.sandbox.text_entities import Entity

CONTENTS = st.one_of(
    st.builds(Text, body=st.builds(FormattedText, st.text(), st.lists(st.builds(Entity), max_size=2).map(tuple))),
    st.builds(Media, file=st.builds(File), caption=st.builds(FormattedText, st.text())),
    st.builds(Invoice),
    st.builds(Payment),
)
KEYBOARDS = st.lists(st.lists(st.builds(Button), min_size=1, max_size=2).map(tuple), max_size=2).map(tuple)
MESSAGES = st.builds(Message, content=CONTENTS, keyboard=KEYBOARDS, reply_to=st.none())
REPLIES = st.builds(Message, content=CONTENTS, keyboard=KEYBOARDS, reply_to=MESSAGES)


@pytest.fixture
def directory():
    with tempfile.TemporaryDirectory() as made:
        yield Path(made) / "sandbox"


@given(
    st.lists(st.integers(), max_size=3),
    st.lists(st.one_of(MESSAGES, REPLIES, st.builds(Person), st.builds(Chat), st.text(), st.none()), max_size=3),
)
def test_a_line_gives_back_what_was_noted(numbers, values) -> None:
    line = line_of("some_kind", *numbers, *values)
    assert "\n" not in line
    assert kind_of(line) == "some_kind"
    assert numbers_of(line)[: len(numbers)] == tuple(numbers)
    assert values_of(line) == [*numbers, *values]


@settings(max_examples=60)
@given(cut=st.integers(min_value=1))
async def test_an_act_cut_short_anywhere_is_dropped_as_a_whole(cut: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        keep = Path(made) / "sandbox"
        async with telegram_in(keep) as telegram:
            await ACTS["say"](telegram)
            before = await telegram.knows()
            file = keep / "world.jsonl"
            whole = file.stat().st_size
            await telegram.bot("sendMessage", chat_id=ADA, text=CARD, parse_mode="HTML", reply_markup=KEYBOARD)
        content = file.read_bytes()
        file.write_bytes(content[: whole + cut % (len(content) - whole)])
        async with telegram_in(keep) as telegram:
            after = await telegram.knows()
            assert after["messages"] == before["messages"]
            assert not any(call["method"] == "sendMessage" for call in after["ledger"])
            await ACTS["card"](telegram)
        async with telegram_in(keep) as telegram:
            assert len((await telegram.get(f"/api/chats/{ADA}/messages"))["messages"]) == 2


@pytest.mark.parametrize("damaged", ['["person",["Nobody",1]]', '["person"', "x", '["hm",1]', '["message",5,5,[]]'])
def test_a_damaged_file_is_refused_by_its_name_and_left_alone(directory, damaged) -> None:
    directory.mkdir()
    file = directory / "world.jsonl"
    file.write_text(f'["world",1]\n{damaged}\n"."\n')
    with pytest.raises(WorldUnreadableError, match=r"world.jsonl cannot be read before line 3: move it away"):
        Sandbox(token=TOKEN, clock=lambda: NOW, keep=directory).open()
    assert damaged in file.read_text()
    file.write_text('["world",99]\n')
    with pytest.raises(WorldUnreadableError, match="line 1"):
        Sandbox(token=TOKEN, clock=lambda: NOW, keep=directory).open()


def test_a_directory_in_use_is_refused_until_it_is_let_go(directory) -> None:
    first, second = Chronicle(directory), Chronicle(directory)
    first.open()
    with pytest.raises(WorldUnreadableError, match="another sandbox uses"):
        second.open()
    first.close()
    first.close()
    second.open()
    second.close()


async def test_what_was_not_opened_answers_nothing(directory) -> None:
    telegram = Telegram(directory)
    async with telegram.http:
        with pytest.raises(RuntimeError, match="not opened"):
            await telegram.bot("getMe")
    assert not directory.exists()


async def test_a_file_that_has_grown_large_is_written_anew_in_short(directory, monkeypatch) -> None:
    monkeypatch.setattr(Chronicle.__init__, "__kwdefaults__", {"most_bytes": 20_000})
    async with telegram_in(directory) as telegram:
        await ACTS["say"](telegram)
        sent = (await telegram.bot("sendMessage", chat_id=ADA, text="0"))["result"]["message_id"]
        sizes = []
        for number in range(60):
            await telegram.bot("editMessageText", chat_id=ADA, message_id=sent, text=f"{number} " + "x" * 1_000)
            sizes.append((directory / "world.jsonl").stat().st_size)
        before = await telegram.knows()
    assert max(sizes) < 40_000
    assert any(later < earlier for earlier, later in pairwise(sizes))
    async with telegram_in(directory) as telegram:
        assert (await telegram.knows())["messages"] == before["messages"]


async def test_what_cannot_be_written_is_refused_and_written_with_the_next_act(directory) -> None:
    file, aside = directory / "world.jsonl", directory / "aside"
    async with telegram_in(directory) as telegram:
        await ACTS["say"](telegram)
        file.rename(aside)
        file.mkdir()
        assert (await telegram.bot("sendMessage", chat_id=ADA, text="x"))["error_code"] == 500
        refused = await telegram.http.post(f"/api/people/{ADA}/block")
        assert (refused.status_code, refused.json()["error"]) == (
            500,
            "the sandbox can remember nothing: is the disk full?",
        )
        file.rmdir()
        aside.rename(file)
        await telegram.bot("getMe")
        before = await telegram.knows()
    async with telegram_in(directory) as telegram:
        assert (await telegram.knows())["messages"] == before["messages"]


async def test_a_page_left_open_over_the_end_starts_over(directory) -> None:
    async with telegram_in(directory) as telegram:
        await ACTS["say"](telegram)
        last = (await telegram.get("/api/state"))["seq"]
    async with telegram_in(directory) as telegram:
        await ACTS["say"](telegram)
        for seen in (0, last):
            followed = telegram.sandbox._stream.follow(seen)
            await anext(followed)
            assert b"event: reset" in await anext(followed)
            await followed.aclose()
