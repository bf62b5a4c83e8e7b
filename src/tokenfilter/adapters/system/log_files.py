"""Where log lines end up: a file for each area, rotated by size, in a folder no other process writes to."""

import fcntl
import logging
import os
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

AREAS = ("payments", "rediserror", "redisperformance", "sent_notifications", "user_settings", "bot")
"""R35. The logger of an area is `tokenfilter.<area>`; whatever has no area of its own is the bot's."""

_MOST_PROCESSES = 64


class LogDirectoryError(Exception):
    """Logs cannot be written there; the message says why."""


def area_of(logger: str) -> str:
    """The area of a logger's lines."""
    first, _, rest = logger.partition(".")
    if first == "redis":
        return "rediserror"
    area = rest.partition(".")[0]
    return area if first == "tokenfilter" and area in AREAS else "bot"


class AreaFile(RotatingFileHandler):
    """Writes the lines of one area; a file may be read by its owner alone, because it names people."""

    def __init__(
        self, area: str, folder: Path, *, keep: int, size: int, on_error: Callable[[logging.LogRecord], None]
    ) -> None:
        self._on_error = on_error
        super().__init__(
            folder / f"{area}.log",
            maxBytes=size,
            backupCount=keep,
            encoding="utf-8",
            errors="backslashreplace",
        )
        self.addFilter(lambda record: area_of(record.name) == area)

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        opened: IO[str] = os.fdopen(descriptor, self.mode, encoding=self.encoding, errors=self.errors)
        assert isinstance(opened, TextIOWrapper)  # noqa: S101 - os.fdopen promises less than it gives
        return opened

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802 - as in the standard library
        """Whether the file is full; asking for the length of the line to come would render it twice."""
        return self.stream is not None and os.fstat(self.stream.fileno()).st_size >= self.maxBytes

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in the standard library
        self._on_error(record)


class LogFolder:
    """The folder itself if no other process has it, else its first free numbered subfolder; ours until it is closed.

    Raises:
        LogDirectoryError: nothing can be written there.
    """

    def __init__(self, directory: Path) -> None:
        try:
            self.path, self._descriptor = next(
                (folder, descriptor)
                for folder in (directory, *(directory / str(n) for n in range(2, _MOST_PROCESSES + 1)))
                if (descriptor := _claimed(folder)) is not None
            )
        except OSError as error:
            raise LogDirectoryError(f"{directory}: {error.strerror or error}") from None
        except StopIteration:
            raise LogDirectoryError(f"{directory}: {_MOST_PROCESSES} processes write there already") from None

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._descriptor)


def _claimed(folder: Path) -> int | None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
