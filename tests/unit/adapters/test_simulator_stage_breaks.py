"""The stage's buttons that break something: who may press them, what they answer, and the tally under them."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tokenfilter.adapters.memory.clock import HandClock
from tokenfilter.adapters.memory.journal import MemoryJournal
from tokenfilter.adapters.memory.subscribers import MemorySubscribers
from tokenfilter.adapters.simulator.stage_page import StagePage
from tokenfilter.adapters.simulator.token_feed import StageFeed
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.testing.examples import NOON

TALLY = {"owed": 3, "told": 1, "waiting": 1, "withheld": 0, "lost": 1, "doubled": 0, "since": NOON.isoformat()}


def browser(**more) -> httpx.AsyncClient:
    """A browser on a page with this stage."""
    clock = HandClock(NOON)
    subscribers = MemorySubscribers(journal=MemoryJournal())
    page = StagePage(
        feed=StageFeed(clock=clock),
        subscribers=subscribers,
        clock=clock,
        notes=lambda *_: [],
        block=lambda _: True,
        seed=1,
        **more,
    )
    app = Starlette(routes=[Mount("/sandbox", routes=page.routes())])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://local/sandbox")


async def kill() -> str:
    return "Redis was killed."


async def fail() -> str:
    raise UnavailableError("it does not run")


async def test_only_what_can_be_broken_has_a_button():
    async with browser(breaks={"postgres-stop": kill, "redis": kill, "unheard-of": kill}) as http:
        offered = (await http.get("/stage")).json()
        assert [(b["what"], b["label"]) for b in offered["breaks"]] == [
            ("redis", "Kill Redis"),
            ("postgres-stop", "Stop PostgreSQL"),
        ]
        assert offered["tally"] is False
        for what in ("sender", "unheard-of", ["redis"], None):
            refused = await http.post("/stage/break", json={"what": what})
            assert (refused.status_code, refused.json()["error"]) == (
                404,
                "expected what as one of redis, postgres-stop",
            )
    async with browser() as http:
        assert (await http.get("/stage")).json()["breaks"] == []
        assert (await http.get("/stage/tally")).status_code == 404


async def test_a_break_is_done_and_told_in_a_sentence_and_so_is_why_it_failed():
    async with browser(breaks={"redis": kill, "sender": fail}) as http:
        said = [(await http.post("/stage/break", json={"what": what})).json()["said"] for what in ("redis", "sender")]
    assert said == ["Redis was killed.", "That did not work: it does not run."]


async def test_what_is_being_broken_is_not_broken_at_the_same_time_again():
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        begun.set()
        await go_on.wait()
        return "Done."

    async with browser(breaks={"redis": slow}) as http, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(http.post("/stage/break", json={"what": "redis"}))
        await begun.wait()
        assert (await http.post("/stage/break", json={"what": "redis"})).status_code == 409
        go_on.set()
        assert (await first).json() == {"said": "Done."}
        assert (await http.post("/stage/break", json={"what": "redis"})).json() == {"said": "Done."}


@pytest.mark.parametrize("body", ["", "[]", "x", '{"person_id": 710001001}'])
async def test_a_request_that_names_nothing_breaks_nothing(body):
    async with browser(breaks={"redis": kill}) as http:
        assert (await http.post("/stage/break", content=body)).status_code == 404


async def test_another_sites_page_can_break_nothing():
    async with browser(breaks={"redis": kill}) as http:
        request = {"json": {"what": "redis"}, "headers": {"origin": "https://elsewhere.example"}}
        assert (await http.post("/stage/break", **request)).status_code == 403
        request["headers"] = {"origin": "http://local"}
        assert (await http.post("/stage/break", **request)).status_code == 200


async def test_the_tally_is_told_as_it_is_and_that_it_cannot_be_known():
    async def tally():
        return TALLY

    async with browser(tally=tally) as http:
        assert (await http.get("/stage")).json()["tally"] is True
        assert (await http.get("/stage/tally")).json() == TALLY
    async with browser(tally=fail) as http:
        refused = await http.get("/stage/tally")
    assert (refused.status_code, refused.json()["error"]) == (503, "It cannot be counted now: it does not run.")
