"""What happened, numbered, for the pages that watch: a ring of the last events and a way to follow it."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tokenfilter.adapters.sandbox.chronicle import Chronicle
from tokenfilter.adapters.sandbox.noted_lines import line_of, numbers_of

RING = 2_000
KEEPALIVE_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """One change the page shows."""

    seq: int
    kind: str
    body: object

    def encoded(self) -> bytes:
        """As a Server-Sent Event."""
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.seq}\nevent: {self.kind}\ndata: {text}\n\n".encode()


class BrowserStream:
    """Publishing never waits; a follower that falls behind the ring is told to start over (`reset`)."""

    def __init__(self, chronicle: Chronicle) -> None:
        self._chronicle = chronicle
        self._ring: deque[StreamEvent] = deque(maxlen=RING)
        self._waiting: set[asyncio.Event] = set()
        self._closed = False
        self.seq = 0
        chronicle.keep(lambda: [line_of("shown", self.seq)], shown=self._take_shown)

    def _take_shown(self, line: str) -> None:
        """Go on beyond every number a page may have seen, so far that a page left open starts over."""
        self.seq = numbers_of(line)[0] + RING

    def publish(self, kind: str, body: object) -> None:
        self.seq += 1
        self._chronicle.note("shown", self.seq)
        self._ring.append(StreamEvent(seq=self.seq, kind=kind, body=body))
        self._wake()

    def close(self) -> None:
        """End every follower at once."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiting:
            waiter.set()

    def _after(self, seq: int) -> list[StreamEvent]:
        first = self._ring[0].seq if self._ring else self.seq + 1
        if seq + 1 < first or seq > self.seq:
            return [StreamEvent(seq=self.seq, kind="reset", body={})]
        return [event for event in self._ring if event.seq > seq]

    async def follow(self, after: int) -> AsyncIterator[bytes]:
        """Everything after event number `after`, then everything new; ends when the stream is closed."""
        fresh = asyncio.Event()
        self._waiting.add(fresh)
        try:
            yield b": open\n\n"
            while True:
                fresh.clear()
                for event in self._after(after):
                    after = event.seq
                    yield event.encoded()
                if self._closed:
                    return
                if not fresh.is_set() and not await _set_within(fresh, KEEPALIVE_SECONDS):
                    yield b": alive\n\n"
        finally:
            self._waiting.discard(fresh)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
