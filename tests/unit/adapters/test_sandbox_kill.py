"""A sandbox that is killed in the middle of its work: whatever it answered before is there afterwards."""

import asyncio
import contextlib
import socket
import sys
import tempfile
from pathlib import Path

import httpx
from tests.unit.adapters.kept_sandbox import ADA, BEN, CARD, GROUP, KEYBOARD, TOKEN, telegram_in

SERVES = f"""
import logging, socket, sys
from datetime import UTC, datetime
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from tokenfilter.adapters.sandbox.limits import UNPACED
from tokenfilter.adapters.sandbox.sandbox import Sandbox

sandbox = Sandbox(token="{TOKEN}", clock=lambda: datetime.now(UTC), limits=UNPACED, keep=Path(sys.argv[1]))
sandbox.open()
app = Starlette(routes=[Mount("/sandbox", routes=sandbox.routes())])
server = uvicorn.Server(uvicorn.Config(app, log_level=logging.CRITICAL, lifespan="off", ws="none"))
server.run(sockets=[socket.socket(fileno=int(sys.argv[2]))])
"""
ENOUGH = 40
DEADLINE = 30


async def test_what_was_answered_before_a_kill_is_there_after_it() -> None:
    with tempfile.TemporaryDirectory() as made:
        keep = Path(made) / "sandbox"
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            address = f"http://127.0.0.1:{listening.getsockname()[1]}/sandbox"
            number = listening.fileno()
            served = await asyncio.create_subprocess_exec(
                sys.executable, "-c", SERVES, str(keep), str(number), pass_fds=[number]
            )
        try:
            async with asyncio.timeout(DEADLINE), httpx.AsyncClient(base_url=address, timeout=DEADLINE) as http:
                answered = await _busy_until_killed(http, served)
        finally:
            with contextlib.suppress(ProcessLookupError):
                served.kill()
            await served.wait()
        async with telegram_in(keep) as telegram:
            calls = (await telegram.get("/api/ledger?limit=5000"))["calls"]
            updates = (await telegram.bot("getUpdates"))["result"]
            chats = {c: (await telegram.get(f"/api/chats/{c}/messages?limit=200"))["messages"] for c in (ADA, GROUP)}
    in_ledger = [(c["chat_id"], c["message_id"]) for c in calls if c["method"] == "sendMessage"]
    in_chats = [(chat, m["message_id"]) for chat, found in chats.items() for m in found if not m.get("out")]
    assert len(answered) >= ENOUGH
    assert answered <= set(in_ledger)
    assert sorted(in_ledger) == sorted(in_chats)
    assert [call["n"] for call in calls] == list(range(1, len(calls) + 1))
    assert [update["message"]["text"] for update in updates][:1] == ["/start"]


async def _busy_until_killed(http: httpx.AsyncClient, served: asyncio.subprocess.Process) -> set[tuple[int, int]]:
    """Have several senders at work, kill the sandbox under them, and say what it had answered."""
    for person in (ADA, BEN):
        start = {"chat_id": person, "text": "/start"}
        (await http.post(f"/api/people/{person}/messages", json=start)).raise_for_status()
    answered: set[tuple[int, int]] = set()

    async def send(chat: int) -> None:
        card = {"chat_id": chat, "text": CARD, "parse_mode": "HTML", "reply_markup": KEYBOARD}
        while True:
            try:
                sent = (await http.post(f"/bot{TOKEN}/sendMessage", json=card)).json()["result"]
            except httpx.TransportError:
                return
            answered.add((chat, sent["message_id"]))
            if len(answered) == ENOUGH:
                served.kill()

    async with asyncio.TaskGroup() as senders:
        for chat in (ADA, GROUP, ADA, GROUP):
            senders.create_task(send(chat))
    return answered
