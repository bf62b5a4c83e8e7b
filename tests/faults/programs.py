"""The program and its Telegram as processes of their own: started as a person starts them, and ended in any way."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

PATIENCE = 60
"""Seconds; nothing here takes as long unless it hangs."""

LOOK_EVERY = 0.05
"""Seconds: other processes have no events to wait for."""

_NOT_TOLD = ("TOKENFILTER_", "PYTHONDONTWRITEBYTECODE")
"""Of our environment: settings are the test's, and compiling everything anew takes a quarter of a start."""

_REAPER = 'cat; kill -9 "$0"'
"""Waits for the end of its input, which comes when the test process ends in whatever way, and ends a program then."""


async def until(is_so: Callable[[], bool | Awaitable[bool]], what: str, *, within: float = PATIENCE) -> None:
    """Wait until something outside this process is so."""
    try:
        async with asyncio.timeout(within):
            while not await _answer(is_so()):  # noqa: ASYNC110 - see LOOK_EVERY
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what}") from None


async def _answer(found: bool | Awaitable[bool]) -> bool:
    return await found if isinstance(found, Awaitable) else found


class Program:
    """One process. `command` is what follows the interpreter; what it says lies in `folder`.

    `address` is where its web server listens: the first address it names on a line that matches `tells`.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, folder: Path, tells: str) -> None:
        folder.mkdir()
        self._said, self._complained = folder / "out", folder / "err"
        self._tells = re.compile(rf"^ *{tells}:? +(http://[\d.]+:\d+)/", re.MULTILINE)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_TOLD)}
        with self._said.open("wb") as out, self._complained.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=folder,
                env={**clean, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self._reaper = subprocess.Popen(
            ["/bin/sh", "-c", _REAPER, str(self._process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def address(self) -> str:
        """Valid once it is ready."""
        found = self._tells.search(self.said)
        assert found, f"not ready:\n{self.said}"
        return found[1]

    @property
    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    @property
    def complained(self) -> str:
        """What it wrote to its standard error, from the second half of which most can be seen."""
        return self._complained.read_text(encoding="utf-8", errors="replace")[-20_000:]

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    async def ready(self) -> None:
        """Wait until it serves."""

        await until(lambda: self.has_ended or self._serves(), "the program is ready")
        assert not self.has_ended, f"ended with {self._process.returncode} at its start:\n{self.complained}"

    def _serves(self) -> bool:
        found = self._tells.search(self.said)
        if found is None:
            return False
        host, _, port = found[1].removeprefix("http://").rpartition(":")
        with socket.socket() as tried:
            return tried.connect_ex((host, int(port))) == 0

    async def killed(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        await self.ended()

    async def stopped(self, *, within: float = 25) -> int:
        """Ask it to end in good order; its exit code."""
        self._process.terminate()
        return await self.ended(within=within)

    async def ended(self, *, within: float = PATIENCE) -> int:
        """Wait until it has ended by itself; its exit code."""
        await until(lambda: self.has_ended, "the program has ended", within=within)
        self.tidy()
        return self._process.returncode

    def pause(self) -> None:
        """Let it not act until `resume`; its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def tidy(self) -> None:
        """Leave nothing of it behind. Repeating is safe."""
        if not self.has_ended:
            self._process.kill()
            self._process.wait()
        if self._reaper.poll() is None:
            self._reaper.kill()
            self._reaper.communicate()
