"""Reading a feed file batch by batch: what each line says, and where the reading stands. It blocks: use a thread."""

import os
import re
import select
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from tokenfilter.domain.channel import ChannelStats
from tokenfilter.domain.event import FeedLine
from tokenfilter.domain.feed_line import (
    MAX_FRAME,
    Ignored,
    UnreadableLineError,
    decode_object,
    parse_frame,
    unknown_fields,
)
from tokenfilter.ports.token_feed import Unreadable

_LINES = 256  # in a batch: some 20 ms of decoding
_CHUNK = 1 << 20
_SAMPLE = 200
_MAY_BE_STATISTICS = re.compile(rb'"type"\s*:\s*"channel"|\\u00[67]')
"""What no statistics line lacks: its type as it is, or with some letter of it written as an escape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One line as understood, the fields in it that were passed over, and the byte after it."""

    line: FeedLine | Unreadable | Ignored
    unknown: tuple[str, ...]
    end: int


def read_batch(file: IO[bytes], *, until: int, statistics: bool) -> tuple[Sequence[Read], int]:
    """Read on from where the file stands: only channels' statistics, or only everything else.

    Answers with what was found, at most a few hundred lines, and where the file now stands.
    """
    found: list[Read] = []
    start = position = file.tell()
    while position < min(until, start + _CHUNK) and len(found) < _LINES:
        raw, length = _next_line(file)
        position += length
        if not raw.strip() or (statistics and not _MAY_BE_STATISTICS.search(raw)):
            continue
        line, unknown = _understood(raw)
        if isinstance(line, ChannelStats) == statistics:
            found.append(Read(line=line, unknown=unknown, end=position))
    return found, position


def spool(descriptor: int, into: IO[bytes], *, patience_s: float) -> bool:
    """Copy what can be read within `patience_s` seconds; False at the end."""
    ready, _, _ = select.select([descriptor], [], [], patience_s)
    if not ready:
        return True
    chunk = os.read(descriptor, _CHUNK)
    into.write(chunk)
    return bool(chunk)


def _next_line(file: IO[bytes]) -> tuple[bytes, int]:
    """Read one line and its length in the file; of a line that is too long only enough to tell that it is."""
    raw = file.readline(MAX_FRAME + 2)
    length = len(raw)
    rest = raw
    while length > MAX_FRAME and rest and not rest.endswith(b"\n"):
        rest = file.readline(_CHUNK)
        length += len(rest)
    return raw.removesuffix(b"\n").removesuffix(b"\r"), length


def _understood(raw: bytes) -> tuple[FeedLine | Unreadable | Ignored, tuple[str, ...]]:
    try:
        parsed = parse_frame(raw)
        return decode_object(parsed), unknown_fields(parsed)
    except UnreadableLineError as wrong:
        sample = raw[: _SAMPLE * 4].decode("utf-8", "replace")[:_SAMPLE]
        return Unreadable(reason=wrong.reason, sample=sample), ()
