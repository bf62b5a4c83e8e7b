"""A TCP proxy that fails as asked, in front of a real server; how it fails can be changed while it runs.

```python
async with TcpProxy(valkey_url) as proxy:
    client = Redis.from_url(proxy.url)
    proxy.mode = DropReply(containing=b"XADD")
```
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

_LOOPBACK = "127.0.0.1"
_CHUNK = 65_536
_PORTS = {"redis": 6379, "postgresql": 5432, "http": 80}


@dataclass(frozen=True, slots=True)
class Pass:
    """Everything gets through."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nobody listens; connections that were open are reset."""


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """Connections are accepted and stay open, nothing moves on any of them. What was sent meanwhile arrives later."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Every reply arrives this much later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DropReply:
    """The next request that contains these bytes is carried out, its reply is lost and its connection is reset.

    Once: then everything gets through again.
    """

    containing: bytes = b""


@dataclass(frozen=True, slots=True)
class Cut:
    """Every connection ends once this many more bytes, requests and replies together, have passed on it."""

    after: int


Mode = Pass | Refuse | HalfOpen | Delay | DropReply | Cut


class TcpProxy:
    """Listens on a loopback port for as long as its context lasts.

    Args:
        target: An address as our settings take it (of Redis, PostgreSQL or HTTP; sockets too), a socket's path, or
            host and port.
    """

    def __init__(self, target: str | Path | tuple[str, int]) -> None:
        self._given = target
        self._target = _located(target) if isinstance(target, str) else target
        self._mode: Mode = Pass()
        self._changed = asyncio.Event()
        self._links: set[asyncio.Task[None]] = set()
        self._reserved = _bound(0)
        self._listener: socket.socket | None = None
        self.accepted = 0
        """Connections so far."""

    @property
    def port(self) -> int:
        """Where it listens; kept while it refuses."""
        return int(self._reserved.getsockname()[1])

    @property
    def url(self) -> str:
        """The target's address, by way of this proxy."""
        parts = urlsplit(str(self._given))
        scheme = "redis" if parts.scheme == "unix" else parts.scheme
        path = "" if parts.scheme == "unix" else parts.path
        login = parts.netloc.rpartition("@")[0]
        return f"{scheme}://{login}{'@' if login else ''}{_LOOPBACK}:{self.port}{path}"

    @property
    def mode(self) -> Mode:
        """How it fails at present; what is set holds for open connections as well."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        if isinstance(mode, Refuse):
            self._unlisten()
            self.cut()
        elif self._listener is None:
            self._listen()
        self._changed.set()
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._unlisten()
        self.cut()
        await asyncio.gather(*self._links, return_exceptions=True)
        self._reserved.close()

    def cut(self) -> None:
        """Reset every connection that is open now."""
        for link in self._links:
            link.cancel()

    def _listen(self) -> None:
        self._listener = _bound(self.port)
        self._listener.listen(128)
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _unlisten(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _accept(self) -> None:
        if self._listener is None:
            return
        with suppress(BlockingIOError):
            accepted, _ = self._listener.accept()
            accepted.setblocking(False)
            self.accepted += 1
            link = asyncio.get_running_loop().create_task(self._serve(accepted))
            self._links.add(link)
            link.add_done_callback(self._links.discard)
            link.add_done_callback(lambda _: accepted.close())

    async def _serve(self, accepted: socket.socket) -> None:
        near = await asyncio.open_connection(sock=accepted)
        far = None
        try:
            await self._gate()
            far = await self._connected()
            await _Link(near, far, self).run()
        except OSError:
            pass
        finally:
            writers = [side[1] for side in (near, far) if side]
            for writer in writers:
                writer.transport.abort()
            await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection(*self._target)

    async def _gate(self) -> None:
        while isinstance(self._mode, HalfOpen):
            await self._changed.wait()

    async def _hold(self) -> None:
        """Let the delay pass, or the mode change."""
        if isinstance(self._mode, Delay):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._mode.seconds)


_Seen = Callable[[bytes], Awaitable[bool]]
"""Told of every chunk before it passes; says whether it may."""


class _Link:
    """One connection with its counterpart."""

    def __init__(self, near: tuple, far: tuple, proxy: TcpProxy) -> None:
        self._near, self._far, self._proxy = near, far, proxy
        self._cutting: Cut | None = None
        self._passed = 0
        self._dropping: DropReply | None = None

    async def run(self) -> None:
        """Until either side ends."""
        both = [
            asyncio.ensure_future(self._pump(self._near[0], self._far[1], self._request)),
            asyncio.ensure_future(self._pump(self._far[0], self._near[1], self._reply)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in both:
                pump.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Callable[[bytes], Awaitable[bool]]
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            if not await seen(chunk):
                return
            passing = self._share(chunk)
            writer.write(passing)
            await writer.drain()
            if len(passing) < len(chunk) or self._is_spent():
                return

    async def _request(self, chunk: bytes) -> bool:
        await self._proxy._gate()
        mode = self._proxy.mode
        if isinstance(mode, DropReply) and mode.containing in chunk:
            self._dropping = mode
        return True

    async def _reply(self, _: bytes) -> bool:
        await self._proxy._hold()
        await self._proxy._gate()
        if self._dropping is None:
            return True
        if self._proxy.mode is self._dropping:
            self._proxy.mode = Pass()
        return False

    def _share(self, chunk: bytes) -> bytes:
        """What of it may still pass."""
        mode = self._proxy.mode
        if not isinstance(mode, Cut):
            return chunk
        if mode is not self._cutting:
            self._cutting, self._passed = mode, 0
        passing = chunk[: max(mode.after - self._passed, 0)]
        self._passed += len(passing)
        return passing

    def _is_spent(self) -> bool:
        return isinstance(mode := self._proxy.mode, Cut) and mode is self._cutting and self._passed >= mode.after


def _located(url: str) -> Path | tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return Path(unquote(parts.path))
    port = parts.port or _PORTS[parts.scheme.partition("+")[0]]
    host = parse_qs(parts.query).get("host", [parts.hostname or _LOOPBACK])[0]
    return Path(host) / f".s.PGSQL.{port}" if host.startswith("/") else (host, port)


def _bound(port: int) -> socket.socket:
    """One that does not listen keeps a port from others while another one of ours comes and goes on it."""
    bound = socket.socket()
    bound.setblocking(False)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((_LOOPBACK, port))
    return bound
