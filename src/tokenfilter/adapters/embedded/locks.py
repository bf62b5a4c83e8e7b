"""Who holds a directory or a server, by a lock that the operating system lets go when its last holder has ended.

A number in a file cannot tell that: after a restart of the machine or the container it names somebody else.
"""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An exclusive lock on a file. What inherits the descriptor holds it too, for as long as it lives."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """What a child must inherit to hold the lock; only while it is taken."""
        if self._descriptor is None:
            raise ValueError("the lock is not taken")
        return self._descriptor

    @property
    def is_held(self) -> bool:
        """Whether anybody holds it."""
        if not self._path.exists():
            return False
        descriptor = _locked(self._path, fcntl.LOCK_SH)
        if descriptor is not None:
            os.close(descriptor)
        return descriptor is None

    def take(self) -> bool:
        """Take it if nobody holds it; say whether that worked."""
        if self._descriptor is None:
            self._descriptor = _locked(self._path, fcntl.LOCK_EX)
            return self._descriptor is not None
        return False

    def note(self, text: str) -> None:
        """Write down for others who holds it."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, text.encode(), 0)

    def noted(self) -> str:
        """What its holder wrote down."""
        return self._path.read_text(encoding="utf-8").strip()

    def let_go(self) -> None:
        """Close our descriptor; what inherited it goes on to hold the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _locked(path: Path, kind: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
