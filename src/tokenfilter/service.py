"""Run the program: open what was chosen, start the loops of its roles in one task group, stop cleanly.

Signals are the program's own (uvicorn and python-telegram-bot would take them): the first asks for a clean stop, the
second ends at once.
"""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from tokenfilter.breaking import Sender, breaks, told
from tokenfilter.container import Container
from tokenfilter.loops import LOOPS, Start
from tokenfilter.opening import Progress, open_private_servers, open_sandbox, open_stores
from tokenfilter.past import live_the_past
from tokenfilter.settings import ROLES, Settings
from tokenfilter.web import routes_of, web_server

_COLLECTED = (20_000, 20, 100)
"""How seldom garbage is looked for: what waits to be sent may be much and is hardly ever garbage, and a look at all of
it holds everybody up for a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A program that has started, and where to look."""

    address: str
    container: Container


async def run(settings: Settings, *, on_ready: Callable[[Running], None], on_progress: Progress) -> None:
    """Run until a signal or a failure.

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
        keeper = await open_private_servers(container, stack, joins=not settings.run.everything)
        sender = Sender(container)
        if keeper:
            start("servers", keeper.run())
            container.breaks.override(breaks(container, keeper, sender))
            container.tally.override(partial(told, container))
        if settings.hosts_sandbox:
            open_sandbox(container)
            stack.callback(container.sandbox().close)
        tasks.create_task(server.serve(routes_of(container, settings)), name="web")
        await open_stores(container, stack, on_progress=on_progress)
        if settings.use.state == "redis":
            start("survival", container.survival().run())
            start("caches", container.caches().follow(container.invalidations()))
            start("sweep", container.caches().swept())
        await _prepare(container, settings, on_progress)
        leads = container.hold_partitions()
        await leads.begin()
        stack.push_async_callback(leads.end)
        start("leases", leads.run())
        container.figures().started_at = container.clock().now()
        for role in ROLES:
            if role in settings.run.roles:
                await LOOPS[role](container, start, stack, sender)
        start("health", container.watch_health().run())
        yield Running(address=address, container=container)


async def _prepare(container: Container, settings: Settings, on_progress: Progress) -> None:
    """Know what must be known before the first event is judged."""
    gc.set_threshold(*_COLLECTED)
    roles, rebuild = settings.run.roles, container.rebuild_state()
    if settings.run.everything and "simulator" in settings.use.feeds:
        await live_the_past(container, on_progress)
    elif settings.use.state == "redis":  # whatever it does: who read an emptied store would take everybody for new
        await rebuild.at_start()
    if "match" in roles:
        await _warm(container)


async def _warm(container: Container) -> None:
    """Hold every filter. They stay, so nobody looks through them for garbage, neither now nor later."""
    gc.disable()
    try:
        await container.match_events().warm()
    finally:
        gc.enable()
    gc.collect()
    gc.freeze()


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


def _own_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(130)  # the second time: at once
        stop.set()

    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, asked)
