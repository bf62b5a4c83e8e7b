"""A recorded feed: a file of feed lines (FORMATS 1) or standard input, played back as fast as wanted.

Channels' statistics come first, wherever they stand in the file, so that every event meets those that held at its time.
"""

import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

from tokenfilter.adapters.replay.feed_file import Read, read_batch, spool
from tokenfilter.domain.event import FeedLine, Heard, Tick
from tokenfilter.domain.feed_line import Ignored
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.token_feed import TokenFeed, Unreadable

_PATIENCE_S = 0.2  # how long a silent standard input may hold up the end of the program
_MOST_NAMES = 200  # of unknown fields told apart: their names come from outside


class ReplayFeed(TokenFeed):
    """Plays `path` (`-`: standard input) at `speed` times real time, or as fast as lines are taken where it is None."""

    def __init__(self, path: Path | Literal["-"], *, speed: float | None, clock: Clock) -> None:
        if speed is not None and not speed > 0:
            raise ValueError("the speed of a replay must be above 0")
        self._path = path
        self._speed = speed
        self._clock = clock
        self._progress = 0.0
        self._ignored: Counter[str] = Counter()

    @property
    def name(self) -> str:
        return "replay"

    @property
    def recorded(self) -> bool:
        return True

    @property
    def progress(self) -> float:
        """The share of the file that was told, 0 to 1 by bytes; the first look for statistics does not count."""
        return self._progress

    @property
    def ignored(self) -> Mapping[str, int]:
        """How often something was passed over: `unknown_type`, or `field:` and the path of an unknown field."""
        return self._ignored

    async def lines(self) -> AsyncIterator[FeedLine | Unreadable]:
        async with AsyncExitStack() as closing:
            try:
                file = await self._open(closing)
                size = await asyncio.to_thread(file.seek, 0, os.SEEK_END)
                for statistics in (True, False):
                    async with aclosing(self._played(file, size, statistics=statistics)) as played:
                        async for line in played:
                            yield line
            except OSError as failed:
                raise UnavailableError(f"cannot read {self._path}: {failed.strerror or failed}") from failed
        self._progress = 1.0

    async def _played(
        self, file: IO[bytes], size: int, *, statistics: bool
    ) -> AsyncGenerator[FeedLine | Unreadable, None]:
        position = await asyncio.to_thread(file.seek, 0)
        pace = _Pace(self._speed, self._clock) if self._speed else None
        while position < size:
            batch, position = await asyncio.to_thread(read_batch, file, until=size, statistics=statistics)
            for read in batch:
                self._count(read)
                if pace and isinstance(read.line, Heard | Tick):
                    await pace.keep(read.line.observed_at)
                if not isinstance(read.line, Ignored):
                    yield read.line
                if not statistics:
                    self._progress = read.end / size

    async def _open(self, closing: AsyncExitStack) -> IO[bytes]:
        if self._path == "-":
            return await _spooled(sys.stdin.fileno(), closing)
        file = await asyncio.to_thread(self._path.open, "rb")
        closing.callback(file.close)
        return file if file.seekable() else await _spooled(file.fileno(), closing)

    def _count(self, read: Read) -> None:
        names = [f"field:{path}" for path in read.unknown]
        if isinstance(read.line, Ignored):
            names.append(read.line.reason)
        for name in names:
            self._ignored[name if name in self._ignored or len(self._ignored) < _MOST_NAMES else "field:others"] += 1


class _Pace:
    """Holds each line back until as much time has passed since the first as between the two, divided by `speed`."""

    def __init__(self, speed: float, clock: Clock) -> None:
        self._speed = speed
        self._clock = clock
        self._start: tuple[datetime, datetime] | None = None

    async def keep(self, observed_at: datetime) -> None:
        if self._start is None:
            self._start = observed_at, self._clock.now()
        first, begun = self._start
        await self._clock.sleep_until(begun + (observed_at - first) / self._speed)


async def _spooled(descriptor: int, closing: AsyncExitStack) -> IO[bytes]:
    """Copy what can be read only once to a file of its own, which is gone when it is closed."""
    file = closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    while await asyncio.to_thread(spool, descriptor, file, patience_s=_PATIENCE_S):
        pass
    return file
