"""The stage's buttons that break a part of the program, and the tally that shows what became of the alerts meanwhile.

How something is broken, and what is counted, the caller knows: both are given.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tokenfilter.ports.failures import UnavailableError

Break = Callable[[], Awaitable[str]]
"""Breaks or mends something and says in a sentence what it did. Raises UnavailableError with the reason it cannot."""

Tell = Callable[[], Awaitable[Mapping[str, object]]]
"""The tally as the page shows it. Raises UnavailableError if it cannot be known now.

Numbers `owed`, `told`, `waiting`, `withheld`, `lost`, `doubled`; `since`, from when on alerts are counted, in ISO 8601;
`stores`, each with `name`, `state` (up, down or returning) and `since` (null while not known).
"""

_BUTTONS = {
    "redis": ("Kill Redis", "In mid-work; it is started again"),
    "sender": ("Crash the sender", "In mid-work; it is started again"),
    "postgres-stop": ("Stop PostgreSQL", "The program goes on without it"),
    "postgres-start": ("Start PostgreSQL", "It is told all that waited"),
}
_PATIENCE = 60
"""Seconds for a store to end or to start."""


class StageBreaks:
    """Routes under `/stage` for what can be broken: a name of `_BUTTONS` that is not among `breaks` has no button."""

    def __init__(self, *, breaks: Mapping[str, Break], tally: Tell | None) -> None:
        self._breaks = {name: breaks[name] for name in _BUTTONS if name in breaks}
        self._tally = tally
        self._under_way: set[str] = set()

    def routes(self) -> list[BaseRoute]:
        """The routes, to be mounted under `/sandbox`."""
        return [
            Route("/stage/tally", self._told, methods=["GET"]),
            Route("/stage/break", self._break, methods=["POST"]),
        ]

    def offered(self) -> Mapping[str, object]:
        """What the page may show."""
        buttons = [{"what": what, "label": _BUTTONS[what][0], "hint": _BUTTONS[what][1]} for what in self._breaks]
        return {"breaks": buttons, "tally": self._tally is not None}

    async def _told(self, _: Request) -> Response:
        if self._tally is None:
            return error("nothing is counted", 404)
        try:
            async with asyncio.timeout(_PATIENCE):
                return JSONResponse(dict(await self._tally()))
        except UnavailableError as why:
            return error(f"It cannot be counted now: {why}.", 503)
        except TimeoutError:
            return error("It cannot be counted now: there is no answer.", 503)

    async def _break(self, request: Request) -> Response:
        if is_foreign(request):
            return error("the request comes from another site", 403)
        try:
            what = str((await request.json())["what"])
        except (ValueError, KeyError, TypeError):
            what = ""
        if what not in self._breaks:
            return error(f"expected what as one of {', '.join(self._breaks)}", 404)
        if what in self._under_way:
            return error("That is being done already.", 409)
        self._under_way.add(what)
        try:
            async with asyncio.timeout(_PATIENCE):
                return JSONResponse({"said": await self._breaks[what]()})
        except UnavailableError as why:
            return JSONResponse({"said": f"That did not work: {why}."})
        except TimeoutError:
            return JSONResponse({"said": f"That has not come about within {_PATIENCE} s."})
        finally:
            self._under_way.discard(what)


def is_foreign(request: Request) -> bool:
    """Whether another site's page asks."""
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def error(message: str, status: int) -> Response:
    """A refusal as the page shows it."""
    return JSONResponse({"error": message}, status_code=status)
