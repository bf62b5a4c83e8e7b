"""Open what keeps something: private servers where none are named, the schema, the connections. Closed in reverse."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from tokenfilter.container import Container
from tokenfilter.ports.failures import RefusedError, UnavailableError
from tokenfilter.settings import Settings

if TYPE_CHECKING:
    from tokenfilter.adapters.embedded.keeper import Keeper

Progress = Callable[[str], None]


class StoresNotReadyError(Exception):
    """A store cannot be used; the message says which, why and what to do."""


async def open_private_servers(container: Container, stack: AsyncExitStack, *, joins: bool = False) -> "Keeper | None":
    """Have a private server for each store that is used and has no address; who keeps them up is returned.

    With `joins` the servers of a program that runs are used where they are. Nothing that uses a store may be built yet.

    Raises:
        StoresNotReadyError: a server cannot be started, or another program uses the directory.
    """
    settings: Settings = container.settings()
    redis, postgres = settings.use.state == "redis", settings.use.history == "postgres"
    if not ((redis and not settings.redis.url) or (postgres and not settings.postgres.url)):
        return None
    from tokenfilter.adapters.embedded.failures import DirectoryInUseError, EmbeddedError
    from tokenfilter.adapters.embedded.keeper import Keeper
    from tokenfilter.adapters.embedded.servers import EmbeddedServers

    servers = EmbeddedServers(
        container.directory(),
        redis_url=container.redis_url() if settings.redis.url or not redis else None,
        postgres_url=container.postgres_url() if settings.postgres.url or not postgres else None,
    )
    keeper = None
    try:
        urls = await servers.open()
    except DirectoryInUseError as error:
        if not joins:
            raise StoresNotReadyError(str(error)) from error
        urls = servers.urls
    except EmbeddedError as error:
        raise StoresNotReadyError(str(error)) from error
    else:
        stack.push_async_callback(servers.close)
        keeper = Keeper(servers, clock=container.clock(), telemetry=container.telemetry())
    container.redis_url.override(urls.redis_url)
    container.postgres_url.override(urls.postgres_url)
    container.servers.override(servers)
    return keeper


async def open_stores(
    container: Container,
    stack: AsyncExitStack,
    *,
    on_progress: Progress = lambda _: None,
    migrates: bool = False,
) -> None:
    """Have both stores ready to be used until `stack` unwinds. With `migrates` the schema may be behind.

    Raises:
        StoresNotReadyError: one cannot be reached, is not what it must be, or needs `tokenfilter migrate`.
    """
    use = container.settings().use
    try:
        if use.history == "postgres":
            await _open_postgres(container, stack, migrates=migrates)
        if use.state == "redis":
            await _open_redis(container, stack, on_progress)
    except (UnavailableError, RefusedError) as error:
        raise StoresNotReadyError(str(error)) from error


def open_sandbox(container: Container) -> None:
    """Have the local Telegram as it was left.

    Raises:
        StoresNotReadyError: what it kept cannot be read, or another program uses it.
    """
    from tokenfilter.adapters.sandbox.chronicle import WorldUnreadableError

    try:
        container.sandbox().open()
    except (WorldUnreadableError, OSError) as error:
        raise StoresNotReadyError(f"sandbox: {error}") from error


async def keep_days(container: Container) -> None:
    """Make the days that come and drop those that are over, every hour, until cancelled."""
    from tokenfilter.adapters.postgres.partitions import keep_partitions

    clock, days = container.clock(), container.settings().postgres.retention_days
    while True:
        now = clock.now()
        try:
            await keep_partitions(container.postgres_url(), now=now, retention_days=days)
        except UnavailableError as error:
            container.telemetry().failed("postgres", str(error), now=now)
        await clock.sleep_until(now + timedelta(hours=1))


async def _open_postgres(container: Container, stack: AsyncExitStack, *, migrates: bool) -> None:
    from tokenfilter.adapters.postgres import migrate
    from tokenfilter.adapters.postgres.partitions import keep_partitions

    url = container.postgres_url()
    if container.settings().postgres.url is None:
        await migrate.migrate(url)
    elif not migrates and (waiting := await migrate.pending(url)):
        raise StoresNotReadyError(f"postgres: {len(waiting)} migrations wait. Run: tokenfilter migrate")
    days = container.settings().postgres.retention_days
    await keep_partitions(url, now=container.clock().now(), retention_days=days)  # before rows come to wait elsewhere
    engine = container.postgres()
    stack.push_async_callback(engine.close)
    await container.postgres_probe().probe()


async def _open_redis(container: Container, stack: AsyncExitStack, on_progress: Progress) -> None:
    from tokenfilter.adapters.redis import health_probe

    connection = container.redis()
    stack.push_async_callback(connection.close)
    for warning in await health_probe.check_server(connection):
        on_progress(f"Warning: {warning}")
    await health_probe.check_partitions(connection, container.keys())
    for name in SURVIVORS:
        getattr(container, name)()
    await container.survival().begin(rebuild=container.rebuild_state().after_a_wipe)


SURVIVORS = (
    "leases",
    "journal",
    "event_stream",
    "outbox",
    "processed_tokens",
    "subscribers",
    "channels",
    "dead_letters",
)
"""In the order in which they are brought over when Redis is back: who leads comes first."""
