"""A connection for what may take long and must not be done twice at once: migrations, partitions, backups."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tokenfilter.adapters.postgres.engine import async_url, translated

_LOCK = 0x746F6B656E  # any number that other programs on the same server do not take
_CONNECT_DEADLINE = 5
_DEADLINE = 3_600


@asynccontextmanager
async def connected(url: str, *, deadline: int = _DEADLINE) -> AsyncIterator[AsyncConnection]:
    """A connection of its own, for `deadline` seconds at most.

    Raises:
        UnavailableError: the database cannot be reached, or something is in the way; what was committed is not known.
        RefusedError: what was to be done contradicts what is stored.
    """
    waits = {"timeout": _CONNECT_DEADLINE, "command_timeout": deadline, "server_settings": {"timezone": "UTC"}}
    engine = create_async_engine(async_url(url), poolclass=NullPool, hide_parameters=True, connect_args=waits)
    try:
        with translated(acted=None):
            async with asyncio.timeout(deadline), engine.connect() as connection:
                yield connection
    finally:
        await engine.dispose()


@asynccontextmanager
async def exclusively(connection: AsyncConnection) -> AsyncIterator[None]:
    """One transaction that no other of these, in whatever process, runs beside."""
    async with connection.begin():
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield
