"""Starts a private server again that died; one that was stopped on purpose stays so until it is wanted again."""

from datetime import timedelta

from tokenfilter.adapters.embedded.failures import EmbeddedError
from tokenfilter.adapters.embedded.server import Server
from tokenfilter.adapters.embedded.servers import EmbeddedServers
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.telemetry import Telemetry

LOOKS_EVERY = timedelta(seconds=2)
"""Long enough for a person to see that something is away."""


class Keeper:
    """Looks every two seconds; a server that does not start is tried again at the next look."""

    def __init__(self, servers: EmbeddedServers, *, clock: Clock, telemetry: Telemetry) -> None:
        self._servers = [s for s in (servers.valkey, servers.postgres) if s]
        self._clock = clock
        self._telemetry = telemetry
        self._stopped: set[str] = set()

    async def run(self) -> None:
        """Keep them up, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + LOOKS_EVERY)
            for server in self._servers:
                if server.name not in self._stopped and not server.is_alive:
                    await self._start(server)

    async def stop(self, server: Server) -> None:
        """Stop one on purpose."""
        self._stopped.add(server.name)
        await server.stop()

    async def want(self, server: Server) -> None:
        """Have it up again."""
        self._stopped.discard(server.name)
        await self._start(server)

    async def _start(self, server: Server) -> None:
        try:
            await server.start()
        except EmbeddedError as error:
            self._telemetry.failed(server.name.lower(), str(error), now=self._clock.now())
