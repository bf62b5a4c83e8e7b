"""One private server from start to stop: taken over if it outlived its program, started if not, ended with a deadline.

What the two kinds differ in (files, command, how they answer) is said by their classes.
"""

import asyncio
import shutil
import signal
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, final

from tokenfilter.adapters.embedded.account import Account
from tokenfilter.adapters.embedded.endpoint import fits, free_port, password, remembered_port
from tokenfilter.adapters.embedded.failures import ServerFailedError
from tokenfilter.adapters.embedded.life import Life

_START = 60
"""Seconds a start may take: reading a large append-only file, or recovery after a kill."""

_ANSWER = 10
"""Seconds a server that outlived its program has to answer before it is ended and started anew."""

_STOP = 20
"""Seconds to stop in good order before it is killed."""

_KILL = 10
_POLL = 0.005


class Server(ABC):
    """A server of our own below `directory`, in an OS session of its own, so that Ctrl-C does not reach it.

    It holds a lock file for as long as any of its processes lives. Its data, socket, logs and password are for their
    owner only.
    """

    name: ClassVar[str]
    _folder: ClassVar[str]
    _socket_name: ClassVar[str]
    _pid_file_name: ClassVar[str]
    _stop_signal: ClassVar[signal.Signals]

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._data = self._directory / self._folder
        self._socket = self._data / self._socket_name
        self._pid_file = self._data / self._pid_file_name
        self._log = self._data.with_suffix(".log")
        self._life = Life(lock=self._data.with_suffix(".lock"), pid_file=self._pid_file, log=self._log)
        self._port: int | None = None
        self._turn = asyncio.Lock()
        self._adopted = False

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for the ordinary adapters, password included; valid from the first start on, and kept."""

    @property
    @final
    def is_alive(self) -> bool:
        """Whether any of its processes lives, be it paused or another program's."""
        return self._life.is_alive

    @property
    @final
    def was_adopted(self) -> bool:
        """Whether the last start found it running."""
        return self._adopted

    @final
    async def start(self) -> None:
        """Take over the running server, or start one and wait until it answers. Leaves a ready server or none.

        Raises:
            MissingBinaryError: No such server is installed.
            ServerFailedError: It ended, did not answer within 60 s, or does not keep what it should.
        """
        async with self._turn:
            await self._start()

    @final
    async def stop(self) -> None:
        """End it in good order: what it was told is on disk afterwards. Killed if that takes longer than 20 s."""
        async with self._turn:
            self._life.signal(signal.SIGCONT)
            self._life.signal(self._stop_signal, first_only=True)
            if not await self._life.has_ended(within=_STOP):
                await self._killed()

    @final
    async def kill(self) -> None:
        """End it at once, as a crash would."""
        async with self._turn:
            await self._killed()

    @final
    async def pause(self) -> None:
        """Let none of its processes act until `resume`: connections stay open, nothing is answered."""
        async with self._turn:
            self._life.signal(signal.SIGSTOP)

    @final
    async def resume(self) -> None:
        """Let it go on after `pause`."""
        async with self._turn:
            self._life.signal(signal.SIGCONT)

    @final
    async def restart(self, *, wipe: bool = False) -> None:
        """Start it again at the same address, after a stop in good order if it still runs.

        Args:
            wipe: End it at once instead, and start without any of its data.

        Raises:
            ServerFailedError: As `start`.
        """
        await (self.kill() if wipe else self.stop())
        async with self._turn:
            if wipe:
                await asyncio.to_thread(shutil.rmtree, self._data, ignore_errors=True)
            await self._start()

    async def _start(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        try:
            async with asyncio.timeout(_START):
                self._settle()
                while not (adopted := await self._taken_over()):
                    await self._prepare()
                    if self._begun():
                        break
                await self._ready()
                await self._check()
                self._adopted = adopted
        except TimeoutError:
            await self._killed()
            raise ServerFailedError(self.name, f"did not start within {_START} s", self._log) from None
        except BaseException:
            await self._killed()
            raise

    def _settle(self) -> None:
        """Choose where it listens: its socket, or where that path is too long a port, each time the same if it can."""
        memory = self._data.with_suffix(".port")
        if not fits(self._socket):
            self._port = (remembered_port(memory) if self.is_alive else None) or free_port(memory)

    async def _taken_over(self) -> bool:
        self._life.signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(_ANSWER):
                while self.is_alive:
                    if await self._answers():
                        return True
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            pass
        await self._killed()
        return False

    def _begun(self) -> bool:
        return self._life.begin(self._command(), account=self._account(), folder=self._data, before=self._remove_stale)

    async def _ready(self) -> None:
        while not await self._answers():
            if not self.is_alive:
                raise ServerFailedError(self.name, "ended while it was starting", self._log)
            await asyncio.sleep(_POLL)

    async def _killed(self) -> None:
        self._life.signal(signal.SIGKILL)
        if not await self._life.has_ended(within=_KILL):
            raise ServerFailedError(self.name, f"cannot be ended (process {self._life.pid})", self._log)

    def _password(self) -> str:
        self._directory.mkdir(parents=True, exist_ok=True)
        return password(self._directory / "password")

    def _account(self) -> Account:
        return Account(identity={})

    @abstractmethod
    async def _prepare(self) -> None:
        """Make what it needs before it can start."""

    @abstractmethod
    def _remove_stale(self) -> None:
        """Remove what a killed server left; called while nobody runs here."""

    @abstractmethod
    def _command(self) -> list[str]:
        """What starts it."""

    @abstractmethod
    async def _answers(self) -> bool:
        """Whether it serves us, who know the password."""

    @abstractmethod
    async def _check(self) -> None:
        """Raise ServerFailedError where it would not keep what it should."""
