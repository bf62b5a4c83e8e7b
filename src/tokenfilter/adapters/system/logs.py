"""Sends log lines where they belong: by area to files, to the console, to JSON on standard output.

What is told is telemetry.py's, how it reads log_lines.py's, what is hidden redaction.py's, which file log_files.py's.
"""

import logging
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

import structlog

from tokenfilter.adapters.system.log_files import AREAS, AreaFile, LogFolder
from tokenfilter.adapters.system.log_lines import STAMPED, LineErrors, LineFormat
from tokenfilter.adapters.system.log_queue import LogQueue
from tokenfilter.adapters.system.redaction import Redactor

_NOISY = ("alembic", "httpx", "httpcore", "asyncio", "uvicorn", "sqlalchemy")
_NOT_FOR_TERMINALS = tuple(
    f"tokenfilter.{name}" for name in ("sent_notifications", "redisperformance", "user_settings", "heartbeat")
)


class Logs:
    """The program's logging from `configure` until it is closed, or the interpreter ends."""

    def __init__(self, sinks: list[logging.Handler], folder: LogFolder | None) -> None:
        self.folder = folder.path if folder else None
        """Where the files are: below the directory, if another process writes there already."""
        self._queue = LogQueue(sinks, on_closed=folder.close if folder else _nothing)
        self._hooks = (sys.excepthook, threading.excepthook)
        logging.getLogger().handlers[:] = [self._queue]
        sys.excepthook, threading.excepthook = _uncaught, _uncaught_in_thread

    def close(self) -> None:
        """Write what waits, close the files, and leave later lines to the standard library. Repeating is safe."""
        root = logging.getLogger()
        if self._queue in root.handlers:
            root.removeHandler(self._queue)
            sys.excepthook, threading.excepthook = self._hooks
        self._queue.close()


def configure(
    *,
    level: str,
    json_lines: bool = False,
    directory: Path | None = None,
    keep: int = 5,
    megabytes: float = 10,
    areas: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
) -> Logs:
    """Send the program's own log lines and its libraries' through one redactor to wherever they go.

    That is standard error, for people, or with `json_lines` standard output, everything as JSON; and `directory`, one
    file an area of at most `megabytes` with `keep` older ones. `areas` are levels of areas that differ from `level`.

    Raises:
        LogDirectoryError: nothing can be written to the directory.
    """
    for former in logging.getLogger().handlers:
        if isinstance(former, LogQueue):
            former.close()
    folder = LogFolder(directory) if directory else None
    redactor, errors = Redactor(secrets), LineErrors()
    sinks: list[logging.Handler] = [_Console(redactor, errors, as_json=json_lines)]
    if folder:
        limits = {"keep": keep, "size": int(megabytes * 1_000_000)}
        files = [AreaFile(area, folder.path, on_error=errors, **limits) for area in AREAS]
        for file in files:
            file.setFormatter(LineFormat(redactor, as_json=True))
        sinks += files
    _set_levels(level, areas or {})
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *STAMPED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return Logs(sinks, folder)


class _Console(logging.StreamHandler[TextIO]):
    def __init__(self, redactor: Redactor, errors: LineErrors, *, as_json: bool) -> None:
        super().__init__(sys.stdout if as_json else sys.stderr)
        self._errors = errors
        self.setFormatter(LineFormat(redactor, as_json=as_json, colours=self.stream.isatty()))
        if not as_json:
            self.addFilter(lambda record: record.name not in _NOT_FOR_TERMINALS)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name in the standard library
        self._errors(record)


def _set_levels(level: str, areas: Mapping[str, str]) -> None:
    root = logging.getLogger()
    root.setLevel(areas.get("bot", level).upper())
    for area in AREAS[:-1]:
        logging.getLogger(f"tokenfilter.{area}").setLevel(areas.get(area, level).upper())
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _nothing() -> None:
    pass


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("tokenfilter").critical("ended by an error", exc_info=(kind, error, trace))


def _uncaught_in_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        _uncaught(ended.exc_type, ended.exc_value, ended.exc_traceback)
