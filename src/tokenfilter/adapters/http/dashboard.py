"""The operator's page, its figures, health and metrics."""

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tokenfilter.adapters.http.access import refused

Figures = Callable[[], Mapping[str, object]]
_ASSETS = {"dashboard.css": "text/css", "dashboard.js": "text/javascript"}
_POLICY = "default-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"


def health_routes(
    *, metrics: Callable[[], bytes], reasons: Callable[[], Sequence[str]], token: str | None
) -> list[BaseRoute]:
    """What every process answers: `/metrics` (which needs the token beyond this machine), `/healthz` and `/readyz`."""

    async def exposition(request: Request) -> Response:
        return refused(request, token) or Response(metrics(), media_type="text/plain; version=0.0.4")

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        found = list(reasons())
        return JSONResponse({"ready": not found, "reasons": found}, status_code=503 if found else 200)

    return [Route("/metrics", exposition), Route("/healthz", alive), Route("/readyz", ready)]


def routes(*, figures: Figures, token: str | None) -> list[BaseRoute]:
    """`/` and `/dashboard.json` (which need the token beyond this machine), and what the page is made of."""

    async def page(request: Request) -> Response:
        denied = refused(request, token)
        if denied:
            return denied
        first = json.dumps(figures()).replace("<", "\\u003c")
        html = _read("dashboard.html").replace("{{first}}", first)
        return HTMLResponse(html, headers={"content-security-policy": _POLICY, "cache-control": "no-store"})

    async def latest(request: Request) -> Response:
        return refused(request, token) or JSONResponse(figures(), headers={"cache-control": "no-store"})

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _ASSETS:
            return PlainTextResponse("No such file.\n", status_code=404)
        return Response(_read(name), media_type=_ASSETS[name])

    return [
        Route("/", page),
        Route("/dashboard.json", latest),
        Route("/static/{name}", asset),
    ]


def _read(name: str) -> str:
    return files("tokenfilter.adapters.http").joinpath("page", name).read_text(encoding="utf-8")
