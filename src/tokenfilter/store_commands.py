"""The commands that look into the stores or look after them: check, inspect, dead, migrate, backup.

They join a program that is running, and start private servers for as long as they need where none is.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from tokenfilter.container import Container
from tokenfilter.domain.ids import Destination, Token
from tokenfilter.domain.plain.records import record_to_plain
from tokenfilter.opening import StoresNotReadyError, open_private_servers, open_stores
from tokenfilter.ports.dead_letters import DeadLetter
from tokenfilter.ports.failures import PortError
from tokenfilter.settings import Settings

_SAMPLE = 100


def check(settings: Settings) -> int:
    """Try every dependency and say what is there."""
    _keep_quiet(settings)
    import socket

    failed = False

    def say(what: str, problem: str | None, found: str) -> None:
        nonlocal failed
        failed |= problem is not None
        print(f"{'✗' if problem else '✓'} {what:<14} {problem or found}")

    say("configuration", None, "read, every option known")
    host, port = settings.host_and_port
    try:
        socket.create_connection((host, port), timeout=1).close()
        taken = True
    except OSError:
        taken = False
    say("web server", f"{settings.http.address} is taken by another program" if taken else None, settings.http.address)
    say("telegram", None, "the local sandbox" if settings.sandboxed else "a bot token is set")
    for feed in settings.use.feeds:
        missing = feed == "replay" and settings.feeds.replay.file is None
        say(f"feed {feed}", "feeds.replay.file is not set" if missing else None, "ready")
    for what, problem, found in _stores_checked(settings):
        say(what, problem, found)
    return int(failed)


def _stores_checked(settings: Settings) -> list[tuple[str, str | None, str]]:
    """Each store that is used: its name, what is wrong with it or None, and what was found."""
    if settings.use.state == "memory":
        return [("state", None, "memory: gone when the program ends")]

    async def look() -> str:
        container = Container(settings=settings)
        warnings: list[str] = []
        async with AsyncExitStack() as stack:
            await open_private_servers(container, stack, joins=True)
            await open_stores(container, stack, on_progress=warnings.append)
            backlog = await container.journal().length()
        return "; ".join([f"both answer, {backlog:,} journal entries wait", *warnings])

    try:
        return [("stores", None, asyncio.run(look()))]
    except StoresNotReadyError as error:
        return [("stores", str(error), "")]


def inspect(settings: Settings, token: Token, destination: Destination, *, as_json: bool) -> int:
    """The processed-token record of one destination (R7)."""

    async def look(container: Container) -> int:
        await container.match_events().warm()
        records = await container.processed_tokens().records(token)
        since = container.filter_index().since(destination)
        record = records.record(destination, since=since, now=container.clock().now())
        plain = record_to_plain(record, records.calls)
        if as_json:
            print(json.dumps(plain, ensure_ascii=False))
        elif record is None:
            print(f"No record: {destination} is judged at the next event about {token}.")
        else:
            for name, value in plain.items():
                print(f"{name:<20} {json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value}")
        return 0

    return _with_stores(settings, look)


def dead_list(settings: Settings, *, limit: int, as_json: bool) -> int:
    """What was set aside, newest first."""

    async def look(container: Container) -> int:
        letters = await container.revive_dead_letters().newest(limit)
        if as_json:
            print(json.dumps([_letter_json(letter) for letter in letters], ensure_ascii=False))
            return 0
        for letter in letters:
            kept = "can be retried" if letter.item else "as a sample"
            print(f"{letter.id:<24} {_second(letter.at)}  {letter.reason}  ({kept})")
            print(f"{'':<24} {_printable(letter.sample)}")
        print(f"{len(letters)} shown of {await container.dead_letters().count()}")
        return 0

    return _with_stores(settings, look)


def dead_one(settings: Settings, letter_id: str, *, retry: bool) -> int:
    """Try one letter again, or give it up."""

    async def act(container: Container) -> int:
        revive = container.revive_dead_letters()
        done = await (revive.retry(letter_id) if retry else revive.drop(letter_id))
        if done is None:
            why = "none of that id, or nothing in it to try" if retry else "none of that id"
            print(f"tokenfilter: {letter_id}: {why}. List them: tokenfilter dead list", file=sys.stderr)
            return 1
        print(f"{'Queued again' if retry else 'Dropped'}: {done.reason}")
        return 0

    return _with_stores(settings, act)


def migrate(settings: Settings) -> int:
    """Bring the schema of the permanent store up to date."""
    from tokenfilter.adapters.postgres import migrate as schema

    async def act(container: Container) -> int:
        applied = await schema.migrate(container.postgres_url())
        print("\n".join(f"Applied {name}" for name in applied) or "Nothing to do: the schema is up to date.")
        return 0

    return _with_stores(settings, act, migrates=True)


def backup(settings: Settings, file: Path, *, restores: bool) -> int:
    """Write the permanent store into a file, or an empty one from it; an empty Redis is rebuilt from it at start."""
    from tokenfilter.adapters.postgres import backup as archive

    async def act(container: Container) -> int:
        rows = await (archive.restore if restores else archive.backup)(container.postgres_url(), file)
        print(f"{'Restored' if restores else 'Wrote'} {sum(rows.values()):,} rows of {len(rows)} tables: {file}")
        return 0

    return _with_stores(settings, act)


def _with_stores(settings: Settings, act: Callable[[Container], Awaitable[int]], *, migrates: bool = False) -> int:
    _keep_quiet(settings)

    async def go() -> int:
        container = Container(settings=settings)
        async with AsyncExitStack() as stack:
            await open_private_servers(container, stack, joins=True)
            await open_stores(container, stack, migrates=migrates)
            return await act(container)

    try:
        return asyncio.run(go())
    except (StoresNotReadyError, PortError) as error:
        print(f"tokenfilter: {error}", file=sys.stderr)
        return 1


def _keep_quiet(settings: Settings) -> None:
    """Standard output belongs to the answer; only errors are told beside it, without secrets."""
    from tokenfilter.adapters.system import logs

    urls = (settings.redis.url, settings.postgres.url)
    logs.configure(level="error", secrets=[url.get_secret_value() for url in urls if url])


def _letter_json(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "at": letter.at.isoformat(),
        "reason": letter.reason,
        "sample": letter.sample,
        "retriable": letter.item is not None,
    }


def _second(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _printable(sample: str) -> str:
    return "".join(c if c.isprintable() else "·" for c in sample[:_SAMPLE])
