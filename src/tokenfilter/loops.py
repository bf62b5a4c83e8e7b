"""What a process does in each of its roles, as loops that service.py starts and stops.

Judging is divided among all processes of the role; of every other role one process acts and the others stand by.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack

from tokenfilter.app.ingest_events import IngestEvents
from tokenfilter.breaking import Sender
from tokenfilter.container import Container
from tokenfilter.opening import keep_days
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import TokenFeed
from tokenfilter.settings import Role, Settings

Start = Callable[[str, Coroutine[object, object, None]], None]
Begin = Callable[[Container, Start, AsyncExitStack, Sender], Awaitable[None]]


async def _ingest(container: Container, start: Start, _stack: AsyncExitStack, _sender: Sender) -> None:
    async def follow_all() -> None:
        async with asyncio.TaskGroup() as feeds:
            for name in container.settings().use.feeds:
                feeds.create_task(_follow(container.ingest_events(), getattr(container, name)()), name=f"feed {name}")

    start("ingest", container.hold_partitions().while_leading("ingest", follow_all))


async def _match(container: Container, start: Start, _stack: AsyncExitStack, _sender: Sender) -> None:
    start("match", container.match_events().run())


async def _deliver(container: Container, start: Start, stack: AsyncExitStack, sender: Sender) -> None:
    if container.settings().use.messenger == "telegram":
        stack.push_async_callback(container.messenger().close)
        await container.messenger().open()
    start("deliver", sender.run())


async def _relay(container: Container, start: Start, _stack: AsyncExitStack, _sender: Sender) -> None:
    start("relay", container.relay_journal().run())


async def _bot(container: Container, start: Start, _stack: AsyncExitStack, _sender: Sender) -> None:
    async def answer() -> None:
        bot = container.telegram_bot()
        try:
            await bot.start()
            await asyncio.Event().wait()
        finally:
            await bot.stop()
            container.telegram_bot.reset()

    if container.settings().use.messenger == "telegram":
        _follow_settings(container, start)
        start("bot", container.hold_partitions().while_leading("bot", answer))


async def _web(container: Container, start: Start, _stack: AsyncExitStack, _sender: Sender) -> None:
    if "bot" not in container.settings().run.roles:
        _follow_settings(container, start)
    for feed in _pushed(container):
        start(f"feed {feed.name}", _follow(container.ingest_events(), feed))


async def _schedule(container: Container, start: Start, _stack: AsyncExitStack, _sender: Sender) -> None:
    leads = container.hold_partitions()
    if container.settings().use.history == "postgres":
        start("days", leads.while_leading("schedule", lambda: keep_days(container)))
    start("silence", leads.while_leading("schedule", container.notice_silence().run))


LOOPS: Mapping[Role, Begin] = {
    "ingest": _ingest,
    "match": _match,
    "deliver": _deliver,
    "relay": _relay,
    "bot": _bot,
    "web": _web,
    "schedule": _schedule,
}
"""What each role begins with."""


def _pushed(container: Container) -> Iterator[TokenFeed]:
    """What this process's own pages are given to say."""
    settings: Settings = container.settings()
    if settings.hosts_sandbox and "simulator" in settings.use.feeds:
        yield container.stage()
    if settings.http.events_token:
        yield container.push()


def _follow_settings(container: Container, start: Start) -> None:
    """Know everybody's filters, where nothing is judged by them."""
    if "match" not in container.settings().run.roles:
        start("settings", container.follow_settings().run())


async def _follow(ingest: IngestEvents, feed: TokenFeed) -> None:
    """Follow one feed; that it fails is told and ends nothing else."""
    try:
        await ingest.follow(feed)
    except UnavailableError:
        return
