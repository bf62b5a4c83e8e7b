"""The stage's buttons over HTTP: make something happen for a person, and say what the program did about it.

What breaks something, and the tally of what came through it, are in stage_breaks.py.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from random import Random

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tokenfilter.adapters.simulator import stage
from tokenfilter.adapters.simulator.stage import Impossible, Scene
from tokenfilter.adapters.simulator.stage_breaks import Break, StageBreaks, Tell, error, is_foreign
from tokenfilter.adapters.simulator.token_feed import StageFeed
from tokenfilter.domain.filter import Filter
from tokenfilter.domain.ids import ChatId, Destination
from tokenfilter.domain.subscriber import routes
from tokenfilter.ports.clock import Clock
from tokenfilter.ports.failures import UnavailableError
from tokenfilter.ports.subscribers import Subscribers

Make = Callable[[Sequence[Filter], datetime, Random], Scene | Impossible]
Note = tuple[int, datetime, str, str]
Notes = Callable[[str, Destination, int], Sequence[Note]]
"""What was noted about a token's address for a destination after a number: number, instant, text, tone."""

Block = Callable[[int], bool]
"""Let a person block the bot, or unblock it; returns whether it is blocked now."""

_SCENES: dict[str, tuple[str, str, Make]] = {
    "pass": (
        "A token that passes",
        "A fresh token that one of your filters wants",
        lambda f, at, random: stage.passing_token(f, at=at, random=random),
    ),
    "near": (
        "A near miss",
        "Refused for one criterion, by a little",
        lambda f, at, random: stage.near_miss(f, at=at, random=random),
    ),
    "second": (
        "A second caller",
        "Another channel calls the same token",
        lambda f, at, random: stage.second_caller(f, at=at, random=random),
    ),
    "late": (
        "Late data",
        "Facts are missing at first and come 5 s later",
        lambda f, at, random: stage.late_data(f, at=at, random=random),
    ),
    "burst": (
        "A burst of 500",
        "500 tokens that pass, within 2 s",
        lambda f, at, random: stage.burst(f, at=at, random=random),
    ),
    "hostile": (
        "A hostile name",
        "A name made to break or fake a card",
        lambda f, at, random: stage.hostile_name(f, at=at, random=random),
    ),
}
_NAMED = 10
"""Letters of an address that tell a token apart well enough to ask about it."""

_BLOCK = {"id": "block", "label": "Block me", "hint": "Block the bot, or unblock it, as this person"}


class StagePage:
    """Routes under `/stage`, for this machine's browser: another site's page cannot press the buttons.

    `breaks` and `tally` are for stage_breaks.py; without them there is nothing to break, and nothing is counted.
    """

    def __init__(
        self,
        *,
        feed: StageFeed,
        subscribers: Subscribers,
        clock: Clock,
        notes: Notes,
        block: Block,
        seed: int,
        breaks: Mapping[str, Break] | None = None,
        tally: Tell | None = None,
    ) -> None:
        self._feed = feed
        self._subscribers = subscribers
        self._clock = clock
        self._notes = notes
        self._block = block
        self._breaks = StageBreaks(breaks=breaks or {}, tally=tally)
        self._random = Random(f"stage {seed} {clock.now().isoformat()}")

    def routes(self) -> list[BaseRoute]:
        """The routes, to be mounted under `/sandbox`."""
        return [
            Route("/stage", self._actions, methods=["GET"]),
            Route("/stage/verdicts", self._verdicts, methods=["GET"]),
            *self._breaks.routes(),
            Route("/stage/{action}", self._act, methods=["POST"]),
        ]

    async def _actions(self, _: Request) -> Response:
        actions = [{"id": name, "label": label, "hint": hint} for name, (label, hint, _) in _SCENES.items()]
        return JSONResponse({"actions": [*actions, _BLOCK], **self._breaks.offered()})

    async def _act(self, request: Request) -> Response:
        if is_foreign(request):
            return error("the request comes from another site", 403)
        try:
            body = await request.json()
            person = int(body["person_id"])
        except (ValueError, KeyError, TypeError):
            return error('expected {"person_id": a number}', 400)
        action = request.path_params["action"]
        if action == "block":
            blocked = self._block(person)
            said = "You blocked the bot: the next alert is refused and the bot leaves you alone."
            return JSONResponse({"said": said if blocked else "You unblocked the bot. Send /start to be told again."})
        if action not in _SCENES:
            return error(f"expected one of {', '.join([*_SCENES, 'block'])}", 404)
        subscriber = await self._subscribers.get(ChatId(person))
        wanted = [r.wanted for r in routes(subscriber)] if subscriber else []
        if not wanted:
            return JSONResponse({"said": "You have no active filter. Send /start and choose a preset first."})
        scene = _SCENES[action][2](wanted, self._clock.now(), self._random)
        if isinstance(scene, Impossible):
            return JSONResponse({"said": f"That cannot be made for your filters: {scene.reason}."})
        try:
            await self._feed.play(scene)
        except UnavailableError:
            return JSONResponse({"said": "Too much is waiting to happen already. Try again in a few seconds."})
        said = f"{scene.said} Ask the bot: /why {scene.token.address[:_NAMED]}"
        return JSONResponse({"said": said, "token": scene.token.address})

    async def _verdicts(self, request: Request) -> Response:
        query = request.query_params
        try:
            address, person, after = query["token"], ChatId(int(query["person_id"])), int(query.get("after", "0"))
        except (ValueError, KeyError):
            return error("expected person_id, token and after", 400)
        rows = self._notes(address, Destination(person), after)
        return JSONResponse({"rows": [{"n": n, "at": at.isoformat(), "text": t, "tone": o} for n, at, t, o in rows]})
