"""Lines are put down at once and written by a thread, so that no loop waits for a disk or a terminal."""

import copy
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

CAPACITY = 10_000
"""Lines that may wait. What comes while so many do is not written, but counted and told."""

PATIENCE = 5.0
"""Seconds that closing waits for the last lines."""


class LogQueue(logging.Handler):
    """Hands every record to each of `sinks`, in order, from one thread of its own.

    The interpreter closes it when it ends, if nobody did before; `on_closed` is called after the last line.
    """

    def __init__(
        self,
        sinks: Sequence[logging.Handler],
        *,
        on_closed: Callable[[], None] = lambda: None,
        capacity: int = CAPACITY,
    ) -> None:
        super().__init__()
        self._sinks = sinks
        self._on_closed = on_closed
        self._waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(capacity)
        self._lost = 0
        self._ended = False
        self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Put a record down; never waits, never fails."""
        if self._ended:
            return
        try:
            self._waiting.put_nowait(_detached(record))
        except queue.Full:
            self._lost += 1

    def close(self) -> None:
        """Write what waits, then close the sinks. Repeating is safe."""
        if not self._ended:
            self._ended = True
            try:
                self._waiting.put(None, timeout=PATIENCE)
            except queue.Full:
                return  # the sinks do not take anything any more, and may not be closed under the thread's hands
            self._thread.join(PATIENCE)
            if not self._thread.is_alive():
                for sink in self._sinks:
                    with suppress(OSError):  # it was told when its lines could not be written
                        sink.close()
                self._on_closed()
        super().close()

    def _write(self) -> None:
        while (record := self._waiting.get()) is not None:
            self._pass_on(record)
            lost, self._lost = self._lost, 0
            if lost:
                told = {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING"}
                self._pass_on(logging.makeLogRecord({**told, "msg": f"{lost} lines were lost: too many at once"}))

    def _pass_on(self, record: logging.LogRecord) -> None:
        for sink in self._sinks:
            sink.handle(record)


def _detached(record: logging.LogRecord) -> logging.LogRecord:
    """A copy that later changes do not reach: a library's message is made now, ours is a fresh dict already."""
    detached = copy.copy(record)
    if not isinstance(record.msg, dict):
        detached.args = ()
        try:
            detached.msg = record.getMessage()
        except Exception as error:  # noqa: BLE001 - a line that cannot be made must not end what it tells of
            detached.msg = f"a line that cannot be made: {type(error).__name__}"
    return detached
