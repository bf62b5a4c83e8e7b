"""What the sandbox remembers across its own end: a file to which every act is added before its answer leaves.

An act is several lines (noted_lines.py), closed by a line of its own, written at once: one that was cut short by a kill
is dropped as a whole. Whoever has something to remember registers how to take a line back and how to tell it all again;
at the start the file is read and written anew in short. Nothing waits for the disk: what was written outlives the
process, not the machine's power.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tokenfilter.adapters.sandbox.noted_lines import kind_of, line_of

MOST_BYTES = 256 * 1024 * 1024
"""A file that has grown so large is written anew in short without waiting for the next start."""

_FORM = '["world",1]'
_END = '"."'


class WorldUnreadableError(Exception):
    """The directory is in use, or its file is not ours or damaged; the message says which and what to do."""


class Chronicle:
    """Remembers in `directory`, for its owner alone; with None it remembers nothing and costs nothing."""

    def __init__(self, directory: Path | None, *, most_bytes: int = MOST_BYTES) -> None:
        self._directory = directory
        self._most_bytes = most_bytes
        self._takers: dict[str, Callable[[str], object]] = {}
        self._tellers: list[Callable[[], Iterable[str]]] = []
        self._noted: list[tuple[str, tuple[object, ...]]] = []
        self._lock: int | None = None
        self._is_open = False
        self._bytes = 0
        self._short_at = most_bytes

    @property
    def directory(self) -> Path | None:
        """Where large contents may be put beside the file."""
        return self._directory

    def keep(self, tell: Callable[[], Iterable[str]], **take: Callable[[str], object]) -> None:
        """Have lines of these kinds taken back at the start; `tell` gives the lines that say all there is now."""
        self._tellers.append(tell)
        self._takers |= take

    def open(self) -> None:
        """Take back what is remembered, and note from now on.

        Raises:
            WorldUnreadableError: another sandbox uses the directory, or the file cannot be read.
            OSError: the directory cannot be used.
        """
        if self._directory is None or self._is_open:
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock(self._directory / "lock")
        try:
            if self._file.exists():
                self._take_back()
            self._shorten()
        except BaseException:
            self.close()
            raise
        self._is_open = True

    def close(self) -> None:
        """Let another use the directory. What is noted later is still written. May be repeated."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def note(self, kind: str, *values: object) -> None:
        """Say that something happened; it is written with the act it belongs to."""
        if self._is_open:
            self._noted.append((kind, values))

    def commit(self) -> None:
        """Write what was noted since: the act is done, and its answer may leave.

        Raises:
            RuntimeError: there is a directory, and it was not opened.
            OSError: it cannot be written; it is tried again with the next act.
        """
        if self._directory is not None and not self._is_open:
            raise RuntimeError("the sandbox was not opened")
        if not self._noted:
            return
        if self._bytes > self._short_at:
            self._shorten()
            return
        lines = [line_of(kind, *values) for kind, values in self._noted]
        self._bytes += _append(self._file, "".join(f"{line}\n" for line in (*lines, _END)).encode())
        self._noted.clear()

    @property
    def _file(self) -> Path:
        if self._directory is None:
            raise ValueError("nothing is remembered")
        return self._directory / "world.jsonl"

    def _take_lock(self, path: Path) -> None:
        self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise WorldUnreadableError(f"another sandbox uses {path.parent}: stop it, or name another place") from None

    def _take_back(self) -> None:
        for number, act in _acts(self._file):
            try:
                for line in act:
                    self._takers[kind_of(line)](line)
            except (ValueError, TypeError, LookupError) as error:
                raise _unreadable(self._file, number) from error

    def _shorten(self) -> None:
        """Replace the file by the lines that say all there is now."""
        new = self._file.with_suffix(".new")
        new.unlink(missing_ok=True)
        lines = (line for tell in self._tellers for line in tell())
        self._bytes = _append(new, "".join(f"{line}\n" for line in (_FORM, *lines, _END)).encode())
        new.replace(self._file)
        self._short_at = max(self._most_bytes, 2 * self._bytes)
        self._noted.clear()


def _acts(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Every act that is whole, with the number of its last line; what is left at the end was cut short."""
    with file.open(encoding="ascii", errors="replace", newline="\n") as lines:
        if (first := lines.readline()).rstrip("\n") != _FORM and first:
            raise _unreadable(file, 1)
        act: list[str] = []
        for number, line in enumerate(lines, start=2):
            if line == f"{_END}\n":
                yield number, act
                act = []
            else:
                act.append(line.removesuffix("\n"))


def _unreadable(file: Path, number: int) -> WorldUnreadableError:
    return WorldUnreadableError(
        f"{file} cannot be read before line {number}: move it away, and the sandbox begins with a new world"
    )


def _append(file: Path, content: bytes) -> int:
    """Write at the end of a file that only its owner may read, all or nothing; returns how much."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        written = 0
        try:
            while written < len(content):
                written += os.write(descriptor, content[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)
    return len(content)
