"""One uvicorn server in the program's own loop, which leaves signals to the program."""

import contextlib
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

_GRACE = 1
"""Seconds for open answers when the server stops; streams are ended by their owners before."""


class AddressTakenError(OSError):
    """Something else listens at the address."""


def _only_our_names(host: str) -> list[Middleware]:
    """On this machine, answer to its loopback names alone: a foreign name that points here is a page's trick."""
    if not host.startswith("127.") and host != "localhost":
        return []
    return [Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", host], www_redirect=False)]


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves routes at an address. `bind` first, so that a taken address is known before anything else starts."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._server: _Server | None = None
        self._socket: socket.socket | None = None

    def bind(self) -> str:
        """Take the address and return it as a URL.

        Raises:
            AddressTakenError: something else listens there.
        """
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._port))
        except OSError as error:
            listening.close()
            raise AddressTakenError(f"{self._host}:{self._port}: {error.strerror}") from None
        self._socket = listening
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{listening.getsockname()[1]}"

    async def serve(self, routes: Sequence[BaseRoute]) -> None:
        """Answer until `stop`."""
        if self._socket is None:
            self.bind()
        config = uvicorn.Config(
            Starlette(routes=list(routes), middleware=_only_our_names(self._host)),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = _Server(config)
        await self._server.serve(sockets=[self._socket] if self._socket else None)

    def stop(self) -> None:
        """Take no more requests and let `serve` return."""
        if self._server:
            self._server.should_exit = True
        elif self._socket:
            self._socket.close()
