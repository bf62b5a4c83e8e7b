"""Run the program: open what was chosen, start one loop a role in one task group, stop cleanly.

Signals are the program's own (uvicorn and python-telegram-bot would take them): the first asks for a clean stop, the
second ends at once.
"""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from tokenfilter.app.ingest_events import IngestEvents
from tokenfilter.container import Container
from tokenfilter.ports.event_stream import EventStream
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import TokenFeed
from tokenfilter.settings import Settings
from tokenfilter.web import web_server

Progress = Callable[[str], None]


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
    server = web_server(container, settings)
    address = server.bind()
    container.address.override(address)
    async with asyncio.TaskGroup() as tasks, AsyncExitStack() as stack:
        tasks.create_task(server.serve(), name="web")
        stack.callback(server.stop)
        if settings.sandboxed:
            stack.callback(container.sandbox().close)
        start = _starter(tasks, stack)
        start("match", container.match_events().run())
        start("relay", container.relay_journal().run())
        start("health", container.watch_health().run())
        await _live_the_past(container, settings, on_progress)
        if settings.use.messenger == "telegram":
            await _open_telegram(container, stack)
        start("deliver", container.deliver_notifications().run())
        start("silence", container.notice_silence().run())
        for feed in _feeds(container, settings):
            start(f"feed {feed.name}", _follow(container.ingest_events(), feed))
        yield Running(address=address, container=container)


async def serve_sandbox(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Serve the local Telegram alone until a signal.

    Raises:
        AddressTakenError: something else listens at the address.
    """
    stop = asyncio.Event()
    _own_signals(stop)
    container = Container(settings=settings)
    server = web_server(container, settings)
    on_ready(server.bind())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve(), name="web")
        await stop.wait()
        container.sandbox().close()
        server.stop()


async def drained(container: Container) -> None:
    """Return once every event that was heard is judged, and history knows."""
    events: EventStream = container.event_stream()
    while await events.length() or await container.journal().length():  # noqa: ASYNC110 - ports have no such event
        await asyncio.sleep(0.005)


def _starter(tasks: asyncio.TaskGroup, stack: AsyncExitStack) -> Callable[[str, Coroutine[object, object, None]], None]:
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


async def _live_the_past(container: Container, settings: Settings, on_progress: Progress) -> None:
    if "simulator" not in settings.use.feeds or not settings.simulator.pre_roll_days:
        return
    on_progress(f"Living through {settings.simulator.pre_roll_days:g} day(s) of a simulated market ...")
    ingest: IngestEvents = container.ingest_events()
    gc.disable()  # nothing of the past is garbage: looking for it again and again costs a third of the time
    try:
        await ingest.follow(container.simulator().past)
        await drained(container)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()  # later collections leave the past alone, so no alert waits for them
    container.figures().start_anew()


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
