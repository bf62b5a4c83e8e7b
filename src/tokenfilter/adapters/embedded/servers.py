"""Both private servers under one directory, owned by one living program at a time."""

import asyncio
import os
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tokenfilter.adapters.embedded.failures import DirectoryInUseError
from tokenfilter.adapters.embedded.locks import FileLock
from tokenfilter.adapters.embedded.postgres import PostgresServer
from tokenfilter.adapters.embedded.server import Server
from tokenfilter.adapters.embedded.valkey import ValkeyServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where the stores are, passwords included."""

    redis_url: str = field(repr=False)
    postgres_url: str = field(repr=False)


class EmbeddedServers:
    """A private server for each store that is not somewhere else already.

    The directory belongs to one program at a time. Servers of a program that was killed are taken over if they still
    run, and recover from their files if not.

    Args:
        directory: Where data, logs and locks go; made if it is missing.
        redis_url: Where Redis is, if we need none of our own.
        postgres_url: Where PostgreSQL is, if we need none of our own.
    """

    def __init__(self, directory: Path, *, redis_url: str | None = None, postgres_url: str | None = None) -> None:
        self._directory = directory.resolve()
        self._owner = FileLock(self._directory / "owner.lock")
        self._redis_url = redis_url
        self._postgres_url = postgres_url
        self.valkey = None if redis_url else ValkeyServer(self._directory)
        self.postgres = None if postgres_url else PostgresServer(self._directory)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def urls(self) -> Urls:
        """Where the stores are; valid once open."""
        return Urls(
            redis_url=self.valkey.url if self.valkey else self._redis_url or "",
            postgres_url=self.postgres.url if self.postgres else self._postgres_url or "",
        )

    async def open(self) -> Urls:
        """Own the directory and have every server that is needed answering, started side by side. All of it or nothing.

        Raises:
            DirectoryInUseError: Another living program owns the directory.
            EmbeddedError: A server is not installed or did not start.
        """
        if self._servers():
            self._own()
        try:
            await _side_by_side(server.start() for server in self._servers())
        except BaseException:
            await self.close()
            raise
        return self.urls

    async def close(self) -> None:
        """Stop the servers in good order and give the directory up."""
        try:
            await _side_by_side(server.stop() for server in self._servers())
        finally:
            self._owner.let_go()

    def _own(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        if not self._owner.take():
            raise DirectoryInUseError(self._directory, self._owner.noted())
        self._owner.note(str(os.getpid()))

    def _servers(self) -> list[Server]:
        return [server for server in (self.valkey, self.postgres) if server]


async def _side_by_side(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Wait for all of it, whatever becomes of one."""
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
