"""Events pushed over HTTP: `POST /v1/events` takes one event, an array, or JSON lines (FORMATS 5)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tokenfilter.adapters.http.access import knows
from tokenfilter.domain.event import FeedLine
from tokenfilter.domain.feed_line import Ignored, UnreadableLineError, decode, decode_object
from tokenfilter.ports.token_feed import TokenFeed, Unreadable

_LARGEST_BODY = 4 * 1024 * 1024
_WAITING = 1_000


class PushFeed(TokenFeed):
    """Lines that others push.

    A request is taken whole or not at all; while too much waits, it is asked to come again.
    """

    def __init__(self, *, token: str) -> None:
        self._token = token
        self._waiting: asyncio.Queue[FeedLine] = asyncio.Queue()

    @property
    def name(self) -> str:
        return "http"

    @property
    def recorded(self) -> bool:
        return False

    async def lines(self) -> AsyncIterator[FeedLine | Unreadable]:
        while True:
            yield await self._waiting.get()

    def routes(self) -> list[BaseRoute]:
        """The one route of this feed."""
        return [Route("/v1/events", self._take, methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        if not knows(request, self._token):
            return _error(401, "expected the events token as a bearer token")
        if self._waiting.qsize() >= _WAITING:
            answer = _error(503, "too many events are waiting; send this again")
            answer.headers["retry-after"] = "2"
            return answer
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST_BODY:
                return _error(413, "expected at most 4 MiB in one request")
        taken: list[FeedLine] = []
        ignored = 0
        try:
            for number, line in enumerate(_lines(body), start=1):
                if isinstance(line, UnreadableLineError):
                    where = f"line {number}" + (f", field {line.field}" if line.field else "")
                    return _error(422, f"{where}: {line}", line=number, field=line.field)
                if isinstance(line, Ignored):
                    ignored += 1
                else:
                    taken.append(line)
        except (ValueError, RecursionError):
            return _error(400, "expected JSON: one event, an array of events, or one event a line")
        for event in taken:
            self._waiting.put_nowait(event)
        return JSONResponse({"accepted": len(taken), "ignored": ignored}, status_code=202)


def _lines(body: bytes) -> Iterator[FeedLine | Ignored | UnreadableLineError]:
    """The events of a body; what cannot be read comes as its error."""
    is_array = body.lstrip().startswith(b"[")
    items: Sequence[object] = body.splitlines()
    if is_array:
        items = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    for item in items:
        if isinstance(item, bytes) and not item.strip():
            continue
        try:
            yield decode(item) if isinstance(item, bytes) else decode_object(item)
        except UnreadableLineError as error:
            yield error


def _error(status: int, message: str, **more: object) -> JSONResponse:
    return JSONResponse({"error": message, **more}, status_code=status)
