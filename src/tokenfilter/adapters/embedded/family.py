"""Which processes a server consists of, and signals to them."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_PATIENCE = 10


def signal_family(first: int, number: int) -> None:
    """Signal a process, then its children; the first one first, so that a stopped one starts no more of them.

    PostgreSQL gives each of its children a session of its own: a signal to the group would not reach them.
    """
    signal_one(first, number)
    for child in [child for child, parent in _parents() if parent == first]:
        signal_one(child, number)


def signal_one(pid: int, number: int) -> None:
    """Signal a process, if it still lives."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _parents() -> Iterator[tuple[int, int]]:
    """Every process with its parent."""
    if not (_PROC / "self" / "stat").exists():
        told = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=True, timeout=_PATIENCE)
        yield from ((int(pid), int(parent)) for pid, parent in map(bytes.split, told.stdout.splitlines()))
        return
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            after_name = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            yield int(folder.name), int(after_name.split()[1])
