"""Run the program: open what was chosen, start one loop a role in one task group, stop cleanly.

Signals are the program's own (uvicorn and python-telegram-bot would take them): the first asks for a clean stop, the
second ends at once.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from tokenfilter.app.ingest_events import IngestEvents
from tokenfilter.breaking import Sender, breaks, told
from tokenfilter.container import Container
from tokenfilter.opening import Progress, keep_days, open_private_servers, open_sandbox, open_stores
from tokenfilter.past import live_the_past
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import TokenFeed
from tokenfilter.settings import Settings
from tokenfilter.web import routes_of, web_server

Start = Callable[[str, Coroutine[object, object, None]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A program that has started, and where to look."""

    address: str
    container: Container


async def run(settings: Settings, *, on_ready: Callable[[Running], None], on_progress: Progress) -> None:
    """Run every role in this process until a signal or a failure.

    Raises:
        AddressTakenError: something else listens at the address.
    """
    stop = asyncio.Event()
    _own_signals(stop)
    async with started(settings, on_progress=on_progress) as running:
        on_ready(running)
        await stop.wait()


@asynccontextmanager
async def started(settings: Settings, *, on_progress: Progress = lambda _: None) -> AsyncIterator[Running]:
    """A running program; leaving the block stops it.

    A simulated market has lived through its past, by the same code as its present, before the first screen.
    """
    container = Container(settings=settings)
    server = web_server(settings)
    address = server.bind()
    container.address.override(address)
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
        stack.callback(server.stop)
        start = _starter(tasks, stack)
        keeper = await open_private_servers(container, stack)
        sender = Sender(container)
        if keeper:
            start("servers", keeper.run())
            container.breaks.override(breaks(container, keeper, sender))
            container.tally.override(partial(told, container))
        if settings.sandboxed:
            open_sandbox(container)
            stack.callback(container.sandbox().close)
        tasks.create_task(server.serve(routes_of(container, settings)), name="web")
        await open_stores(container, stack, on_progress=on_progress)
        if settings.use.state == "redis":
            await _survive(container, stack, start)
        if "simulator" in settings.use.feeds:
            await live_the_past(container, on_progress)
        elif settings.use.state == "redis" and await container.rebuild_state().is_needed():
            await container.rebuild_state().rebuild(with_owed=True)
        container.figures().started_at = container.clock().now()
        await container.match_events().warm()
        start("match", container.match_events().run())
        start("relay", container.relay_journal().run())
        start("health", container.watch_health().run())
        if settings.use.history == "postgres":
            start("days", keep_days(container))
        if settings.use.messenger == "telegram":
            await _open_telegram(container, stack)
        start("deliver", sender.run())
        start("silence", container.notice_silence().run())
        for feed in _feeds(container, settings):
            start(f"feed {feed.name}", _follow(container.ingest_events(), feed))
        yield Running(address=address, container=container)


async def _survive(container: Container, stack: AsyncExitStack, start: Start) -> None:
    """Lead what one process leads, and go on from memory while Redis is away."""
    leads = container.hold_partitions()
    await leads.begin()
    stack.push_async_callback(leads.end)
    start("leases", leads.run())
    start("survival", container.survival().run())
    start("caches", container.caches().follow(container.invalidations()))
    start("sweep", container.caches().swept())


async def serve_sandbox(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Serve the local Telegram alone until a signal.

    Raises:
        AddressTakenError: something else listens at the address.
    """
    stop = asyncio.Event()
    _own_signals(stop)
    container = Container(settings=settings)
    server = web_server(settings)
    on_ready(server.bind())
    open_sandbox(container)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(routes_of(container, settings)), name="web")
        await stop.wait()
        container.sandbox().close()
        server.stop()


def _starter(tasks: asyncio.TaskGroup, stack: AsyncExitStack) -> Start:
    """Start a loop that ends when the stack unwinds: what was started last ends first."""

    def start(name: str, loop: Coroutine[object, object, None]) -> None:
        task = tasks.create_task(loop, name=name)

        async def end() -> None:
            task.cancel()
            await asyncio.wait([task])

        stack.push_async_callback(end)

    return start


async def _open_telegram(container: Container, stack: AsyncExitStack) -> None:
    messenger, bot = container.messenger(), container.telegram_bot()
    stack.push_async_callback(messenger.close)
    await messenger.open()
    stack.push_async_callback(bot.stop)
    await bot.start()


def _feeds(container: Container, settings: Settings) -> Iterator[TokenFeed]:
    for name in settings.use.feeds:
        yield getattr(container, name)()
    if "simulator" in settings.use.feeds:
        yield container.stage()
    if settings.http.events_token:
        yield container.push()


async def _follow(ingest: IngestEvents, feed: TokenFeed) -> None:
    """Follow one feed; that it fails is told and ends nothing else."""
    try:
        await ingest.follow(feed)
    except UnavailableError:
        return


def _own_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(130)  # the second time: at once
        stop.set()

    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, asked)
