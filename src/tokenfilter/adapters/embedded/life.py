"""The processes of one server: started holding a lock, signalled, waited for.

The lock tells for certain whether any of them lives; the number in the server's own file is only read while one does.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from tokenfilter.adapters.embedded.account import Account
from tokenfilter.adapters.embedded.family import signal_family, signal_one
from tokenfilter.adapters.embedded.locks import FileLock

_POLL = 0.005
_BURIAL = 10


class Life:
    """Mutable: knows the child while it is ours, and the pid file where it was somebody else's."""

    def __init__(self, *, lock: Path, pid_file: Path, log: Path) -> None:
        self._lock = FileLock(lock)
        self._pid_file = pid_file
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether any of the processes lives, be it paused or another program's."""
        return self._lock.is_held

    @property
    def pid(self) -> int | None:
        """The first process; None where its number is not written yet. To be asked only while it is alive."""
        if self._child is not None:
            return self._child.pid
        try:
            return int(self._pid_file.read_text(encoding="utf-8").split(maxsplit=1)[0])
        except (FileNotFoundError, IndexError):
            return None

    def begin(self, command: list[str], *, account: Account, folder: Path, before: Callable[[], None]) -> bool:
        """Start it in an OS session of its own, unless somebody else just did; say whether that was done.

        Nothing is awaited in here, so that a cancelled start knows what it started.

        Args:
            command: What starts it.
            account: Under whose name.
            folder: Its working directory.
            before: What to do first, while certainly nobody runs.
        """
        if not self._lock.take():
            return False
        try:
            before()
            if self._log.exists():
                self._log.replace(self._log.with_suffix(".log.old"))
            log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._child = subprocess.Popen(
                    [*account.prefix, *command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=folder,
                    env=environment(),
                    start_new_session=True,
                    pass_fds=[self._lock.descriptor],
                    **account.identity,
                )
            finally:
                os.close(log)
        finally:
            self._lock.let_go()
        return True

    def signal(self, number: signal.Signals, *, first_only: bool = False) -> None:
        """Signal all of the processes, or the first one only; nothing where none lives."""
        if self.is_alive and (pid := self.pid) is not None:
            (signal_one if first_only else signal_family)(pid, number)

    async def has_ended(self, *, within: float) -> bool:
        """Wait until none of them lives any more; False if that takes longer than `within` seconds."""
        try:
            async with asyncio.timeout(within):
                while self.is_alive:  # noqa: ASYNC110 - the kernel tells nobody that a lock is free
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            return False
        if self._child is not None:
            self._child.wait(timeout=_BURIAL)
            self._child = None
        return True


def environment() -> dict[str, str]:
    """Ours without what would change how PostgreSQL's programs work."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))} | {"LC_ALL": "C"}
